"""Files packed in a ZIP archive, read within bounds whatever sizes the archive declares."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from io import BytesIO

from indexer.readers.errors import Unreadable

MOST_UNPACKED = 64 * 2**20
"""Bytes read from one archive: what is packed may be a thousand times larger than the file."""
MOST_MEMBERS = 20_000
ENTRY = b"PK\x01\x02"
"""How each entry of an archive's directory begins."""
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
"""What Python raises on an archive that is damaged or made to do harm."""


class Packed:
    """The members of an archive, by name."""

    def __init__(self, data: bytes) -> None:
        """Raises Unreadable when the bytes are no archive, or one of absurdly many members."""
        if data.count(ENTRY) > MOST_MEMBERS:
            raise Unreadable(f"too large: its archive holds more than {MOST_MEMBERS} files")
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except FAILURES:
            raise Unreadable("it is damaged: its ZIP archive cannot be opened") from None
        self._left = MOST_UNPACKED

    def __contains__(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        """The bytes of a member. Raises Unreadable when it is missing, damaged, encrypted or too large."""
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
            raise Unreadable(f"too large: it holds more than {MOST_UNPACKED // 2**20} MB once unpacked")
        return data
