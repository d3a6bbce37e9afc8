"""Names of table columns and JSON keys → the field each holds: title, text, date, author or language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from indexer.readers.metadata.dates import plain_letters

NAMES = {
    "title": "title, titre, headline, heading, intitule, subject, sujet, objet, libelle, label, name, nom",
    "text": "text, texte, full text, texte integral, body, corps, content, contenu, article, abstract,"
    " resume, summary, description, paragraph, paragraphe, passage, message, chapo",
    "date": "date, date published, date publication, date de publication, publication date, publication,"
    " published, published at, published on, published date, pub date, pubdate, publie, publie le,"
    " date parution, date de parution, parution, posted, posted at, created, created at, date created,"
    " year, annee, publication year, annee publication, annee de publication",
    "author": "author, auteur, auteure, autrice, author name, nom auteur, nom de l auteur, creator, writer,"
    " redacteur, byline, written by",
    "language": "language, langue, lang, locale, language code, code langue",
}
"""Column names of each field, the likeliest first, without accents."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _plain(name: str) -> str:
    """Return a name without case, accents, plural endings and punctuation."""
    words = re.findall(r"[a-z0-9]+", plain_letters(CAMEL.sub(" ", name)).lower())
    return " ".join(filter(None, (word.removesuffix("s") for word in words)))


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
    """Return the values of a row by field, likeliest first and without empty ones, and the other columns."""
    ranked: dict[str, list[tuple[int, str]]] = {}
    others = {}
    for name, value in row.items():
        field = field_of(name)
        if field and value.strip():
            ranked.setdefault(field[0], []).append((field[1], value))
        elif not field:
            others[name] = value
    # A text may stand in several columns, a summary before it, and is read in their order.
    return {
        field: [value for _, value in (values if field == "text" else sorted(values))]
        for field, values in ranked.items()
    }, others
