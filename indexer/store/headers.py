"""Compare what each file of a generation says of itself with the manifest, before a library believes it.

A checksum proves that a file is what its maker sealed, not that its maker was Repère. A header may name
objects to be run, a shape of terabytes, or tables that are views; none of the libraries that read these files
promises to withstand that.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from itertools import product
from pathlib import Path
from string import ascii_letters
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from indexer.errors import IndexRefused
from indexer.passages.analysis import ANALYSES
from indexer.passages.near_duplicates import MINIMA
from indexer.records import PassageKind
from indexer.store import catalogue, lexical
from indexer.store.cells import BITS
from indexer.store.manifest import REMEDY, Layout, Manifest
from indexer.store.passage_table import language_code

SEGMENT_FILES = frozenset({"term", "idx", "pos", "fast", "fieldnorm", "store"})
"""Suffixes of the files that make up a segment of tantivy's index."""


def _text_field(name: str, record: str, tokenizer: str) -> dict[str, Any]:
    indexing = {"record": record, "fieldnorms": True, "tokenizer": tokenizer}
    return {"name": name, "type": "text", "options": {"indexing": indexing, "stored": False, "fast": False}}


def _number_field(name: str, *, indexed: bool) -> dict[str, Any]:
    options = {"indexed": indexed, "fieldnorms": False, "fast": not indexed, "stored": False}
    return {"name": name, "type": "u64", "options": options}


_FIELDS = [
    _number_field("row", indexed=False),
    _number_field(lexical.DOCUMENT, indexed=True),
    _text_field(lexical.LANGUAGE, "basic", "raw"),
    _text_field(lexical.BODY, "freq", "whitespace"),
    _text_field(lexical.HEAD, "freq", "whitespace"),
    _text_field(lexical.WRITTEN, "position", "whitespace"),
]
"""The fields of the index of words (see lexical), as tantivy describes them."""
LONGEST_META = 2**20
"""Bytes of tantivy's description of its index that are read at the most."""

_ROWS = 1 << 16
"""Rows of an array that are looked at together."""

Shape = tuple[int | None, ...]
"""Lengths of an array along each axis; None where any will do."""


class _Unlike(Exception):
    """Raised when a file is not what the manifest says; the message goes on from the file's name."""


def check(folder: Path, manifest: Manifest) -> None:
    """Raise IndexRefused unless every file in a generation's folder is what its manifest says, by its header.

    What follows the headers is looked at only where it says which parts of other files are read. Raises
    OSError when a file cannot be read.
    """
    name = ""
    try:
        if missing := _missing(manifest):
            name = missing[0]
            raise _Unlike("is not there")
        shapes = {}
        for name, (dtype, shape) in _arrays(manifest).items():
            shapes[name] = _shape(folder / name, np.dtype(dtype), shape)
        for name, other in _PARALLEL.items():
            if shapes[name][0] != shapes[other][0]:
                raise _Unlike(f"holds {shapes[name][0]} rows, {other} {shapes[other][0]}")
        for name, (least, beyond) in _bounds(manifest, shapes).items():
            _check_values(np.load(folder / name, mmap_mode="r"), least, beyond)
        name = Layout.PASSAGE_LANGUAGES
        _check_languages(np.load(folder / name, mmap_mode="r"))
        for name, whole in _OFFSETS.items():
            _check_offsets(np.load(folder / name, mmap_mode="r"), shapes[whole][0])
        name = Layout.CATALOGUE
        _check_catalogue(folder / name, manifest)
        name = f"{Layout.LEXICAL}/meta.json"
        _check_words(folder / name, manifest)
        name = f"{Layout.LEXICAL}/.managed.json"
        _check_managed(folder / name, manifest)
        if manifest.nearest.cells:
            name = Layout.CELLS
            _check_cells(folder / name, manifest)
    except _Unlike as error:
        raise IndexRefused(
            f"Generation {folder.name} was not made by Repère: {name} {error}. {REMEDY}"
        ) from None


def _missing(manifest: Manifest) -> list[str]:
    """Return the files of a generation that its manifest has no checksum of."""
    words = [f"{Layout.LEXICAL}/{name}" for name in ("meta.json", ".managed.json")]
    names = [*_arrays(manifest), Layout.CATALOGUE, *words]
    names += [Layout.CELLS] if manifest.nearest.cells else []
    return [name for name in names if name not in manifest.files]


def _arrays(manifest: Manifest) -> dict[str, tuple[type[np.generic], Shape]]:
    passages, dim = manifest.passages, manifest.model.dim
    return {
        Layout.PASSAGES: (np.float32, (passages, dim)),
        Layout.PASSAGE_KEYS: (np.uint64, (passages,)),
        Layout.PASSAGE_DOCUMENTS: (np.int32, (passages,)),
        Layout.PASSAGE_LANGUAGES: (np.uint16, (passages,)),
        Layout.PASSAGE_KINDS: (np.uint8, (passages,)),
        Layout.UNITS: (np.int8, (None, dim)),
        Layout.UNIT_SCALES: (np.float32, (None,)),
        Layout.UNIT_SENTENCES: (np.uint16, (None,)),
        Layout.UNIT_OFFSETS: (np.int64, (passages + 1,)),
        Layout.BACKGROUND: (np.float32, (None, dim)),
        Layout.SIGNATURES: (np.uint32, (passages, MINIMA + 1)),
        Layout.NEAR_DUPLICATES: (np.int32, (2, None)),
        Layout.VERSIONS: (np.int32, (2, None)),
        Layout.TERM_KEYS: (np.uint32, (None,)),
        Layout.TERM_WEIGHTS: (np.uint8, (None,)),
        Layout.TERM_HELD: (np.uint32, (2, None)),
        Layout.TERM_OFFSETS: (np.int64, (passages + 1,)),
        Layout.TERM_LENGTHS: (np.float32, (passages, len(ANALYSES))),
    }


_PARALLEL = {
    Layout.UNIT_SCALES: Layout.UNITS,
    Layout.UNIT_SENTENCES: Layout.UNITS,
    Layout.TERM_WEIGHTS: Layout.TERM_KEYS,
}
"""Arrays that have a row for each row of another."""
_OFFSETS = {Layout.UNIT_OFFSETS: Layout.UNITS, Layout.TERM_OFFSETS: Layout.TERM_KEYS}
"""Arrays that say where in another the rows of each passage begin."""


ROUNDING = 1.001
"""What a component of a vector of length one may seem to be."""


def _bounds(manifest: Manifest, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[float, float]]:
    """Return the least value of arrays that number or measure things, and the first that is too great.

    No number that is none stands between them: an answer computed from it would be no JSON.
    """
    passages = manifest.passages
    return {
        Layout.PASSAGES: (-ROUNDING, ROUNDING),
        Layout.BACKGROUND: (-ROUNDING, ROUNDING),
        Layout.UNIT_SCALES: (0, ROUNDING),
        Layout.TERM_LENGTHS: (0, 2**31),
        Layout.PASSAGE_DOCUMENTS: (0, manifest.documents),
        Layout.PASSAGE_KINDS: (0, len(PassageKind)),
        **{name: (0, passages) for name in (Layout.NEAR_DUPLICATES, Layout.VERSIONS) if shapes[name][1]},
    }


def _shape(path: Path, dtype: np.dtype[Any], expected: Shape) -> tuple[int, ...]:
    """Return the shape of an array of this type; any other type is refused before anything of it is read."""
    with path.open("rb") as file:
        try:
            if np.lib.format.read_magic(file) != (1, 0):
                raise _Unlike("is of another version of NumPy's format")
            shape, fortran, found = np.lib.format.read_array_header_1_0(file)
        except (ValueError, RecursionError, MemoryError, UnicodeError):
            raise _Unlike("has no header of NumPy's") from None
        begin, size = file.tell(), path.stat().st_size
    if found != dtype or fortran:
        raise _Unlike(f"holds {str(found)[:40]}, not {dtype}")
    fits = len(shape) == len(expected) and all(
        length >= 0 if wanted is None else length == wanted
        for length, wanted in zip(shape, expected, strict=True)
    )
    if not fits:
        raise _Unlike(f"has shape {str(shape)[:60]}, not {str(expected).replace('None', 'any')}")
    if begin + math.prod(shape) * dtype.itemsize != size:
        raise _Unlike(f"has {size} bytes, which its shape {str(shape)[:60]} does not take")
    return tuple(shape)


def _check_values(values: npt.NDArray[Any], least: float, beyond: float) -> None:
    for start in range(0, len(values), _ROWS):
        some = values[start : start + _ROWS]
        low, high = some.min(initial=least), some.max(initial=least)
        if not (least <= low and high < beyond):
            raise _Unlike(f"holds {low} … {high}, where {least} … {beyond} are due")


def _check_languages(codes: npt.NDArray[np.uint16]) -> None:
    known = {0, *(language_code(first + second) for first, second in product(ascii_letters, repeat=2))}
    if unknown := set(np.unique(codes).tolist()) - known:
        raise _Unlike(f"holds {min(unknown)}, which stands for no language")


def _check_offsets(offsets: npt.NDArray[np.int64], end: int) -> None:
    if offsets[0] != 0 or offsets[-1] != end or (np.diff(offsets) < 0).any():
        raise _Unlike(f"does not lead from 0 to {end}")


def _check_catalogue(path: Path, manifest: Manifest) -> None:
    """Refuse tables other than Repère's: a view or a trigger is a program that whoever made it chose."""
    with closing(catalogue.connect(path)) as connection:
        try:
            for entry in sorted(_schema(connection) ^ _own_schema()):
                whose = "does not hold" if entry in _own_schema() else "holds"
                raise _Unlike(f"{whose} the {entry[0][:20]} {entry[1][:40]!r} as Repère makes it")
            # Of these tables alone is known that reading them ends.
            numbered = [connection.execute(query).fetchone() for query in _NUMBERS]
        except sqlite3.Error as error:
            raise _Unlike(f"cannot be read ({error})") from None
    for numbers, count in zip(numbered, (manifest.documents, manifest.passages), strict=True):
        if numbers != ((0, count - 1) if count else (None, None)):
            raise _Unlike(f"numbers {numbers}, where {count} are due")


_NUMBERS = ("SELECT min(id), max(id) FROM documents", "SELECT min(id), max(id) FROM passages")


@cache
def _own_schema() -> frozenset[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(catalogue.SCHEMA + catalogue.INDEXES)
        return _schema(connection)


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """Return (type, name, statement without comments) of all that a database defines."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchmany(1000)
    return frozenset((str(kind), str(name), _plain(sql)) for kind, name, sql in rows)


def _plain(sql: str | None) -> str:
    return " ".join(re.sub(r"--[^\n]*", " ", sql or "").split())


def _check_words(path: Path, manifest: Manifest) -> None:
    """Refuse an index of words whose description is not that of one of our fields over these passages."""
    try:
        meta = _json(path)
        segments = [(each["segment_id"], each["max_doc"], each["deletes"]) for each in meta["segments"]]
        fields = meta["schema"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Unlike("cannot be understood") from None
    if fields != _FIELDS:
        raise _Unlike("describes other fields")
    if not all(type(count) is int and count > 0 and deletes is None for _, count, deletes in segments):
        raise _Unlike("describes segments that no build leaves")
    if sum(count for _, count, _ in segments) != manifest.passages:
        raise _Unlike(f"does not describe {manifest.passages} passages")
    for name, _, _ in segments:
        stem = str(name).replace("-", "")
        if missing := {f"{Layout.LEXICAL}/{stem}.{kind}" for kind in SEGMENT_FILES} - manifest.files.keys():
            raise _Unlike(f"names {min(missing)[:80]}, which is not there")


def _check_managed(path: Path, manifest: Manifest) -> None:
    """Refuse a list of tantivy's files that is not that of the files which are there."""
    try:
        named = {f"{Layout.LEXICAL}/{name}" for name in _json(path)}
    except (ValueError, TypeError, RecursionError):
        raise _Unlike("cannot be understood") from None
    held = {name for name in manifest.files if name.startswith(f"{Layout.LEXICAL}/")}
    if unknown := named - held:
        raise _Unlike(f"names {min(unknown)[:80]}, which is not there")


def _json(path: Path) -> Any:
    """Return what one of tantivy's descriptions says; nothing is read of one that is far too long."""
    with path.open("rb") as file:
        return json.loads(file.read(LONGEST_META + 1)[:LONGEST_META])


def _check_cells(path: Path, manifest: Manifest) -> None:
    """Refuse cells that are not an inverted file of FAISS, of just these sizes, over these passages."""
    with path.open("rb") as file:
        try:
            for wanted, found in _cells(file, manifest, path.stat().st_size):
                if wanted != found:
                    raise _Unlike(f"has {str(found)[:60]} where a build writes {str(wanted)[:60]}")
        except struct.error:
            raise _Unlike("is cut short") from None


def _cells(file: BinaryIO, manifest: Manifest, size: int) -> Iterator[tuple[object, object]]:
    """Yield (what a build writes, what is found) of each field of a file of cells, in their order.

    The layout is that of faiss/impl/index_write.cpp: IndexIVFPQFastScan over IndexFlatIP, with its lists in
    blocks. Lengths come before what they are the length of, so nothing is read that is too long.
    """

    def read(form: str) -> tuple[Any, ...]:
        form = f"<{form}"
        return struct.unpack(form, file.read(struct.calcsize(form)))

    passages, dim, cells = manifest.passages, manifest.model.dim, manifest.nearest.cells
    even = dim + dim % 2  # FAISS adds a code of zeros to an odd number
    width = even * BITS // 8
    block = _BLOCK * width
    kind, *head = read("4siqqqBi")
    yield (b"IwPf", dim, passages, 1, 0), (kind, head[0], head[1], head[4], head[5])
    yield cells, read("QQ")[0]
    kind, *head = read("4siqqqBi")
    yield (b"IxFI", dim, cells, 1, 0), (kind, head[0], head[1], head[4], head[5])
    yield cells * dim, read("Q")[0]  # centroids, counted in floats
    file.seek(4 * cells * dim, 1)
    yield (0, 0), read("BQ")  # no direct map
    yield (1, width, _BLOCK, even, 0, 0), read("BQiQiQ")
    yield (dim, dim, BITS), read("QQQ")
    yield dim << BITS, read("Q")[0]  # what the codes stand for, counted in floats
    file.seek(4 * dim << BITS, 1)
    yield (b"ilbl", cells, 2**64 - 1, _BLOCK, block), read("4sQQQQ")  # their packer knows the width
    held = 0
    for _ in range(cells):
        (length,) = read("Q")
        held += length
        yield True, held <= passages
        rows = np.frombuffer(file.read(8 * length), np.int64)
        yield True, len(rows) == length and (not length or bool(rows.min() >= 0 and rows.max() < passages))
        yield -(-length // _BLOCK) * block, (packed := read("Q")[0])
        file.seek(packed, 1)
    yield (passages, size), (held, file.tell())


_BLOCK = 32
"""Passages whose codes FAISS lays side by side."""
