"""Writes small OLE files for the tests: a folder of streams, as [MS-CFB] lays them out."""

from __future__ import annotations

import struct
from collections.abc import Mapping

SECTOR = 512
END, FREE, TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SMALLEST = 4096
"""Bytes from which a stream stands in sectors of its own; shorter ones are filled up to it here."""


def ole(streams: Mapping[str, bytes]) -> bytes:
    """Return a file of these streams, each filled up with zeros to SMALLEST; a name may hold "/"s."""
    names = sorted({part for path in streams for part in _paths(path)}, key=lambda path: path.count("/"))
    chains: list[int] = []
    content = b""
    starts = {}
    for path, data in streams.items():
        padded = data.ljust(SMALLEST, b"\0")
        sectors = -(-len(padded) // SECTOR)
        starts[path] = (len(chains), len(padded))
        chains += [*range(len(chains) + 1, len(chains) + sectors), END]
        content += padded.ljust(sectors * SECTOR, b"\0")
    entries = [_entry("Root Entry", 5, child=_first(names, "", 1), start=END)]
    for number, path in enumerate(names, 1):
        start, size = starts.get(path, (0, 0))
        following = _following(names, path, number)
        kind = 2 if path in streams else 1
        name = path.rpartition("/")[2]
        entries.append(
            _entry(name, kind, right=following, child=_first(names, path, 1), start=start, size=size)
        )
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * SECTOR, b"\0")
    directory_start = len(chains)
    sectors = len(directory) // SECTOR
    chains += [*range(len(chains) + 1, len(chains) + sectors), END]
    tables = 1
    while len(chains) + tables > tables * SECTOR // 4:
        tables += 1
    table_start = len(chains)
    chains += [TABLE] * tables
    table = struct.pack(f"<{len(chains)}I", *chains).ljust(tables * SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, directory_start, 0, SMALLEST, END, 0, END, 0)
    places = [*range(table_start, table_start + tables)]
    header += struct.pack("<109I", *places, *[FREE] * (109 - tables))
    return header + content + directory + table


def _paths(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _within(names: list[str], folder: str) -> list[int]:
    return [at for at, path in enumerate(names, 1) if path.rpartition("/")[0] == folder and path != folder]


def _first(names: list[str], folder: str, _: int) -> int:
    return next(iter(_within(names, folder)), FREE)


def _following(names: list[str], path: str, number: int) -> int:
    """Return the next entry of the same folder: the entries of one hang on one another's right."""
    return next((at for at in _within(names, path.rpartition("/")[0]) if at > number), FREE)


def _entry(
    name: str, kind: int, *, right: int = FREE, child: int = FREE, start: int = 0, size: int = 0
) -> bytes:
    encoded = name.encode("utf-16-le")
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded) + 2, kind, 1, FREE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
