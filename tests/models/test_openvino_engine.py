"""The OpenVINO engine: its batches, and when it is made again or refused."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import bundle, engine_choice, openvino_engine, openvino_files
from models.encoder import Encoder
from models.engine_choice import EngineChoice, Measured, Processor
from models.errors import ModelCorrupt, ModelUnavailable
from models.load import ModelChoice
from models.openvino_engine import CANDIDATES, OpenVinoEncoder
from models.openvino_files import is_sound
from models.word_pieces import WordPieces
from tests.models import e5s1, tokenizer

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
    tokenizer.write(tmp_path / "tokenizer")
    (tmp_path / "weights").write_bytes(e5s1.bert(replace(e5s1.TINY, positions=512)))
    (tmp_path / "tiny").mkdir()
    bundle.write_folder(tmp_path / "tiny", tmp_path / "weights", tmp_path / "tokenizer")
    return tmp_path / "tiny"


@pytest.fixture(scope="module")
def engine(model: Encoder) -> OpenVinoEncoder:
    assert isinstance(model, OpenVinoEncoder)
    return model


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
        tokens = [engine._tokenizer.framed("query: " + text, 512) for text in queries[:count]]
        assert {ids.size for _, ids, _ in openvino_engine.batches(tokens)} <= warm


@pytest.mark.slow
def test_it_says_what_it_multiplies_with(engine: OpenVinoEncoder) -> None:
    assert re.fullmatch(r"OpenVINO [\w ]+ \(\w+(, \w+)*\)", engine.engine)


def damage(made: Path) -> None:
    with (made / "int8.bin").open("r+b") as file:
        file.seek(100)
        file.write(b"damaged")


def outdate(made: Path) -> None:
    manifest = json.loads((made / openvino_files.MANIFEST).read_text())
    manifest["weights"][0] += 1
    (made / openvino_files.MANIFEST).write_text(json.dumps(manifest))


def other_texts(made: Path) -> None:
    manifest = json.loads((made / openvino_files.MANIFEST).read_text())
    manifest["texts"] = "0" * 16
    (made / openvino_files.MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.slow
@pytest.mark.parametrize("harm", [damage, outdate, other_texts, shutil.rmtree])
def test_a_damaged_outdated_or_missing_engine_is_made_again(
    tiny: Path, harm: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    made = openvino_files.ensure(tiny)
    assert is_sound(tiny)
    harm(made)
    assert not is_sound(tiny)
    (tiny / ".openvino-killed").mkdir()
    for _ in range(2):
        assert openvino_files.ensure(tiny) == made and is_sound(tiny)
    assert not list(tiny.glob(".openvino-*"))
    assert capsys.readouterr().err.count("Making the model's fast engine") == 2


@pytest.mark.parametrize(("shift", "sound"), [(0, True), (999_999_999, True), (10**9, False)])
def test_an_engine_outlives_an_archive_that_keeps_whole_seconds(
    tmp_path: Path, shift: int, sound: bool
) -> None:
    weights, made = tmp_path / openvino_files.WEIGHTS, tmp_path / openvino_files.FOLDER
    weights.write_bytes(b"weights")
    os.utime(weights, ns=(0, 7 * 10**9))
    made.mkdir()
    manifest = {
        "format": openvino_files.FORMAT,
        "texts": openvino_files._texts_digest(),
        "weights": [7, 7 * 10**9 + shift],
        "files": {},
    }
    (made / openvino_files.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert is_sound(tmp_path) == sound


@pytest.mark.slow
def test_where_every_engine_computes_otherwise_none_is_used(tiny: Path) -> None:
    with pytest.raises(ModelUnavailable, match="No engine computes here the vectors"):
        OpenVinoEncoder(tiny, "name", "fingerprint", {}, least_cosine=1.1)
    assert engine_choice.recorded(tiny) is None


@pytest.mark.slow
def test_an_engine_that_was_chosen_and_computes_otherwise_is_refused(tiny: Path) -> None:
    OpenVinoEncoder(tiny, "name", "fingerprint", {}, least_cosine=0)
    with pytest.raises(ModelUnavailable, match="computes other vectors here"):
        OpenVinoEncoder(tiny, "name", "fingerprint", {}, least_cosine=1.1)


def ticking() -> Callable[[], float]:
    ticks = itertools.count()
    return lambda: float(next(ticks))


@pytest.mark.slow
def test_a_choice_is_made_once_and_its_engines_serve_their_uses(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(use: engine_choice.Use) -> OpenVinoEncoder:
        return OpenVinoEncoder(tiny, "name", "f", {}, use, least_cosine=0, clock=ticking())

    first = load("passages")
    assert first.choice is not None and first.choice == engine_choice.recorded(tiny)
    chosen = replace(first.choice, questions="fp32", passages="int8")
    engine_choice.keep(chosen, tiny)
    assert load("questions").engine.startswith("OpenVINO fp32 (")
    assert load("passages").engine.startswith("OpenVINO int8 (")
    assert capsys.readouterr().err.count("Choosing the fastest engine") == 1


def elsewhere(choice: EngineChoice) -> EngineChoice:
    return replace(choice, processor=Processor(choice.processor.name, ("other",)))


def unknown(choice: EngineChoice) -> EngineChoice:
    return replace(choice, questions="none such", measured=(Measured("none such", 1.0, 1.0, 1.0),))


@pytest.mark.slow
@pytest.mark.parametrize("change", [elsewhere, unknown])
def test_on_another_processor_engines_are_chosen_anew(
    tiny: Path, change: Callable[[EngineChoice], EngineChoice]
) -> None:
    made = OpenVinoEncoder(tiny, "name", "f", {}, least_cosine=0, clock=ticking()).choice
    assert made is not None
    engine_choice.keep(change(made), tiny)
    OpenVinoEncoder(tiny, "name", "f", {}, least_cosine=0, clock=ticking())
    again = engine_choice.recorded(tiny)
    assert again is not None and again.processor == made.processor and again.questions in CANDIDATES


@pytest.mark.slow
def test_the_vectors_of_all_engines_are_one_family() -> None:
    folder = ModelChoice().folder()
    files = openvino_files.ensure(folder)
    tokens, texts = WordPieces(files), openvino_files.CHECKED
    vectors = {}
    for name, candidate in CANDIDATES.items():
        with suppress(RuntimeError):  # this processor lacks what it needs
            vectors[name] = openvino_engine.Engine(files, candidate, tokens).encode(texts)
    exact = vectors.pop("fp32")
    assert vectors
    for name, found in vectors.items():
        assert (found * exact).sum(axis=1).min() >= engine_choice.LEAST_COSINE, name


@pytest.mark.parametrize(
    ("name", "message"),
    [("config.json", "holds no BERT"), ("tokenizer.json", "tokenizer.json cannot be read")],
)
def test_an_engine_is_not_made_from_a_damaged_model(tiny: Path, name: str, message: str) -> None:
    (tiny / name).write_text("{damaged", encoding="utf-8")
    with pytest.raises(ModelCorrupt, match=message):
        openvino_files.ensure(tiny)
    assert not list(tiny.glob(".openvino-*"))
