"""Opening an index: what it finds, and that no damaged byte of it is ever read as good."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from indexer import build as builder
from indexer.errors import IndexMissing, IndexRefused
from indexer.store import generation as store
from indexer.store.generation import Layout
from indexer.store.index import open_index
from models.encoder import ModelChoice
from tests.standin import StandInEncoder

SEED = 20240229
OFFSETS = 12
"""Bytes flipped in each file, beside its first and its last."""


def current(index: Path) -> Path:
    return store.generation_folder(index, store.read_pointer(index).current)


def test_an_open_index_answers(index: Path, encoder: StandInEncoder) -> None:
    opened = open_index(index, encoder.fingerprint)
    query = encoder.queries(["deux robots chirurgicaux surgical robots"])[0]
    (row,), (cosine,) = opened.vectors.nearest(query, 1)
    (found,) = opened.catalogue.passages([int(row)])
    assert found.document.source == "robots.txt"
    expected = encoder.passages([found.passage.text])[0] @ query
    assert cosine == pytest.approx(expected, abs=1e-5)
    best = opened.vectors.sentence_cosines(query, int(row)).argmax()
    assert "bought two surgical robots" in found.passage.sentences[best].text
    assert opened.manifest.documents == len(opened.catalogue.documents()) == 3
    opened.catalogue.close()


def refusal(index: Path, encoder: StandInEncoder) -> str:
    """Why the index is refused; empty when it is not."""
    try:
        open_index(index, encoder.fingerprint).catalogue.close()
    except IndexRefused as error:
        return str(error)
    return ""


def test_every_flipped_byte_is_refused(index: Path, encoder: StandInEncoder) -> None:
    rng = random.Random(SEED)
    folder = current(index)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {Layout.MANIFEST, Layout.MANIFEST_SUM, Layout.CATALOGUE, Layout.PASSAGES, Layout.SENTENCES}
    assert {path.name for path in files} >= names | {Layout.SENTENCE_SCALES, Layout.SENTENCE_OFFSETS}
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
    made = store.read_manifest(folder)
    for name in (Layout.MANIFEST, Layout.MANIFEST_SUM):
        (folder / name).unlink()
    store.seal(folder, replace(made, passages=made.passages + 1))
    with pytest.raises(IndexRefused, match="its manifest says"):
        open_index(index, encoder.fingerprint)


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="Build one with 'make index'"):
        open_index(tmp_path, "0123456789abcdef")


def test_an_open_index_outlives_its_generation(index: Path, corpus: Path, encoder: StandInEncoder) -> None:
    opened = open_index(index, encoder.fingerprint)
    for _ in range(2):
        builder.build(corpus, index, ModelChoice(), force=True)
    assert not store.generation_folder(index, "g000001").exists()
    query = encoder.queries(["le centre ouvre une formation continue en oncologie"])[0]
    (row,), _ = opened.vectors.nearest(query, 1)
    assert opened.vectors.sentence_cosines(query, int(row)).size
    assert opened.catalogue.passages([int(row)])[0].document.source == "oncologie.txt"
    opened.catalogue.close()
