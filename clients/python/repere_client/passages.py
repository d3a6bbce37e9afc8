"""Hits as the retrievers of other libraries give them: what they ask with, and what they say of a passage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from repere_client.answers import Hit

KEPT = (
    "source",
    "collection",
    "title",
    "author",
    "date",
    "page",
    "page_label",
    "language",
    "passage_id",
    "start",
    "end",
    "generation",
    "content_hash",
    "score",
)
"""What is taken over of a hit as it is."""
CITED = ("title", "author", "date", "page_label", "page", "link")
"""What a language model needs in order to cite a passage; the rest is for programs."""


def parameters(k: int, *several: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the parameters of a search: k, and those of each mapping, later ones first."""
    asked: dict[str, Any] = {"k": k}
    for each in several:
        asked |= each or {}
    return asked


def metadata(hit: Hit, url: str) -> dict[str, Any]:
    """Return what is said of a passage: where it stands, how relevant it is, and the link that opens it."""
    place = {"doc": hit["source"], "passage": hit["passage_id"]}
    if collection := hit.get("collection"):
        place["collection"] = collection
    return {
        **{name: hit.get(name) for name in KEPT},
        "highlight": hit["highlight"]["text"],
        "relevance": hit["relevance"]["probability"],
        "relevance_class": hit["relevance"]["class"],
        "link": f"{url.rstrip('/')}/?{urlencode(place)}",
    }
