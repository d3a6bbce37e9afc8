"""Models of a user's own on sentence-transformers: their prompts, and folders that are damaged."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

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


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_folder_is_refused_in_one_line(save_tiny: SaveTiny, tmp_path: Path, name: str) -> None:
    folder = save_tiny(tmp_path / "tiny", None)
    (folder / name).write_text("{damaged", encoding="utf-8")
    with pytest.raises(ModelUnavailable) as raised:
        ModelChoice(str(folder)).load()
    assert f"The model in {folder} could not be loaded: " in str(raised.value)
    assert "\n" not in str(raised.value)
