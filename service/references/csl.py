"""A document as an item of CSL-JSON (https://docs.citationstyles.org), which all citation programs read."""

from __future__ import annotations

from typing import Any

from indexer.metadata import Name
from indexer.store.catalogue import DocumentEntry

TYPES = {"html": "webpage", "mhtml": "webpage", "e-mail": "personal_communication"}
"""Format → type of a work that does not say what it is."""
SCHEMES = {"doi": "DOI", "isbn": "ISBN", "issn": "ISSN", "pmid": "PMID", "pmcid": "PMCID"}
"""Scheme of an identifier → its variable in CSL."""
TEXTS = {
    "container": "container-title",
    "publisher": "publisher",
    "volume": "volume",
    "issue": "issue",
    "pages": "page",
    "abstract": "abstract",
}
"""Field of a description → its variable in CSL."""

Item = dict[str, Any]


def item(document: DocumentEntry, address: str) -> Item:
    """Return a document as an item whose id is its source; `address` stands in for one of its own."""
    metadata = document.metadata
    found: Item = {
        "id": document.source,
        "type": metadata.type or TYPES.get(document.format, "document"),
        "title": one_line(metadata.title),
    }
    for field, variable in TEXTS.items():
        if value := one_line(getattr(metadata, field)):
            found[variable] = value
    for scheme, variable in SCHEMES.items():
        if identifier := metadata.identifiers.get(scheme):
            found[variable] = one_line(identifier)
    if authors := [_name(name) for name in metadata.authors]:
        found["author"] = authors
    if metadata.date:
        found["issued"] = {"date-parts": [[int(part) for part in metadata.date.iso.split("-")]]}
    if document.language:
        found["language"] = document.language
    if metadata.tags:
        found["keyword"] = ", ".join(map(one_line, metadata.tags))
    found["URL"] = metadata.address or address
    return found


def _name(name: Name) -> dict[str, str]:
    if name.literal or not name.family:
        return {"literal": one_line(name.spoken)}
    given = {"given": one_line(name.given)} if name.given else {}
    return {"family": one_line(name.family), **given}


def inverted(name: dict[str, str]) -> str:
    """Return an item's name with the family first: "de la Tour, Marie"; an organisation's as it is."""
    return name.get("literal") or ", ".join(filter(None, (name.get("family"), name.get("given"))))


def iso_date(found: Item) -> str:
    """Return the date of an item in ISO 8601, as precise as it is known; empty where none is."""
    parts = found.get("issued", {}).get("date-parts", [[]])[0]
    return "-".join(f"{part:0{4 if at == 0 else 2}}" for at, part in enumerate(parts))


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())
