"""The seal: a manifest is read back as it was written, and whatever is not whole is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.errors import IndexRefused
from indexer.store.manifest import Layout, Manifest, ModelRecord, NearestRecord, read_manifest, seal, verify
from models.files import sha256
from tests.limits import no_descriptors

MODEL = ModelRecord("stand-in", "0123456789abcdef", 64)


def manifest(name: str) -> Manifest:
    return Manifest(
        generation=name,
        created="2024-02-29T12:00:00+00:00",
        version="0.1.0",
        model=MODEL,
        settings={"target": 200},
        corpus="corpus é",
        corpus_state="ab" * 32,
        documents=1,
        passages=2,
        sentences=3,
        calibration={"slope": 0.5},
        seconds=0.5,
        skipped=[{"source": "x.bin", "reason": "it is binary data, not text"}],
        engine="stand-in",
        carried=1,
        stages={"read": 0.25, "rest": 0.25},
        nearest=NearestRecord(40, 8, 0.995),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sealed generation of two files."""
    made = tmp_path / "g000001"
    (made / "inner").mkdir(parents=True)
    (made / "data.bin").write_text("x", encoding="utf-8")
    (made / "inner" / "more.bin").write_bytes(b"")
    seal(made, manifest("g000001"))
    return made


def test_what_is_sealed_is_read_back(folder: Path) -> None:
    found = verify(folder)
    assert sorted(found.files) == ["data.bin", "inner/more.bin"]
    assert found.files["data.bin"].startswith("2d711642b726b044")  # sha256 of "x"
    assert found == read_manifest(folder) == replace(manifest("g000001"), files=found.files)


def test_another_format_is_refused(folder: Path) -> None:
    said = json.loads((folder / Layout.MANIFEST).read_text(encoding="utf-8"))
    text = json.dumps({**said, "format": 99})
    (folder / Layout.MANIFEST).write_text(text, encoding="utf-8")
    (folder / Layout.MANIFEST_SUM).write_text(sha256(folder / Layout.MANIFEST), encoding="ascii")
    with pytest.raises(IndexRefused, match="has format 99, which a newer version of Repère wrote; "):
        verify(folder)


@pytest.mark.parametrize("name", ["data.bin", "inner/more.bin", Layout.MANIFEST, Layout.MANIFEST_SUM])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(IndexRefused, match=name) as raised:
        verify(folder, remedy="Do this.")
    assert str(raised.value).startswith("Generation g000001 is damaged: ")
    assert str(raised.value).endswith(" Do this.")


@pytest.mark.parametrize("name", ["data.bin", "inner/more.bin", Layout.MANIFEST, Layout.MANIFEST_SUM])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    with pytest.raises(IndexRefused, match=r"is damaged: .* 'python -m indexer rollback'"):
        verify(folder)


def test_a_file_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / "data.bin").unlink()
    (folder / "data.bin").symlink_to("/proc/self/mem")  # a file whose first byte cannot be read
    with pytest.raises(IndexRefused, match=r"data\.bin cannot be read: Input/output error"):
        verify(folder)


def test_one_that_cannot_be_read_for_a_moment_is_not_called_damaged(folder: Path) -> None:
    with no_descriptors(), pytest.raises(IndexRefused, match=r"just now: Too many open files\. Try again\.$"):
        read_manifest(folder)
    assert verify(folder)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("[" * 200_000, "it is nested too deeply"),
        ('{"a": ' * 200_000, "it is nested too deeply"),
        ("[]", "it is no object of JSON"),
        ({"model": None}, "model: "),
        ({"model": {"name": "a", "fingerprint": "b", "dim": 0}}, "model.dim: "),
        ({"passages": -1}, "passages: "),
        ({"passages": 1 << 40}, "passages: "),
        ({"passages": True}, "passages: "),
        ({"created": "yesterday"}, "Invalid isoformat string"),
        ({"calibration": {"slope": float("nan")}}, "calibration"),
        ({"skipped": [1]}, "skipped.0: "),
        ({"files": {"../../etc/passwd": "0"}}, "'../../etc/passwd' is no name of an index's file"),
        ({"files": {"a/b/c": "0"}}, "is no name of an index's file"),
    ],
)
def test_a_forged_manifest_is_refused(folder: Path, said: str | dict[str, object], reason: str) -> None:
    path = folder / Layout.MANIFEST
    if isinstance(said, dict):
        said = json.dumps({**json.loads(path.read_text(encoding="utf-8")), **said})
    path.write_text(said, encoding="utf-8")
    (folder / Layout.MANIFEST_SUM).write_text(sha256(path), encoding="ascii")
    with pytest.raises(IndexRefused, match=f"is damaged: its manifest cannot be read: .*{re.escape(reason)}"):
        verify(folder)


def test_what_a_later_version_of_the_format_adds_is_passed_over(folder: Path) -> None:
    path = folder / Layout.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "later": 1}), encoding="utf-8")
    (folder / Layout.MANIFEST_SUM).write_text(sha256(path), encoding="ascii")
    assert verify(folder).generation == "g000001"


def test_a_missing_generation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexRefused, match="g000009"):
        verify(tmp_path / "g000009")


def test_a_stray_file_harms_nothing(folder: Path) -> None:
    (folder / ".DS_Store").write_bytes(b"stray")
    assert verify(folder).generation == "g000001"
