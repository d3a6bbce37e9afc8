"""Names of table columns and JSON keys → the field each holds: title, text, date, author, language …"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from indexer.readers.metadata.dates import plain_letters

NAMES = {
    "title": "title, titre, headline, heading, intitule, subject, sujet, objet, libelle, label, name, nom",
    "text": "text, texte, full text, texte integral, body, corps, content, contenu, article, abstract,"
    " resume, summary, description, paragraph, paragraphe, passage, message, chapo, abstract note",
    "date": "date, date published, date publication, date de publication, publication date, publication,"
    " published, published at, published on, published date, pub date, pubdate, publie, publie le,"
    " date parution, date de parution, parution, posted, posted at, created, created at, date created,"
    " year, annee, publication year, annee publication, annee de publication, submitdate, submit date,"
    " date de soumission, date soumission, date submitted, timestamp, horodateur, horodatage",
    "author": "author full name, author, auteur, auteure, autrice, author name, nom auteur, nom de l auteur,"
    " creator, writer, redacteur, byline, written by",
    "language": "language, langue, lang, locale, language code, code langue, startlanguage, start language,"
    " langue de depart, language of original document",
    "container": "container title, publication title, source title, journal, journal book, journal title,"
    " revue, titre de la revue, periodique",
    "publisher": "publisher, editeur, maison d edition",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages",
    "first page": "page start, start page, beginning page",
    "last page": "page end, end page, ending page",
    "doi": "doi",
    "isbn": "isbn",
    "issn": "issn",
    "pmid": "pmid, pubmed id",
    "pmcid": "pmcid",
    "url": "url, lien, link, permalink",
    "tags": "tag, keyword, mot cle, author keyword, manual tag, index keyword, automatic tag, descripteur",
    "licence": "licence, license, rights",
    "type": "item type, document type, type de document",
}
"""Column names of each field, the likeliest first, without accents."""
WHOLE = frozenset({"title", "text", "date", "author", "language"})
"""Fields whose columns hold nothing else; those of others also are text of a row that has no text column."""

WEB_OF_SCIENCE = {
    "PT": "item type", "AU": "author", "AF": "author full name", "TI": "title", "SO": "source title",
    "AB": "abstract", "PY": "publication year", "DI": "doi", "SN": "issn", "BN": "isbn", "VL": "volume",
    "IS": "issue", "BP": "page start", "EP": "page end", "DE": "author keywords", "ID": "index keywords",
    "LA": "language", "PU": "publisher", "PM": "pmid", "DT": "document type",
}  # fmt: skip
"""Field tags of Web of Science (https://webofscience.help.clarivate.com) → names of columns."""
SURE_TAGS = frozenset({"PT", "AU", "TI", "SO", "AB", "PY", "DI", "UT"})
FEWEST_TAGS = 4
"""Sure tags from which a table is one of Web of Science's."""

SURVEY_CODE = re.compile(r"[A-Za-z]\w*(?:\[\w+\])*\.\s+(?=\S)")
"""Code that LimeSurvey puts before the wording of a question: "Q1. Que pensez-vous …", "Q2[SQ001]. …"."""
MOST_OTHERS = 0.2
"""Share of columns without such a code below which a table is one of LimeSurvey's."""
QUESTION_WORDS = 5
"""Words of a column's name from which it is a question rather than a name."""
LONGEST_QUESTION = 500
"""Characters of a question; longer names are the text of a table whose columns have none."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _plain(name: str) -> str:
    """Return a name without case, accents, plural endings and punctuation."""
    words = re.findall(r"[a-z0-9]+", plain_letters(CAMEL.sub(" ", name)).lower())
    return " ".join(filter(None, (word.removesuffix("s") for word in words)))


def standard_names(names: Sequence[str]) -> list[str]:
    """Return the names of a table's columns in words, where an export writes codes instead or before them."""
    if len(SURE_TAGS.intersection(names)) >= FEWEST_TAGS:
        return [WEB_OF_SCIENCE.get(name, name) for name in names]
    coded = [SURVEY_CODE.match(name) for name in names]
    if coded.count(None) > MOST_OTHERS * len(names):
        return list(names)
    return [_uncoded(name, code.end()) if code else name for name, code in zip(names, coded, strict=True)]


def is_question(name: str) -> bool:
    """Return whether a column's name is the wording of a question, without which its values say little."""
    if len(name) > LONGEST_QUESTION:
        return False
    return name.rstrip().endswith("?") or len(name.split()) >= QUESTION_WORDS


def _uncoded(name: str, wording: int) -> str:
    """Return a survey's column name from its wording on, or its code where that tells what it holds."""
    code = name[:wording].rstrip(". ")
    return code if field_of(code) else name[wording:]


FIELDS = {
    _plain(name): (field, rank)
    for field, names in NAMES.items()
    for rank, name in enumerate(names.split(","))
}
"""Field and rank among the names of that field, by plain column name."""


@lru_cache(maxsize=1000)
def field_of(name: str) -> tuple[str, int] | None:
    """Return a column's field and the rank of its name among that field's; None for any other column."""
    return FIELDS.get(_plain(name))


def by_field(row: Mapping[str, str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the values of a row by field, likeliest first and without empty ones, and the other columns.

    Values of fields that are not WHOLE are among those of the other columns too.
    """
    ranked: dict[str, list[tuple[int, str]]] = {}
    others = {}
    for name, value in row.items():
        field = field_of(name)
        if field and value.strip():
            ranked.setdefault(field[0], []).append((field[1], value))
        if not field or field[0] not in WHOLE:
            others[name] = value
    # A text may stand in several columns, a summary before it, and is read in their order.
    return {
        field: [value for _, value in (values if field == "text" else sorted(values))]
        for field, values in ranked.items()
    }, others
