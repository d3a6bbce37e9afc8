"""Models of a user's own on sentence-transformers: their prompts, and folders that are damaged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from models import sentence_transformers_engine as engine
from models.encoder import Encoder
from models.errors import ModelUnavailable
from models.load import ModelChoice
from tests.models.conftest import SaveTiny

pytestmark = pytest.mark.slow


def cosine(one: Encoder, other: Encoder, role: str) -> float:
    texts = ["le chat", "a b"]
    return float((getattr(one, role)(texts) * getattr(other, role)(texts)).sum(axis=1).min())


def test_a_models_own_prompts(save_tiny: SaveTiny, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = save_tiny(tmp_path / "tiny", {"query": "question : ", "passage": "texte : "})
    model = ModelChoice(str(folder)).load()
    assert (model.name, model.dim, model.max_tokens) == (str(folder), 16, 32)
    assert not [record for record in caplog.records if record.name.startswith("models.")]
    bare = ModelChoice(str(folder), "", "").load()
    np.testing.assert_allclose(model.queries(["le chat"]), bare.queries(["question : le chat"]), atol=1e-6)
    np.testing.assert_allclose(model.passages(["a b"]), bare.passages(["texte : a b"]), atol=1e-6)
    assert cosine(model, bare, "queries") < 0.999
    assert cosine(model, bare, "passages") < 0.999


def test_prompts_are_settable_where_there_are_none(
    save_tiny: SaveTiny, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = save_tiny(tmp_path / "tiny", None)
    with caplog.at_level(logging.WARNING, "models"):
        bare = ModelChoice(str(folder)).load()
    messages = [record.getMessage() for record in caplog.records]
    assert [message.partition(" names no ")[2] for message in messages] == [
        "query prompt; none is used. Set REPERE_QUERY_PROMPT if it was trained with one.",
        "document prompt; none is used. Set REPERE_PASSAGE_PROMPT if it was trained with one.",
    ]
    chosen = ModelChoice(str(folder), "question : ", "texte : ").load()
    np.testing.assert_allclose(chosen.queries(["a"]), bare.queries(["question : a"]), atol=1e-6)
    np.testing.assert_allclose(chosen.passages(["a"]), bare.passages(["texte : a"]), atol=1e-6)
    assert chosen.fingerprint != bare.fingerprint


class OnCuda:
    """A model that a CUDA device would hold; it says what it is asked to compute with."""

    device = SimpleNamespace(type="cuda")
    max_seq_length = 512
    prompts: ClassVar = {"query": "q: ", "document": "p: "}

    def __init__(self) -> None:
        self.asked: list[tuple[int, bool]] = []
        self.in_bf16 = False

    def encode(self, texts: list[str], batch_size: int, **_: object) -> NDArray[np.float32]:
        self.asked.append((batch_size, self.in_bf16))
        return np.ones((len(texts), 4), np.float32)


def test_a_cuda_device_gets_large_batches_in_bf16(
    save_tiny: SaveTiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = OnCuda()

    @contextmanager
    def bf16(device: str) -> Iterator[None]:
        assert device == "cuda"
        model.in_bf16 = True
        yield
        model.in_bf16 = False

    monkeypatch.setattr(engine, "_load_quietly", lambda _: model)
    monkeypatch.setattr(engine, "_bf16", bf16)
    folder = save_tiny(tmp_path / "tiny", None)
    encoder = engine.SentenceTransformersEncoder(folder, "name", "fingerprint", {})
    vectors = encoder.passages(["a", "b"])
    assert model.asked == [(engine.CUDA_BATCH, True)] and not model.in_bf16
    np.testing.assert_allclose(vectors, 0.5)
    assert encoder.engine == "sentence-transformers on cuda, bf16"


def test_bf16_changes_vectors_by_rounding_alone(save_tiny: SaveTiny, tmp_path: Path) -> None:
    model = ModelChoice(str(save_tiny(tmp_path / "tiny", None)), "", "").load()
    exact = model.passages(["le chat", "a b question"])
    with engine._bf16("cpu"):
        rounded = model.passages(["le chat", "a b question"])
    assert (exact != rounded).any()
    assert (exact * rounded).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_folder_is_refused_in_one_line(save_tiny: SaveTiny, tmp_path: Path, name: str) -> None:
    folder = save_tiny(tmp_path / "tiny", None)
    (folder / name).write_text("{damaged", encoding="utf-8")
    with pytest.raises(ModelUnavailable) as raised:
        ModelChoice(str(folder)).load()
    assert f"The model in {folder} could not be loaded: " in str(raised.value)
    assert "\n" not in str(raised.value)
