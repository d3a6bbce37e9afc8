"""CSL-JSON, as Zotero, pandoc and DOI servers write it → entries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from indexer.metadata import IDENTIFIERS, WORK_TYPES
from indexer.readers.library.entry import Entry, date_of, file_path, plain_text, tags_of
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.gathering import one_line
from indexer.records import Metadata, Name, PartialDate


def is_csl(data: object) -> bool:
    """Return whether a JSON value is a list of works whose types and fields are CSL's."""
    return (
        isinstance(data, list)
        and bool(data)
        and all(isinstance(each, dict) and each.get("type") in WORK_TYPES for each in data)
        and any("issued" in each or "author" in each or "container-title" in each for each in data)
        and all(isinstance(each.get("author", []), list) for each in data)
    )


def csl_entries(text: str) -> list[Entry]:
    """Return the entries of a CSL-JSON file; none where the text is no CSL-JSON."""
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return []
    return [entry for entry in map(_entry, data) if entry.metadata.title] if is_csl(data) else []


def _entry(item: Mapping[str, Any]) -> Entry:
    def first(*names: str) -> str:
        return next(
            (one_line(str(item[name])) for name in names if isinstance(item.get(name), str | int)), ""
        )

    metadata = Metadata(
        title=plain_text(first("title")).replace("\n", " "),
        date=_date(item.get("issued")),
        authors=author_names(_names(item.get("author") or item.get("editor"))),
        language=declared_language(first("language")),
        type=item["type"],
        container=first("container-title", "event-title"),
        publisher=first("publisher"),
        volume=first("volume"),
        issue=first("issue"),
        pages=first("page"),
        identifiers=identifiers((scheme, first(scheme.upper(), scheme)) for scheme in IDENTIFIERS),
        url=first("URL"),
        licence=first("license"),
        tags=tags_of([first("keyword")]),
        abstract=plain_text(str(item.get("abstract") or "")),
    )
    paths = [
        item.get("file"),
        *(each.get("path") for each in item.get("attachments") or () if isinstance(each, dict)),
    ]
    return Entry(metadata, tuple(file_path(path) for path in paths if isinstance(path, str) and path.strip()))


def _names(names: object) -> Iterator[Name]:
    for name in names if isinstance(names, list) else ():
        if isinstance(name, dict):
            parts = {key: one_line(value) for key, value in name.items() if isinstance(value, str)}
            particles = (parts.get("dropping-particle"), parts.get("non-dropping-particle"))
            family = " ".join(filter(None, (*particles, parts.get("family"), parts.get("suffix"))))
            if parts.get("literal") or family or parts.get("given"):
                yield (
                    Name(literal=parts["literal"])
                    if parts.get("literal")
                    else Name(family, parts.get("given", ""))
                )


def _date(issued: object) -> PartialDate | None:
    if not isinstance(issued, dict):
        return None
    ranges = issued.get("date-parts")
    parts = ranges[0] if isinstance(ranges, list) and ranges and isinstance(ranges[0], list) else []
    if parts:
        return date_of(*(str(part) for part in parts[:3]))
    return date_of(str(issued.get("raw") or issued.get("literal") or ""))
