"""A generation whose checksums are right, but which Repère did not make, is refused before it is read."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.errors import ArchiveRefused, IndexRefused
from indexer.store import generation as store
from indexer.store.manifest import Layout, Manifest, read_manifest, seal
from indexer.store.open_index import open_index
from indexer.upkeep import status
from indexer.upkeep.backup import backup, restore
from models.load import ModelChoice
from tests.indexer.building.test_build import in_cells
from tests.standin import StandInEncoder

Forge = Callable[[Path], object]


@pytest.fixture
def folder(corpus: Path, tmp_path: Path, stand_in: StandInEncoder) -> Path:
    """A generation of an index whose passages are clustered in cells."""
    assert stand_in
    builder.build(corpus, tmp_path / "index", ModelChoice(), settings=in_cells(2))
    return store.generation_folder(tmp_path / "index", "g000001")


def reseal(folder: Path, **changes: object) -> Manifest:
    """Seal whatever the folder holds now, as somebody would who can compute a checksum."""
    made = read_manifest(folder)
    for name in (Layout.MANIFEST, Layout.MANIFEST_SUM):
        (folder / name).unlink()
    return seal(folder, replace(made, **changes))  # type: ignore[arg-type]


def array(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Forge:
    def forge(folder: Path) -> None:
        np.save(folder / name, make(np.load(folder / name)), allow_pickle=True)

    return forge


def first(name: str, value: float) -> Forge:
    """Put a value in the place of an array's first."""

    def changed(values: np.ndarray) -> np.ndarray:
        copy = values.copy()
        copy.flat[0] = value
        return copy

    return array(name, changed)


def header(name: str, shape: tuple[int, ...], descr: str = "<f4") -> Forge:
    """Write a header of so many rows, and next to nothing behind it."""

    def forge(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            written = {"descr": descr, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, written)
            file.write(bytes(16))

    return forge


def raw(name: str, content: bytes) -> Forge:
    return lambda folder: (folder / name).write_bytes(content)


def cut(name: str, size: int) -> Forge:
    return lambda folder: os.truncate(folder / name, size)


def sql(*statements: str) -> Forge:
    def forge(folder: Path) -> None:
        with closing(sqlite3.connect(folder / Layout.CATALOGUE, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    return forge


def words(change: Callable[[dict[str, object]], object]) -> Forge:
    def forge(folder: Path) -> None:
        path = folder / Layout.LEXICAL / "meta.json"
        meta = json.loads(path.read_bytes())
        change(meta)
        path.write_text(json.dumps(meta), encoding="utf-8")

    return forge


def cells(at: int, form: str, value: int) -> Forge:
    def forge(folder: Path) -> None:
        content = bytearray((folder / Layout.CELLS).read_bytes())
        struct.pack_into(form, content, at % len(content), value)
        (folder / Layout.CELLS).write_bytes(content)

    return forge


BLOCK = 32 * 64 // 2
"""Bytes of the codes of up to 32 passages of 64 components, the last thing in a file of cells."""
LOOP = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i, '', '', 1 FROM n"
FORGED: dict[str, tuple[Forge, str]] = {
    "objects": (array(Layout.PASSAGE_KINDS, lambda a: a.astype(object)), r"passage_kinds\.npy holds object"),
    "another type": (array(Layout.UNIT_OFFSETS, lambda a: a.astype(np.float64)), "holds float64, not int64"),
    "byte order": (array(Layout.UNIT_SCALES, lambda a: a.astype(">f4")), "holds >f4, not float32"),
    "fortran": (array(Layout.PASSAGES, np.asfortranarray), r"passages\.npy holds float32"),
    "fewer rows": (array(Layout.PASSAGES, lambda a: a[:-1]), r"passages\.npy has shape \(2, 64\)"),
    "terabytes": (header(Layout.UNITS, (1 << 40, 64), "|i1"), "which its shape .* does not take"),
    "overflow": (header(Layout.TERM_KEYS, (1 << 62,), "<u4"), "which its shape .* does not take"),
    "negative": (header(Layout.TERM_KEYS, (-4,), "<u4"), r"term_keys\.npy has shape \(-4,\)"),
    "no array": (raw(Layout.BACKGROUND, b"\x80\x04cos\nsystem\n"), "has no header of NumPy's"),
    "deep header": (raw(Layout.BACKGROUND, b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535), "has no header"),
    "units apart": (array(Layout.UNIT_SENTENCES, lambda a: a[:-1]), r"rows, units\.npy"),
    "offsets back": (array(Layout.UNIT_OFFSETS, lambda a: a[[0, 2, 1, 3]]), "does not lead from 0 to"),
    "offsets beyond": (array(Layout.TERM_OFFSETS, lambda a: a * 2), "does not lead from 0 to"),
    "documents beyond": (
        array(Layout.PASSAGE_DOCUMENTS, lambda a: a + 1),
        "holds 0 … 3, where 0 … 3 are due",
    ),
    "no numbers for vectors": (
        array(Layout.PASSAGES, lambda a: a * np.nan),
        r"passages\.npy holds nan … nan",
    ),
    "one number that is none": (first(Layout.PASSAGES, np.nan), r"passages\.npy holds nan … nan"),
    "an endless vector": (first(Layout.PASSAGES, np.inf), r"passages\.npy holds .* … inf"),
    "a long vector": (first(Layout.PASSAGES, 1e30), r"passages\.npy holds "),
    "no scales": (first(Layout.UNIT_SCALES, np.nan), r"unit_scales\.npy holds nan"),
    "scales below nothing": (first(Layout.UNIT_SCALES, -1.0), r"unit_scales\.npy holds -1\.0"),
    "no everyday texts": (first(Layout.BACKGROUND, np.nan), r"background\.npy holds nan"),
    "no lengths": (first(Layout.TERM_LENGTHS, -np.inf), r"term_lengths\.npy holds -inf"),
    "no language": (
        array(Layout.PASSAGE_LANGUAGES, lambda a: a | np.uint16(0xFF00)),
        r"passage_languages\.npy holds \d+, which stands for no language",
    ),
    "kinds unknown": (
        array(Layout.PASSAGE_KINDS, lambda a: a + np.uint8(200)),
        r"passage_kinds\.npy holds 0 … 2",
    ),
    "a view": (
        sql("ALTER TABLE acronyms RENAME TO other", f"CREATE VIEW acronyms AS {LOOP}"),
        "holds the (view|table) '(acronyms|other)' as Repère makes it|does not hold the table 'acronyms'",
    ),
    "a trigger": (
        sql("CREATE TRIGGER t AFTER INSERT ON tags BEGIN DELETE FROM documents; END"),
        "holds the trigger 't'",
    ),
    "a virtual table": (sql("CREATE VIRTUAL TABLE v USING fts5(a)"), "holds the table 'v"),
    "an index that computes": (sql("CREATE INDEX i ON tags (abs(key))"), "holds the index 'i'"),
    "a table less": (sql("DROP TABLE acronyms"), "does not hold the table 'acronyms'"),
    "documents less": (sql("DELETE FROM documents WHERE id = 2"), r"catalogue\.sqlite numbers \(0, 1\)"),
    "no database": (raw(Layout.CATALOGUE, b"SQLite format 3\0" + bytes(4096)), r"catalogue\.sqlite"),
    "other fields": (
        words(lambda meta: meta.update(schema=[])),
        r"lexical/meta\.json describes other fields",
    ),
    "no segments": (words(lambda meta: meta.update(segments=[])), "does not describe 3 passages"),
    "deleted": (
        words(lambda meta: meta["segments"][0].update(deletes={"num_deleted_docs": 1, "opstamp": 1})),  # type: ignore[index]
        "segments that no build leaves",
    ),
    "segment elsewhere": (
        words(lambda meta: meta["segments"][0].update(segment_id="../../../etc/passwd")),  # type: ignore[index]
        "which is not there",
    ),
    "other files of words": (
        raw(f"{Layout.LEXICAL}/.managed.json", b'["../../x"]'),
        r"\.managed\.json names lexical/\.\./\.\./x, which is not there",
    ),
    "no list of the files of words": (
        raw(f"{Layout.LEXICAL}/.managed.json", b"\xff"),
        "cannot be understood",
    ),
    "a number of files of words": (raw(f"{Layout.LEXICAL}/.managed.json", b"7"), "cannot be understood"),
    "nested meta": (raw(f"{Layout.LEXICAL}/meta.json", b"[" * 900_000), "cannot be understood"),
    "another engine": (cells(0, "<i", 0x46497849), r"passages\.ivf has "),
    "other dimensions": (cells(4, "<i", 1 << 30), r"passages\.ivf has "),
    "other count": (cells(8, "<q", 1 << 40), r"passages\.ivf has "),
    "centroids beyond": (cells(53 + 33, "<Q", 1 << 60), r"passages\.ivf has "),
    "rows beyond": (cells(-BLOCK - 16, "<q", 1 << 40), r"passages\.ivf has False"),
    "codes beyond": (cells(-BLOCK - 8, "<Q", 1 << 60), r"passages\.ivf has 1152921504606846976 where"),
    "cut short": (
        cut(Layout.CELLS, 90),
        "is cut short",
    ),
}


@pytest.fixture(params=FORGED)
def forged(request: pytest.FixtureRequest, folder: Path) -> tuple[Path, str]:
    """A generation that is sound by its checksums, and what is wrong with it."""
    forge, reason = FORGED[request.param]
    forge(folder)
    reseal(folder)
    return folder, reason


def test_what_repere_made_is_opened(folder: Path, encoder: StandInEncoder) -> None:
    open_index(folder.parents[1], encoder.fingerprint).catalogue.close()


def test_what_repere_did_not_make_is_refused_opened_or_restored(
    forged: tuple[Path, str], encoder: StandInEncoder, tmp_path: Path
) -> None:
    folder, reason = forged
    with pytest.raises(IndexRefused, match=f"^Generation g000001 was not made by Repère: .*({reason})"):
        open_index(folder.parents[1], encoder.fingerprint)
    backup(folder.parents[1], tmp_path / "b.tar")
    with pytest.raises(
        ArchiveRefused, match=f"is no whole backup: g000001 was not made by Repère: .*({reason})"
    ):
        restore(tmp_path / "b.tar", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / "CURRENT").exists()
    assert not list((tmp_path / "elsewhere" / "generations").iterdir())


@pytest.mark.parametrize("name", [Layout.CATALOGUE, Layout.PASSAGES, Layout.CELLS, "lexical/meta.json"])
def test_a_file_that_is_not_there_is_named(folder: Path, encoder: StandInEncoder, name: str) -> None:
    (folder / name).unlink()
    reseal(folder)
    with pytest.raises(IndexRefused, match=f"{name} is not there"):
        open_index(folder.parents[1], encoder.fingerprint)


def test_a_forged_generation_has_no_status(forged: tuple[Path, str]) -> None:
    folder, reason = forged
    with pytest.raises(IndexRefused, match=f"was not made by Repère: .*({reason})"):
        status.status(folder.parents[1])


def test_what_no_header_shows_keeps_no_build_from_building_anew(
    folder: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Panic(BaseException):
        pass

    def panics(*_: object) -> None:
        raise Panic("index out of bounds")

    monkeypatch.setattr("indexer.store.open_index.LexicalIndex", panics)
    assert builder.build(corpus, folder.parents[1], ModelChoice(), settings=in_cells(2)).plan.anew
    assert "cannot be opened (Panic). Everything is read and embedded anew." in caplog.text


def test_a_forged_generation_is_built_anew(folder: Path, corpus: Path, encoder: StandInEncoder) -> None:
    sql("DROP TABLE acronyms")(folder)
    reseal(folder)
    assert builder.build(corpus, folder.parents[1], ModelChoice(), settings=in_cells(2)).plan.anew
    open_index(folder.parents[1], encoder.fingerprint).catalogue.close()
