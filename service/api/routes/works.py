"""What a document says of itself, as the API sends it."""

from __future__ import annotations

from indexer.records import Metadata
from service.api.schemas import Author, Work


def work(metadata: Metadata) -> Work:
    """Return what a document says of itself; what is not known is None."""
    return Work(
        title=metadata.title,
        date=metadata.date.iso if metadata.date else None,
        author=metadata.author,
        authors=[
            Author(family=name.family or None, given=name.given or None, literal=name.literal or None)
            for name in metadata.authors
        ],
        type=metadata.type or None,
        container=metadata.container or None,
        publisher=metadata.publisher or None,
        volume=metadata.volume or None,
        issue=metadata.issue or None,
        pages=metadata.pages or None,
        identifiers=dict(metadata.identifiers),
        url=metadata.address,
        licence=metadata.licence or None,
        tags=list(metadata.tags),
    )
