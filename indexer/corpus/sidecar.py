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

from indexer.readers.extraction import Unreadable
from indexer.readers.metadata.dates import iso_date
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import one_line
from indexer.records import Document, PartialDate

SUFFIX = ".meta.toml"

SYNONYMS = {
    "titre": "title",
    "auteur": "author",
    "auteurs": "author",
    "by": "author",
    "année": "date",
    "year": "date",
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
    """Return the document with the title, date, author and language that the bytes of its sidecar give.

    Raises InvalidSidecar when they are no TOML, or a key or a value is not one of those known.
    """
    values = _parsed(data)
    for key in values:
        if key not in KEYS:
            raise InvalidSidecar(f'its sidecar sets "{key}": {_correction(key)}')
    fields: dict[str, Any] = {key: KEYS[key](value) for key, value in values.items()}
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


def _title(value: object) -> str:
    return _text("title", value, "a text in quotes")


def _author(value: object) -> str:
    authors = value if isinstance(value, list) and value else [value]
    return ", ".join(_text("author", author, "a name in quotes, or several in [ ],") for author in authors)


def _language(value: object) -> str:
    expected = 'a code of two letters such as "fr" or "en"'
    code = declared_language(_text("language", value, expected))
    if code is None:
        raise _unexpected("language", value, expected)
    return code


def _date(value: object) -> PartialDate:
    day = value.date() if isinstance(value, datetime) else value
    text = day.isoformat() if isinstance(day, date) else str(day) if isinstance(day, str | int) else ""
    partial = iso_date(text.strip())
    if partial is None:
        raise _unexpected("date", value, 'a date such as 2019-10-18, "2019-10" or "2019"')
    return partial


def _unexpected(key: str, value: object, expected: str) -> InvalidSidecar:
    """Return the error of a value that is not what its key expects; the value is shown cut short."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    shown = text if len(text) <= 60 else text[:59] + "…"
    return InvalidSidecar(f"its sidecar sets {key} to {shown}, where {expected} is expected")


KEYS: dict[str, Callable[[object], object]] = {
    "title": _title,
    "date": _date,
    "author": _author,
    "language": _language,
}
"""Fields of Metadata that a sidecar may set, and the function that checks and converts each value."""
