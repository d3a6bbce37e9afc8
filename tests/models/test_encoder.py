"""Choosing a model, telling two apart, and saying clearly when there is none; without loading one."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from models import bundle, encoder, files
from models.encoder import ModelChoice
from models.errors import ModelUnavailable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Something that looks like a sentence-transformers folder."""
    model = tmp_path / "model"
    (model / "1_Pooling").mkdir(parents=True)
    (model / "onnx").mkdir()
    for name, text in {
        "modules.json": "[]",
        "model.safetensors": "weights",
        "tokenizer.json": "words",
        "config_sentence_transformers.json": "prompts",
        "1_Pooling/config.json": "mean",
        "onnx/model.onnx": "another engine's",
        "README.md": "read me",
    }.items():
        (model / name).write_text(text, encoding="utf-8")
    return model


@pytest.mark.parametrize(
    ("choice", "label", "prompts"),
    [
        (ModelChoice(), "multilingual-e5-small", {}),
        (ModelChoice("BAAI/bge-m3"), "BAAI/bge-m3", {}),
        (ModelChoice("x", query_prompt="q: "), "x", {"query": "q: "}),
        (ModelChoice("x", "", "p: "), "x", {"query": "", "document": "p: "}),
    ],
)
def test_a_choice(choice: ModelChoice, label: str, prompts: dict[str, str]) -> None:
    assert (choice.label, choice.prompts) == (label, prompts)


def test_where_a_choice_stands(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "folder", lambda: tmp_path / "default")
    assert encoder.model_folder(ModelChoice()) == tmp_path / "default"
    assert encoder.model_folder(ModelChoice(str(folder))) == folder


@pytest.mark.parametrize(
    "name",
    [
        "modules.json",
        "model.safetensors",
        "tokenizer.json",
        "config_sentence_transformers.json",
        "1_Pooling/config.json",
    ],
)
def test_the_fingerprint_changes_with_every_file_that_counts(folder: Path, name: str) -> None:
    before = encoder.fingerprint(folder, ModelChoice())
    content = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(content + "!", encoding="utf-8")
    assert encoder.fingerprint(folder, ModelChoice()) != before
    (folder / name).write_text(content, encoding="utf-8")
    assert encoder.fingerprint(folder, ModelChoice()) == before


def test_the_fingerprint_changes_with_a_file_renamed_or_added(folder: Path) -> None:
    before = encoder.fingerprint(folder, ModelChoice())
    (folder / "tokenizer.json").rename(folder / "vocab.txt")
    renamed = encoder.fingerprint(folder, ModelChoice())
    (folder / "added.json").touch()
    assert len({before, renamed, encoder.fingerprint(folder, ModelChoice())}) == 3


def test_prompts_have_fingerprints_of_their_own(folder: Path) -> None:
    choices = [
        ModelChoice(),
        ModelChoice(query_prompt="a"),
        ModelChoice(passage_prompt="a"),
        ModelChoice(query_prompt=""),
        ModelChoice(query_prompt="a", passage_prompt="b"),
        ModelChoice(query_prompt="b", passage_prompt="a"),
    ]
    assert len({encoder.fingerprint(folder, choice) for choice in choices}) == len(choices)


@pytest.mark.parametrize("name", ["README.md", "onnx/model.onnx", ".gitattributes"])
def test_the_fingerprint_stays_with_what_does_not_count(folder: Path, name: str) -> None:
    before = encoder.fingerprint(folder, ModelChoice())
    (folder / name).write_text("rewritten", encoding="utf-8")
    assert encoder.fingerprint(folder, ModelChoice()) == before


def test_the_fingerprint_does_not_depend_on_the_folders_name(folder: Path, tmp_path: Path) -> None:
    before = encoder.fingerprint(folder, ModelChoice("a"))
    assert encoder.fingerprint(folder.rename(tmp_path / "moved"), ModelChoice("b")) == before
    assert len(before) == 16 and int(before, 16) >= 0


def test_only_the_default_models_folder_is_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GREAT", 1)
    before = encoder.fingerprint(folder, ModelChoice("a"))
    assert not (folder / encoder.SUMS).exists()
    assert [encoder.fingerprint(folder, ModelChoice()) for _ in range(2)] == [before, before]
    assert (folder / encoder.SUMS).exists()


def driver(_: str) -> None:
    """A library that can be loaded."""


def no_driver(name: str) -> None:
    raise OSError(f"{name}: cannot open shared object file")


@pytest.mark.parametrize("available", [True, False])
def test_where_there_is_a_driver_torch_is_asked(monkeypatch: pytest.MonkeyPatch, available: bool) -> None:
    torch = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: available))
    monkeypatch.setattr("ctypes.CDLL", driver)
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert encoder._cuda() is available


def test_where_there_is_no_driver_torch_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", no_driver)
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it fails
    assert encoder._cuda() is False


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"holds neither modules\.json nor config\.json"):
        encoder.load(ModelChoice(str(tmp_path)))


def blocked(*_: object, **__: object) -> None:
    raise OSError("no network in this test")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(socket, "getaddrinfo", blocked)
    monkeypatch.setattr(socket.socket, "connect", blocked)
    return blocked


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("repere-tests/no-such-model", "neither a folder here nor in the local hub cache"),
        ("no/such/folder", "MODEL=no/such/folder is neither a folder nor a hub name"),
        ("./missing", "MODEL=./missing is neither a folder nor a hub name"),
        ("/missing/folder", "MODEL=/missing/folder is neither a folder nor a hub name"),
    ],
)
def test_a_model_that_cannot_be_had_is_told_at_once(name: str, said: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ModelUnavailable) as raised:
        encoder.load(ModelChoice(name))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert time.monotonic() - begun < 5
