"""The OpenVINO engine: its batches, and when it is made again or refused."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing

from models import bundle, openvino_engine
from models.errors import ModelCorrupt, ModelUnavailable
from models.load import ModelChoice
from models.openvino_engine import OpenVinoEncoder, is_sound
from tests.models import e5s1

TEXTS = ["La photosynthèse produit du dioxygène.", "a", "", "mot " * 900, "Le chat dort sur le canapé."]


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


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A tiny random model in a folder as bundle writes it."""
    words = {"<s>": 0, "</s>": 1, "<unk>": 2, "a": 3, "b": 4}
    tokenizer = Tokenizer(WordLevel(words, unk_token="<unk>"))
    ends = [("<s>", 0), ("</s>", 1)]
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    tokenizer.save(str(tmp_path / "tokenizer"))
    (tmp_path / "weights").write_bytes(e5s1.bert(replace(e5s1.TINY, positions=512)))
    (tmp_path / "tiny").mkdir()
    bundle.write_folder(tmp_path / "tiny", tmp_path / "weights", tmp_path / "tokenizer")
    return tmp_path / "tiny"


@pytest.fixture(scope="module")
def engine() -> OpenVinoEncoder:
    encoder = ModelChoice().load(cuda=lambda: False)
    assert isinstance(encoder, OpenVinoEncoder)
    return encoder


@pytest.mark.slow
def test_many_texts_get_the_vectors_of_few(engine: OpenVinoEncoder) -> None:
    few = engine.passages(TEXTS)
    side_by_side = OpenVinoEncoder(ModelChoice().folder(), "name", "fingerprint", {}, many=1)
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


def damage(made: Path) -> None:
    with (made / "encoder.bin").open("r+b") as file:
        file.seek(100)
        file.write(b"damaged")


def outdate(made: Path) -> None:
    manifest = json.loads((made / openvino_engine.MANIFEST).read_text())
    manifest["weights"][0] += 1
    (made / openvino_engine.MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize("harm", [damage, outdate, shutil.rmtree])
def test_a_damaged_outdated_or_missing_engine_is_made_again(
    tiny: Path, harm: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    made = openvino_engine.ensure(tiny)
    assert is_sound(tiny)
    harm(made)
    assert not is_sound(tiny)
    (tiny / ".openvino-killed").mkdir()
    for _ in range(2):
        assert openvino_engine.ensure(tiny) == made and is_sound(tiny)
    assert not list(tiny.glob(".openvino-*"))
    assert capsys.readouterr().err.count("Making the model's fast engine") == 2


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


def test_an_engine_that_computes_otherwise_is_refused(tiny: Path) -> None:
    with pytest.raises(ModelUnavailable, match="other vectors"):
        OpenVinoEncoder(tiny, "name", "fingerprint", {}, least_cosine=1.1)


@pytest.mark.parametrize(
    ("name", "message"),
    [("config.json", "holds no BERT"), ("tokenizer.json", "tokenizer.json cannot be read")],
)
def test_an_engine_is_not_made_from_a_damaged_model(tiny: Path, name: str, message: str) -> None:
    (tiny / name).write_text("{damaged", encoding="utf-8")
    with pytest.raises(ModelCorrupt, match=message):
        openvino_engine.ensure(tiny)
    assert not list(tiny.glob(".openvino-*"))
