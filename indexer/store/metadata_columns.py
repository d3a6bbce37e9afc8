"""Metadata ↔ what the catalogue stores of it: columns to search and sort by, and JSON for the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from indexer.records import Metadata, Name, PartialDate

COLUMNS = ("title", "date", "language", "details")
"""Names of the columns, in the order of `stored` and `restored`."""
DETAILS = ("type", "container", "publisher", "volume", "issue", "pages", "url", "licence", "abstract")
"""Fields of Metadata that are texts and stand in the column of details."""


def stored(metadata: Metadata) -> tuple[str, str | None, str | None, str]:
    """Return the values of COLUMNS."""
    details: dict[str, Any] = {name: value for name in DETAILS if (value := getattr(metadata, name))}
    if metadata.authors:
        details["authors"] = [[name.family, name.given, name.literal] for name in metadata.authors]
    if metadata.identifiers:
        details["identifiers"] = dict(metadata.identifiers)
    if metadata.tags:
        details["tags"] = metadata.tags
    return (
        metadata.title,
        metadata.date.iso if metadata.date else None,
        metadata.language,
        json.dumps(details, ensure_ascii=False),
    )


def restored(values: Sequence[Any]) -> Metadata:
    """Return the metadata whose values of COLUMNS these are."""
    title, date, language, details = values
    fields = json.loads(details)
    return Metadata(
        title=title,
        date=PartialDate(date) if date else None,
        language=language,
        authors=tuple(Name(*name) for name in fields.pop("authors", ())),
        tags=tuple(fields.pop("tags", ())),
        **fields,
    )
