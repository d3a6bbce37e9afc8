"""The members of a ZIP archive, read within bounds whatever sizes the archive declares."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from io import BytesIO
from typing import Any

from lxml.etree import XMLParser, XMLSyntaxError, fromstring

from indexer.readers.extraction import Unreadable

MOST_UNPACKED = 64 * 2**20
"""Bytes unpacked from one archive: they may be a thousand times as many as the file has."""
MOST_MEMBERS = 20_000
"""Members of one archive."""
MOST_TAGS = 3_000_000
"""Tags in one XML member; a book of a thousand pages has under a million, and each takes memory."""
DIRECTORY_ENTRY = b"PK\x01\x02"
"""First bytes of each entry of an archive's directory."""
FAILURES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    ValueError,
    OSError,
    OverflowError,
)
"""Exceptions that Python raises on an archive that is damaged or made to do harm."""


class ZipArchive:
    """The members of an archive, by name."""

    def __init__(
        self, data: bytes, most_unpacked: int = MOST_UNPACKED, most_members: int = MOST_MEMBERS
    ) -> None:
        """Open the archive. Raises Unreadable when the bytes are none, or it has more than most_members.

        All reads together return most_unpacked bytes at most.
        """
        if data.count(DIRECTORY_ENTRY) > most_members:
            raise Unreadable(f"too large: its archive holds more than {most_members} files")
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except FAILURES:
            raise Unreadable("it is damaged: its ZIP archive cannot be opened") from None
        self._most_unpacked = self._left = most_unpacked

    def __contains__(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        """Return the bytes of a member.

        Raises Unreadable when it is missing, damaged, encrypted or too large.
        """
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise Unreadable(f"it is damaged: {name} is missing in its archive") from None
        if info.flag_bits & 1:
            raise Unreadable("encrypted: it opens only with a password")
        try:
            with self._archive.open(info) as member:
                data = member.read(self._left + 1)
        except FAILURES:
            raise Unreadable(f"it is damaged: {name} cannot be unpacked") from None
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable(f"too large: it holds more than {self._most_unpacked // 2**20} MB once unpacked")
        return data

    def names(self) -> list[str]:
        """Return the names of the members, folders left out, in the order of the archive."""
        return [info.filename for info in self._archive.infolist() if not info.is_dir()]

    def xml(self, name: str, description: str = "") -> Any:
        """Return the root element of an XML member, as parse_xml does.

        Raises Unreadable, calling the member by its description or else its name, also when it is no XML.
        """
        return parse_xml(self.read(name), description or name)


def parse_xml(data: bytes, name: str) -> Any:
    """Return the root element of XML. No entity is expanded, and nesting is bounded by libxml2.

    Raises Unreadable, calling the data by their name, when they are no XML or have too many tags.
    """
    if data.count(b"<") > MOST_TAGS:
        raise Unreadable(f"too large: its {name} holds more than {MOST_TAGS // 10**6} million tags")
    parser = XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return fromstring(data, parser)
    except XMLSyntaxError:
        raise Unreadable(f"it is damaged: {name} is no XML") from None
