"""Choosing a model: where its files are, its fingerprint, which engine runs it, and clear errors."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from models import bundle, files
from models.errors import ModelUnavailable
from models.load import CHECKSUMS, ModelChoice, has_cuda
from models.sentence_transformers_engine import SentenceTransformersEncoder
from tests.models.conftest import SaveTiny

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of a sentence-transformers model, in the place of the default model's."""
    model = tmp_path / bundle.NAME
    for name, text in {
        "modules.json": "[]",
        "model.safetensors": "weights",
        "tokenizer.json": "words",
        "config_sentence_transformers.json": "prompts",
        "1_Pooling/config.json": "mean",
        "onnx/model.onnx": "another engine's",
        "README.md": "read me",
    }.items():
        (model / name).parent.mkdir(parents=True, exist_ok=True)
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


def test_where_the_files_are(folder: Path) -> None:
    for choice in (ModelChoice(cache=folder.parent), ModelChoice(str(folder))):
        assert choice.folder() == choice.local_folder() == folder
    assert ModelChoice(cache=folder).local_folder() is None


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("modules.json", True),
        ("model.safetensors", True),
        ("tokenizer.json", True),
        ("config_sentence_transformers.json", True),
        ("1_Pooling/config.json", True),
        ("added.json", True),
        ("README.md", False),
        ("onnx/model.onnx", False),
        (".gitattributes", False),
    ],
)
def test_the_fingerprint_changes_with_the_files_that_count(folder: Path, name: str, counts: bool) -> None:
    choice, path = ModelChoice(str(folder)), folder / name
    before, content = choice.fingerprint(), path.read_bytes() if path.exists() else None
    path.write_bytes((content or b"") + b"!")
    assert (choice.fingerprint() != before) == counts
    path.unlink() if content is None else path.write_bytes(content)
    assert choice.fingerprint() == before


def test_the_fingerprint_changes_with_a_file_renamed(folder: Path) -> None:
    before = ModelChoice(str(folder)).fingerprint()
    (folder / "tokenizer.json").rename(folder / "vocab.txt")
    assert ModelChoice(str(folder)).fingerprint() != before


def test_every_set_of_prompts_has_a_fingerprint(folder: Path) -> None:
    prompts = [(None, None), ("a", None), (None, "a"), ("", None), ("a", "b"), ("b", "a")]
    assert len({ModelChoice(str(folder), *pair).fingerprint() for pair in prompts}) == len(prompts)


def test_the_fingerprint_does_not_depend_on_the_folders_name(folder: Path, tmp_path: Path) -> None:
    before = ModelChoice(str(folder)).fingerprint()
    assert ModelChoice(str(folder.rename(tmp_path / "moved"))).fingerprint() == before
    assert len(before) == 16 and int(before, 16) >= 0


def test_checksums_are_remembered_in_the_default_models_folder_only(folder: Path) -> None:
    with (folder / "model.safetensors").open("ab") as file:
        file.truncate(files.LARGE)
    before = ModelChoice(str(folder)).fingerprint()
    assert not (folder / CHECKSUMS).exists()
    default = ModelChoice(cache=folder.parent)
    assert [default.fingerprint() for _ in range(2)] == [before, before]
    assert (folder / CHECKSUMS).exists()


def no_driver(name: str) -> None:
    raise OSError(f"{name}: cannot open shared object file")


@pytest.mark.parametrize("available", [True, False])
def test_where_there_is_a_driver_torch_is_asked(monkeypatch: pytest.MonkeyPatch, available: bool) -> None:
    torch = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: available))
    monkeypatch.setattr("ctypes.CDLL", str)
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert has_cuda() is available


def test_where_there_is_no_driver_torch_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", no_driver)
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it fails
    assert has_cuda() is False


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"holds neither modules\.json nor config\.json"):
        ModelChoice(str(tmp_path)).load()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("repere-tests/no-such-model", "neither a folder here nor in the local hub cache"),
        ("no/such/folder", "MODEL=no/such/folder is neither a folder nor a hub name"),
        ("./missing", "MODEL=./missing is neither a folder nor a hub name"),
        ("/missing/folder", "MODEL=/missing/folder is neither a folder nor a hub name"),
    ],
)
def test_a_model_that_is_nowhere_is_refused_at_once_in_one_line(name: str, message: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ModelUnavailable) as raised:
        ModelChoice(name).load()
    assert message in str(raised.value) and "\n" not in str(raised.value)
    assert time.monotonic() - begun < 5


@pytest.fixture
def tiny_default(save_tiny: SaveTiny, tmp_path: Path) -> ModelChoice:
    """The default model, of which the cache holds a tiny stand-in."""
    save_tiny(tmp_path / "cache" / bundle.NAME, {"query": "question : ", "passage": "texte : "})
    return ModelChoice(cache=tmp_path / "cache")


def failing(error: Exception) -> Callable[..., SentenceTransformersEncoder]:
    """A fast engine that cannot be made."""

    def fail(*_: object) -> SentenceTransformersEncoder:
        raise error

    return fail


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ModelUnavailable("other vectors"), "other vectors"),
        (RuntimeError("no such\n\nop\n"), "no such op"),
        (OSError("no disk"), "no disk"),
        (ImportError("no openvino"), "no openvino"),
    ],
)
def test_without_the_fast_engine_sentence_transformers_runs_the_default_model_with_one_warning(
    tiny_default: ModelChoice, error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        encoder = tiny_default.load(fast=failing(error), cuda=lambda: False)
    assert isinstance(encoder, SentenceTransformersEncoder)
    assert [record.getMessage() for record in caplog.records] == [
        f"The fast engine cannot be used ({reason}); sentence-transformers runs the model, far slower."
    ]


@pytest.mark.slow
def test_sentence_transformers_runs_the_default_model_on_a_cuda_device(
    tiny_default: ModelChoice, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        encoder = tiny_default.load(fast=failing(AssertionError("not wanted")), cuda=lambda: True)
    assert isinstance(encoder, SentenceTransformersEncoder)
    assert not caplog.records


@pytest.mark.slow
def test_the_default_model_is_loaded_without_network_or_torch() -> None:
    script = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('reached for the network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from models.load import ModelChoice\n"
        "ModelChoice().load().queries(['oncologie'])\n"
        "loaded = {name for name, module in sys.modules.items() if module}\n"
        "assert not {'torch', 'transformers', 'openvino_telemetry'} & loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
