"""A sidecar: a small TOML file beside a document that overrides the metadata the document declares."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from indexer.metadata import IDENTIFIERS, WORK_TYPES
from indexer.readers.extraction import Unreadable
from indexer.readers.metadata.dates import iso_date
from indexer.readers.metadata.identifiers import identifier
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.names import parse_name, parse_names
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import one_line
from indexer.records import Document, Name, PartialDate

SUFFIX = ".meta.toml"

SYNONYMS = {
    "titre": "title",
    "auteur": "authors",
    "auteurs": "authors",
    "by": "authors",
    "année": "date",
    "year": "date",
    "langue": "language",
    "journal": "container",
    "revue": "container",
    "éditeur": "publisher",
    "license": "licence",
    "lien": "url",
    "link": "url",
    "keywords": "tags",
    "mots-clés": "tags",
    "étiquettes": "tags",
    "résumé": "abstract",
    "summary": "abstract",
}
"""Keys that people write whose spelling is too far from that of the right key."""


class InvalidSidecar(Unreadable):
    """A sidecar that cannot be followed; the message is one clause that names what was found and expected."""


def names(name: str) -> tuple[str, ...]:
    """Return the names of the sidecars of a file of this name or path, the one that counts first.

    Those of "a.pdf" are "a.pdf.meta.toml" and "a.meta.toml".
    """
    stem = name.removesuffix(PurePosixPath(name).suffix)
    return tuple(dict.fromkeys((name + SUFFIX, stem + SUFFIX)))


def overridden(document: Document, data: bytes) -> Document:
    """Return the document with the metadata that the bytes of its sidecar give.

    Raises InvalidSidecar when they are no TOML, or a key or a value is not one of those known.
    """
    values = _parsed(data)
    for key in values:
        if key not in KEYS:
            raise InvalidSidecar(f'its sidecar sets "{key}": {_correction(key)}')
    fields: dict[str, Any] = {
        KEYS[key][0]: KEYS[key][1](key, value) for key, value in values.items() if key not in IDENTIFIERS
    }
    given = {key: KEYS[key][1](key, values[key]) for key in IDENTIFIERS if key in values}
    if given:
        fields["identifiers"] = {**document.metadata.identifiers, **given}
    return replace(document, metadata=replace(document.metadata, **fields))


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(decode(data))
    except Unreadable as error:
        raise InvalidSidecar(f"its sidecar cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        hint = 'a text stands in quotes, and so does a date without its day: date = "2019-10"'
        raise InvalidSidecar(f"its sidecar is no valid TOML ({str(error)[:100]}): {hint}") from None


def _correction(key: str) -> str:
    """Return which key to write instead of an unknown one."""
    near = SYNONYMS.get(key.lower()) or next(iter(get_close_matches(key.lower(), KEYS, 1, 0.5)), None)
    return f'write "{near}" instead' if near else f"it may set {', '.join(KEYS)}"


def _text(key: str, value: object, expected: str) -> str:
    text = one_line(value) if isinstance(value, str) else ""
    if not re.search(r"\w", text):
        raise _unexpected(key, value, expected)
    return text


def _line(key: str, value: object) -> str:
    return _text(key, value, "a text in quotes")


def _authors(key: str, value: object) -> tuple[Name, ...]:
    expected = "a name in quotes, or several in [ ],"
    if isinstance(value, list) and value:  # one name each, in either order
        return tuple(parse_name(_text(key, each, expected)) for each in value)
    return parse_names(_text(key, value, expected))


def _tags(key: str, value: object) -> tuple[str, ...]:
    expected = "a tag in quotes, or several in [ ],"
    tags = value if isinstance(value, list) and value else [value]
    return tuple(dict.fromkeys(_text(key, tag, expected) for tag in tags))


def _type(key: str, value: object) -> str:
    expected = 'a type of CSL such as "article-journal", "report" or "thesis"'
    name = _text(key, value, expected).lower()
    if name not in WORK_TYPES:
        raise _unexpected(key, value, expected)
    return name


def _identifier(key: str, value: object) -> str:
    expected = f"an identifier such as {EXAMPLES[key]}"
    found = identifier(key, str(value) if isinstance(value, int) else _text(key, value, expected))
    if found is None:
        raise _unexpected(key, value, expected)
    return found


def _language(key: str, value: object) -> str:
    expected = 'a code of two letters such as "fr" or "en"'
    code = declared_language(_text(key, value, expected))
    if code is None:
        raise _unexpected(key, value, expected)
    return code


def _date(key: str, value: object) -> PartialDate:
    day = value.date() if isinstance(value, datetime) else value
    text = day.isoformat() if isinstance(day, date) else str(day) if isinstance(day, str | int) else ""
    partial = iso_date(text.strip())
    if partial is None:
        raise _unexpected(key, value, 'a date such as 2019-10-18, "2019-10" or "2019"')
    return partial


def _unexpected(key: str, value: object, expected: str) -> InvalidSidecar:
    """Return the error of a value that is not what its key expects; the value is shown cut short."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    shown = text if len(text) <= 60 else text[:59] + "…"
    return InvalidSidecar(f"its sidecar sets {key} to {shown}, where {expected} is expected")


EXAMPLES = {
    "doi": '"10.1000/182"',
    "isbn": '"978-2-07-036822-8"',
    "issn": '"0028-0836"',
    "pmid": '"12345678"',
    "pmcid": '"PMC1234567"',
    "hal": '"hal-01234567"',
    "arxiv": '"2101.00001"',
}
KEYS: dict[str, tuple[str, Callable[[str, object], object]]] = {
    "title": ("title", _line),
    "date": ("date", _date),
    "authors": ("authors", _authors),
    "author": ("authors", _authors),
    "language": ("language", _language),
    "type": ("type", _type),
    **{name: (name, _line) for name in ("container", "publisher", "volume", "issue", "pages")},
    **{name: (name, _line) for name in ("url", "licence", "abstract")},
    "tags": ("tags", _tags),
    **dict.fromkeys(IDENTIFIERS, ("identifiers", _identifier)),
}
"""What a sidecar may set: the field of Metadata, and the function that checks and converts the value."""
