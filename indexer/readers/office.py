"""What DOCX and ODT files have in common: an archive of XML parts, its outer checks and its tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml.etree import XMLParser, XMLSyntaxError, fromstring

from indexer.readers.errors import Unreadable
from indexer.readers.zip_archive import Packed

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_TAGS = 3_000_000
"""In one part; a book of a thousand pages has fewer than a million, and each takes memory."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""What a DOCX with a password holds; it is wrapped as old office documents are."""


def unpack(data: bytes) -> Packed:
    """The parts of an office document. Raises Unreadable when it is encrypted, old or damaged."""
    if data.startswith(OLD_OFFICE):
        if ENCRYPTED in data:
            raise Unreadable("encrypted: it opens only with a password")
        raise Unreadable("it is an old office document; saved as DOCX or ODT it can be read")
    return Packed(data)


def part(packed: Packed, name: str) -> Any:
    """The root element of a part. No entity is expanded, nothing fetched, and nesting is bounded by libxml2.

    Raises Unreadable when it is missing, damaged or too large.
    """
    data = packed.read(name)
    if data.count(b"<") > MOST_TAGS:
        raise Unreadable(f"too large: its {name} holds more than {MOST_TAGS // 10**6} million tags")
    parser = XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return fromstring(data, parser)
    except XMLSyntaxError:
        raise Unreadable(f"it is damaged: {name} is no XML") from None


def local(element: Any) -> str:
    """An element's name without its namespace; "" for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def flat(text: str | None) -> str:
    """Text of an element: its line breaks are those of the file, and mean no more than a space."""
    return (text or "").replace("\r", " ").replace("\n", " ")


def attribute(element: Any, name: str) -> str | None:
    """An attribute by its name without its namespace."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return None


def children(element: Any, *names: str) -> Iterator[Any]:
    """The children of these names, in order."""
    return (child for child in element if local(child) in names)


def child(element: Any, *path: str) -> Any:
    """The first descendant along a path of names; None where there is none."""
    for name in path:
        element = next(children(element, name), None) if element is not None else None
    return element


def content(element: Any, *path: str) -> str | None:
    """The text of the first descendant along a path of names; None where there is none."""
    found = child(element, *path)
    return found.text if found is not None else None
