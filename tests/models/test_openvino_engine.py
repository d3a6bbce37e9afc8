"""The OpenVINO engine: its batches, its vectors beside the model's, and when it is made again."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import openvino_engine
from models.errors import ModelUnavailable
from models.load import ModelChoice
from models.openvino_engine import OpenVinoEncoder, is_sound

TEXTS = ["La photosynthèse produit du dioxygène.", "a", "", "mot " * 900, "Le chat dort sur le canapé."]
SEEDS = Path(__file__).parent.parent.parent / "seeds"


@given(st.lists(st.integers(1, 512), max_size=80))
def test_batches_hold_every_text_once_and_stay_within_the_budget(lengths: list[int]) -> None:
    tokens = [[number + 1] * length for number, length in enumerate(lengths)]
    batched: list[int] = []
    for rows, ids, mask in openvino_engine.batches(tokens):
        assert ids.shape == mask.shape and ids.shape[1] % openvino_engine.STEP == 0
        assert ids.size <= openvino_engine.BATCH_TOKENS and len(rows) in (1, 2, 4, 8)
        for line, row in enumerate(rows):
            assert ids[line, : lengths[row]].tolist() == tokens[row]
            assert mask[line].sum() == lengths[row] and not ids[line, lengths[row] :].any()
        batched += rows.tolist()
    assert sorted(batched) == list(range(len(lengths)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the default model, in which an engine can be made and broken."""
    copy = tmp_path_factory.mktemp("model")
    for path in ModelChoice().folder().iterdir():
        if path.is_file():
            same_disk = path.stat().st_dev == copy.stat().st_dev
            (os.link if same_disk else shutil.copyfile)(path, copy / path.name)
    openvino_engine.ensure(copy)
    return copy


@pytest.fixture(scope="module")
def engine(folder: Path) -> OpenVinoEncoder:
    return OpenVinoEncoder(folder, "name", "fingerprint", {})


@pytest.mark.slow
def test_its_vectors_are_those_of_sentence_transformers(engine: OpenVinoEncoder) -> None:
    exact = ModelChoice().load(fast=None)
    lines = [line for path in sorted(SEEDS.iterdir()) for line in path.read_text("utf-8").splitlines()]
    texts = [line for line in lines if line.strip()]
    for role in ("queries", "passages"):
        cosines = (getattr(engine, role)(texts) * getattr(exact, role)(texts)).sum(axis=1)
        assert cosines.min() > 0.995
        assert cosines.mean() > 0.998
    assert engine.count_tokens(texts) == exact.count_tokens(texts)


@pytest.mark.slow
def test_many_texts_get_the_vectors_of_few(engine: OpenVinoEncoder, folder: Path) -> None:
    few = engine.passages(TEXTS)
    side_by_side = OpenVinoEncoder(folder, "name", "fingerprint", {}, many=1)
    for _ in range(2):
        assert (side_by_side.passages(TEXTS) * few).sum(axis=1).min() > 0.99999


@pytest.mark.slow
def test_a_query_meets_no_new_number_of_tokens(engine: OpenVinoEncoder) -> None:
    warm = {rows * length for rows, lengths in openvino_engine.WARM.items() for length in lengths}
    queries = ["Qui a peint La Joconde au début du seizième siècle, et pour qui ?"] * 16
    for count in range(1, 17):
        tokens = openvino_engine._tokens(engine._tokenizer, ["query: " + text for text in queries[:count]])
        assert {ids.size for _, ids, _ in openvino_engine.batches(tokens)} <= warm


@pytest.mark.slow
def test_it_says_what_it_multiplies_with(engine: OpenVinoEncoder) -> None:
    assert re.fullmatch(r"OpenVINO \(\w+(, \w+)*\)", engine.engine)


@pytest.mark.slow
def test_a_damaged_or_outdated_engine_is_made_again(folder: Path) -> None:
    made = folder / openvino_engine.FOLDER
    with (made / "encoder.bin").open("r+b") as file:
        file.seek(1000)
        file.write(b"damaged")
    assert not is_sound(folder)
    openvino_engine.ensure(folder)
    assert is_sound(folder)
    manifest = json.loads((made / openvino_engine.MANIFEST).read_text())
    manifest["weights"][0] += 1
    (made / openvino_engine.MANIFEST).write_text(json.dumps(manifest))
    assert not is_sound(folder)
    openvino_engine.ensure(folder)
    assert not list(folder.glob(".openvino-*"))


@pytest.mark.parametrize(("shift", "sound"), [(0, True), (999_999_999, True), (10**9, False)])
def test_an_engine_outlives_an_archive_that_keeps_whole_seconds(
    tmp_path: Path, shift: int, sound: bool
) -> None:
    weights, made = tmp_path / openvino_engine.WEIGHTS, tmp_path / openvino_engine.FOLDER
    weights.write_bytes(b"weights")
    os.utime(weights, ns=(0, 7 * 10**9))
    made.mkdir()
    manifest = {"format": openvino_engine.FORMAT, "weights": [7, 7 * 10**9 + shift], "files": {}}
    (made / openvino_engine.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert is_sound(tmp_path) == sound


@pytest.mark.slow
def test_an_engine_that_computes_otherwise_is_refused(folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="other vectors"):
        OpenVinoEncoder(folder, "name", "fingerprint", {}, least_cosine=1.1)
