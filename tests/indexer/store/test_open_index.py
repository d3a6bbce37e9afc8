"""Opening an index: what it finds, and that no damaged byte of it is ever read as good."""

from __future__ import annotations

import gc
import json
import os
import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tantivy

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.errors import IndexMissing, IndexRefused
from indexer.store import generation as store
from indexer.store.lexical import term_key
from indexer.store.manifest import Layout, read_manifest, seal
from indexer.store.open_index import open_index
from models.files import sha256
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import client_of
from tests.indexer.building.test_build import in_cells
from tests.standin import StandInEncoder

SEED = 20240229
OFFSETS = 12
"""Bytes flipped in each file, beside its first and its last."""


LAYOUT = {name for key, name in vars(Layout).items() if key.isupper()} - {Layout.LEXICAL}


def current(index: Path) -> Path:
    return store.generation_folder(index, store.read_pointer(index).current)


def test_an_open_index_answers(index: Path, encoder: StandInEncoder) -> None:
    opened = open_index(index, encoder.fingerprint)
    query = encoder.queries(["deux robots chirurgicaux surgical robots"])
    rows = opened.vectors.nearest(query, 1)[0]
    (found,) = opened.catalogue.passages([int(rows[0])])
    assert found.document.source == "robots.txt"
    expected = encoder.passages([found.passage.text])
    np.testing.assert_allclose(opened.vectors.passages(rows), expected, atol=1e-6)
    _, sentence = opened.vectors.units(query, rows).ranked(0, 0)[0]
    assert "bought two surgical robots" in found.passage.sentences[sentence].text
    assert opened.lexical.find(["robot"], 5).tolist() == rows.tolist()
    assert len(opened.lexical) == len(opened.vectors) == opened.manifest.passages
    assert opened.manifest.documents == len(opened.catalogue.documents()) == 3
    opened.catalogue.close()


def refusal(index: Path, encoder: StandInEncoder) -> str:
    """Why the index is refused; empty when it is not."""
    try:
        open_index(index, encoder.fingerprint).catalogue.close()
    except IndexRefused as error:
        return str(error)
    return ""


@pytest.mark.slow
def test_every_flipped_byte_is_refused(corpus: Path, index: Path, encoder: StandInEncoder) -> None:
    builder.build(corpus, index, ModelChoice(), force=True, settings=in_cells(2))
    rng = random.Random(SEED)
    folder = current(index)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    held = {path.relative_to(folder).as_posix() for path in files}
    assert held >= LAYOUT
    segments = {name.rpartition(".")[2] for name in held if name.startswith(f"{Layout.LEXICAL}/")}
    assert segments >= {"json", "term", "idx", "pos", "fast", "fieldnorm", "store"}
    files = [path for path in files if path.stat().st_size]  # tantivy's locks hold no byte to flip
    for path in files:
        whole = path.read_bytes()
        inner = [rng.randrange(len(whole)) for _ in range(OFFSETS)]
        for offset in (0, len(whole) - 1, *inner):
            bit = rng.randrange(8)
            damaged = bytearray(whole)
            damaged[offset] ^= 1 << bit
            path.write_bytes(damaged)
            said = refusal(index, encoder)
            assert said.startswith(f"Generation {folder.name} is damaged: "), (path, offset, bit, said)
        path.write_bytes(whole)
    open_index(index, encoder.fingerprint).catalogue.close()


@pytest.mark.parametrize("change", ["cut short", "longer"])
def test_every_file_of_another_length_is_refused(index: Path, encoder: StandInEncoder, change: str) -> None:
    for path in [path for path in current(index).rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        if change == "cut short" and not whole:
            path.unlink()
        else:
            path.write_bytes(whole[:-1] if change == "cut short" else whole + b"\n")
        with pytest.raises(IndexRefused, match="is damaged"):
            open_index(index, encoder.fingerprint)
        path.write_bytes(whole)


def test_flipped_bytes_of_the_pointer_never_lead_to_a_wrong_index(
    index: Path, corpus: Path, encoder: StandInEncoder
) -> None:
    for _ in range(2):  # "2" and "3" differ by one bit
        builder.build(corpus, index, ModelChoice(), force=True)
    pointer = index / "CURRENT"
    whole = pointer.read_bytes()
    for offset in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[offset] ^= 1 << bit
            pointer.write_bytes(damaged)
            if not refusal(index, encoder):  # the name of the generation before was hit, or a space
                assert store.read_pointer(index).current == "g000003"


def test_another_model_is_refused(index: Path) -> None:
    with pytest.raises(IndexRefused) as raised:
        open_index(index, "fedcba9876543210")
    said = str(raised.value)
    for part in ("stand-in", "0123456789abcdef", "fedcba9876543210", "'make index'", "MODEL"):
        assert part in said


def test_vectors_that_do_not_match_the_manifest_are_refused(index: Path, encoder: StandInEncoder) -> None:
    folder = current(index)
    made = read_manifest(folder)
    for name in (Layout.MANIFEST, Layout.MANIFEST_SUM):
        (folder / name).unlink()
    seal(folder, replace(made, passages=made.passages + 1))
    with pytest.raises(IndexRefused, match=r"not made by Repère: passages\.npy has shape"):
        open_index(index, encoder.fingerprint)


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="Build one with 'make index'"):
        open_index(tmp_path, "0123456789abcdef")


def test_an_open_index_outlives_its_generation(index: Path, corpus: Path, encoder: StandInEncoder) -> None:
    opened = open_index(index, encoder.fingerprint)
    for _ in range(2):
        builder.build(corpus, index, ModelChoice(), force=True)
    assert not store.generation_folder(index, "g000001").exists()
    query = encoder.queries(["le centre ouvre une formation continue en oncologie"])
    rows = opened.vectors.nearest(query, 1)[0]
    assert opened.vectors.units(query, rows).best.size == 1
    assert opened.catalogue.passages([int(rows[0])])[0].document.source == "oncologie.txt"
    assert opened.lexical.find(["oncol"], 1).tolist() == rows.tolist()
    assert opened.lexical.matches(rows, [term_key("fr", "oncolog")]).weights.max() >= 1
    opened.catalogue.close()


def of_format_2(index: Path) -> Path:
    """The index, as the version before would have sealed it."""
    folder = current(index)
    said = json.loads((folder / Layout.MANIFEST).read_text(encoding="utf-8"))
    for later in ("engine", "carried", "stages", "nearest"):
        del said[later]
    text = json.dumps({**said, "format": 2})
    (folder / Layout.MANIFEST).write_text(text, encoding="utf-8")
    (folder / Layout.MANIFEST_SUM).write_text(sha256(folder / Layout.MANIFEST), encoding="ascii")
    return index


OLD = (
    "Generation g000001 has format 2, of an older version of Repère; this one, 0.1.0, reads format 8."
    " Build it anew with 'make index'."
)


def test_an_index_of_format_2_is_refused(index: Path, encoder: StandInEncoder) -> None:
    assert refusal(of_format_2(index), encoder) == OLD


def test_the_status_of_an_index_of_format_2(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["status", "--index", str(of_format_2(index))])
    printed = capsys.readouterr()
    assert code != 0
    assert OLD in printed.out + printed.err


def test_the_service_tells_of_an_index_of_format_2(index: Path, encoder: StandInEncoder) -> None:
    live = IndexWatcher(of_format_2(index), lambda: encoder)
    with client_of(build_app(live)):
        deadline = time.monotonic() + 10
        while not (live.problem and OLD in str(live.problem)):
            assert time.monotonic() < deadline, live.problem
            time.sleep(0.01)
    assert live.searcher is None


@pytest.mark.usefixtures("stand_in")
def test_an_index_of_format_2_is_built_anew(index: Path, corpus: Path, encoder: StandInEncoder) -> None:
    report = builder.build(corpus, of_format_2(index), ModelChoice())
    assert (report.up_to_date, report.manifest.generation) == (False, "g000002")
    assert refusal(index, encoder) == ""


@pytest.mark.parametrize("parted", [False, True], ids=["exact", "cells"])
def test_opening_writes_nothing_and_needs_not_to(
    corpus: Path, index: Path, encoder: StandInEncoder, monkeypatch: pytest.MonkeyPatch, parted: bool
) -> None:
    if parted:
        builder.build(corpus, index, ModelChoice(), force=True, settings=in_cells(2))

    # A folder mounted read-only: tantivy's own lock cannot be made there.
    def listing() -> set[tuple[Path, int]]:
        return {(path, path.stat().st_mtime_ns) for path in current(index).rglob("*")}

    def only_elsewhere(home: str) -> tantivy.Index:
        assert not Path(home).is_relative_to(index)
        return opened(home)

    before, opened = listing(), tantivy.Index.open
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(tantivy.Index, "open", only_elsewhere)
    found = open_index(index, encoder.fingerprint)
    assert found.vectors.nearest(encoder.queries(["robots"]), 1).size == 1
    assert found.lexical.find(["robot"], 5).size == 1
    assert found.lexical.document_frequencies([term_key("en", "robot")]).tolist() == [1]
    found.catalogue.close()
    assert listing() == before


@pytest.mark.slow
def test_a_generation_let_go_leaves_nothing_open(corpus: Path, index: Path, encoder: StandInEncoder) -> None:
    builder.build(corpus, index, ModelChoice(), force=True, settings=in_cells(2))

    def open_of_index() -> int:
        gc.collect()
        maps = Path("/proc/self/maps").read_text(encoding="utf-8").count(str(index))
        targets = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return maps + sum(target.startswith(str(index)) for target in targets)

    assert open_of_index() == 0
    for _ in range(5):
        opened = open_index(index, encoder.fingerprint)
        assert opened.vectors.nearest(encoder.queries(["robots"]), 1).size == 1
        assert opened.lexical.find(["robot"], 5).size == 1
        opened.catalogue.close()
    assert open_of_index() > 0
    del opened
    deadline = time.monotonic() + 5
    while open_of_index():  # tantivy's watcher lets go within half a second
        assert time.monotonic() < deadline
        time.sleep(0.05)
