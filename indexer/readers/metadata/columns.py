"""What the columns of a table or the keys of a record hold, told from their names."""

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
"""Names of each field, the likeliest first."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _plain(name: str) -> str:
    """A name without case, accents, plural and signs."""
    words = re.findall(r"[a-z0-9]+", plain_letters(CAMEL.sub(" ", name)).lower())
    return " ".join(filter(None, (word.removesuffix("s") for word in words)))


FIELDS = {
    _plain(name): (field, rank)
    for field, names in NAMES.items()
    for rank, name in enumerate(names.split(","))
}


@lru_cache(maxsize=1000)
def field_of(name: str) -> tuple[str, int] | None:
    """The field a column holds, and the rank of its name among those of the field; None for any other."""
    return FIELDS.get(_plain(name))


def by_field(row: Mapping[str, str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The values of a row by field, likeliest first, without empty ones; and the columns of no field."""
    ranked: dict[str, list[tuple[int, str]]] = {}
    others = {}
    for name, value in row.items():
        found = field_of(name)
        if found and value.strip():
            ranked.setdefault(found[0], []).append((found[1], value))
        elif not found:
            others[name] = value
    # A text may stand in several columns, a summary before it, and is read in their order.
    return {
        field: [value for _, value in (found if field == "text" else sorted(found))]
        for field, found in ranked.items()
    }, others
