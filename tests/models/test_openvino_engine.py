"""The OpenVINO engine: its batches, and the real model when it is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import bundle, openvino_engine
from models.encoder import ModelChoice, Vectors
from models.errors import ModelUnavailable

TEXTS = ["La photosynthèse produit du dioxygène.", "a", "", "mot " * 900, "Le chat dort sur le canapé."]


@given(st.lists(st.integers(1, 512), max_size=80))
def test_batches_hold_every_text_once_and_stay_within_the_budget(lengths: list[int]) -> None:
    tokens = [[number + 1] * length for number, length in enumerate(lengths)]
    seen: list[int] = []
    for rows, ids, mask in openvino_engine.batches(tokens):
        assert ids.shape == mask.shape and ids.shape[1] % openvino_engine.STEP == 0
        assert ids.size <= openvino_engine.BATCH_TOKENS and len(rows) in (1, 2, 4, 8)
        for line, row in enumerate(rows):
            assert ids[line, : lengths[row]].tolist() == tokens[row]
            assert mask[line].sum() == lengths[row] and not ids[line, lengths[row] :].any()
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(lengths)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default model with links for its great files, so that an engine can be made and broken here."""
    copy = tmp_path_factory.mktemp("model")
    for path in bundle.folder().iterdir():
        if path.is_file():
            os.link(path, copy / path.name) if _same_disk(path, copy) else shutil.copyfile(
                path, copy / path.name
            )
    openvino_engine.ensure(copy)
    return copy


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


@pytest.fixture(scope="module")
def engine(folder: Path) -> openvino_engine.OpenVinoEncoder:
    return openvino_engine.OpenVinoEncoder(folder, ModelChoice())


@pytest.mark.slow
def test_vectors_are_unit_rows_and_the_same_every_time(engine: openvino_engine.OpenVinoEncoder) -> None:
    first = engine.passages(TEXTS)
    assert first.shape == (len(TEXTS), engine.dim) and first.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(first, engine.passages(TEXTS))
    assert engine.queries([]).shape == (0, engine.dim)


@pytest.mark.slow
def test_a_text_counts_the_same_alone_and_in_a_batch(engine: openvino_engine.OpenVinoEncoder) -> None:
    together = engine.passages(TEXTS)
    alone = np.concatenate([engine.passages([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.9995


@pytest.mark.slow
def test_many_texts_get_the_vectors_of_few(
    engine: openvino_engine.OpenVinoEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = engine.passages(TEXTS)
    monkeypatch.setattr(openvino_engine, "MANY", 1)
    for _ in range(2):
        assert (engine.passages(TEXTS) * few).sum(axis=1).min() > 0.99999


@pytest.mark.slow
def test_a_question_meets_no_new_number_of_tokens(engine: openvino_engine.OpenVinoEncoder) -> None:
    warm = {rows * length for rows, lengths in openvino_engine.WARM.items() for length in lengths}
    questions = ["Qui a peint La Joconde au début du seizième siècle, et pour qui ?"] * 16
    for count in range(1, 17):
        tokens = openvino_engine._tokens(engine._tokenizer, ["query: " + text for text in questions[:count]])
        assert {ids.size for _, ids, _ in openvino_engine.batches(tokens)} <= warm


@pytest.mark.slow
def test_it_says_what_it_multiplies_with(engine: openvino_engine.OpenVinoEncoder) -> None:
    assert re.fullmatch(r"OpenVINO \(\w+(, \w+)*\)", engine.engine)


@pytest.mark.slow
def test_what_is_past_the_limit_is_cut_off(engine: openvino_engine.OpenVinoEncoder) -> None:
    longest, longer = (engine.passages([" ".join(["mot"] * n)])[0] for n in (900, 1800))
    np.testing.assert_allclose(longest, longer, atol=1e-6)
    assert engine.count_tokens([" ".join(["mot"] * 900), ""]) == [900, 0]


@pytest.mark.slow
def test_threads_get_their_own_vectors(engine: openvino_engine.OpenVinoEncoder) -> None:
    expected = [engine.queries([text])[0] for text in TEXTS]
    found: dict[int, Vectors] = {}

    def ask(number: int) -> None:
        for _ in range(5):
            found[number] = engine.queries([TEXTS[number]])[0]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(TEXTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, vector in found.items():
        np.testing.assert_array_equal(vector, expected[number])


@pytest.mark.slow
def test_a_damaged_or_outdated_engine_is_made_again(folder: Path) -> None:
    made = folder / openvino_engine.FOLDER
    weights = made / "encoder.bin"
    with weights.open("r+b") as file:
        file.seek(1000)
        file.write(b"damaged")
    assert not openvino_engine.sound(made, folder / openvino_engine.WEIGHTS)
    openvino_engine.ensure(folder)
    assert openvino_engine.sound(made, folder / openvino_engine.WEIGHTS)
    manifest = json.loads((made / openvino_engine.MANIFEST).read_text())
    manifest["weights"][0] += 1
    (made / openvino_engine.MANIFEST).write_text(json.dumps(manifest))
    assert not openvino_engine.sound(made, folder / openvino_engine.WEIGHTS)
    openvino_engine.ensure(folder)
    assert not list(folder.glob(".openvino-*"))


@pytest.mark.parametrize(("shift", "sound"), [(0, True), (999_999_999, True), (10**9, False)])
def test_an_engine_outlives_an_archive_of_its_folder(tmp_path: Path, shift: int, sound: bool) -> None:
    weights, made = tmp_path / openvino_engine.WEIGHTS, tmp_path / openvino_engine.FOLDER
    weights.write_bytes(b"weights")
    os.utime(weights, ns=(0, 7 * 10**9))
    made.mkdir()
    told = {"format": openvino_engine.FORMAT, "weights": [7, 7 * 10**9 + shift], "files": {}}
    (made / openvino_engine.MANIFEST).write_text(json.dumps(told), encoding="utf-8")
    assert openvino_engine.sound(made, weights) == sound  # which keeps no more of a time than its seconds


@pytest.mark.slow
def test_an_engine_that_computes_otherwise_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_engine, "LEAST_COSINE", 1.1)
    with pytest.raises(ModelUnavailable, match="other vectors"):
        openvino_engine.OpenVinoEncoder(folder, ModelChoice())
