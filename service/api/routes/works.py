"""What a document says of itself, as the API sends it."""

from __future__ import annotations

from typing import Any

from indexer.records import Metadata
from service.api.schemas import Author


def work_fields(metadata: Metadata) -> dict[str, Any]:
    """Return the fields of Work; what is not known is None."""
    texts = ("type", "container", "publisher", "volume", "issue", "pages", "licence")
    return {
        "title": metadata.title,
        "date": metadata.date.iso if metadata.date else None,
        "author": metadata.author,
        "authors": [
            Author(family=name.family or None, given=name.given or None, literal=name.literal or None)
            for name in metadata.authors
        ],
        **{name: getattr(metadata, name) or None for name in texts},
        "identifiers": dict(metadata.identifiers),
        "url": metadata.address,
        "tags": list(metadata.tags),
    }
