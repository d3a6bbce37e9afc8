"""A small TOML file beside a document that says what the document does not, or says wrongly, of itself."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from indexer.readers.errors import Unreadable
from indexer.readers.metadata.dates import iso_date
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import one_line
from indexer.records import Document, PartialDate

SUFFIX = ".meta.toml"

MEANT = {
    "titre": "title",
    "auteur": "author",
    "auteurs": "author",
    "by": "author",
    "année": "date",
    "year": "date",
}
"""Keys that people write and that no likeness in spelling leads to."""


class Miswritten(Unreadable):
    """A sidecar that cannot be followed; the message is one clause that names what was found and expected."""


def names(name: str) -> tuple[str, ...]:
    """The sidecars that a file of this name or path may have, the one that counts first: "a.pdf.meta.toml",
    "a.meta.toml".
    """
    stem = name.removesuffix(PurePosixPath(name).suffix)
    return tuple(dict.fromkeys((name + SUFFIX, stem + SUFFIX)))


def overridden(document: Document, data: bytes) -> Document:
    """The document with the title, date, author and language that the bytes of its sidecar give.

    Raises Miswritten when they are no TOML, or a key or a value is not one of those known.
    """
    given = _parsed(data)
    for key in given:
        if key not in KEYS:
            raise Miswritten(f'its sidecar sets "{key}": {_meant(key)}')
    fields: dict[str, Any] = {key: KEYS[key](value) for key, value in given.items()}
    return replace(document, metadata=replace(document.metadata, **fields))


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(decode(data))
    except Unreadable as error:
        raise Miswritten(f"its sidecar cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        hint = 'a text stands in quotes, and so does a date without its day: date = "2019-10"'
        raise Miswritten(f"its sidecar is no valid TOML ({str(error)[:100]}): {hint}") from None


def _meant(key: str) -> str:
    near = MEANT.get(key.lower()) or next(iter(get_close_matches(key.lower(), KEYS, 1, 0.5)), None)
    known = ", ".join(KEYS)
    return f'write "{near}" instead' if near else f"it may set {known}"


def _text(key: str, value: object, expected: str) -> str:
    text = one_line(value) if isinstance(value, str) else ""
    if not re.search(r"\w", text):
        raise Miswritten(f"its sidecar sets {key} to {_shown(value)}, where {expected} is expected")
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
        raise Miswritten(f"its sidecar sets language to {_shown(value)}, where {expected} is expected")
    return code


def _date(value: object) -> PartialDate:
    day = value.date() if isinstance(value, datetime) else value
    text = day.isoformat() if isinstance(day, date) else str(day) if isinstance(day, str | int) else ""
    found = iso_date(text.strip())
    if found is None:
        expected = 'a date such as 2019-10-18, "2019-10" or "2019"'
        raise Miswritten(f"its sidecar sets date to {_shown(value)}, where {expected} is expected")
    return found


def _shown(value: object) -> str:
    """A value as TOML would show it, cut short."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


KEYS: dict[str, Callable[[object], object]] = {
    "title": _title,
    "date": _date,
    "author": _author,
    "language": _language,
}
"""What a sidecar may set, by the fields of a Document, and what reads each."""
