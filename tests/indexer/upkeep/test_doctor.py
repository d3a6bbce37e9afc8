"""The doctor: every fault is told and named, and what can be mended is, without removing what is good."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.errors import BuildUnderWay, StoreError
from indexer.store import generation as store
from indexer.store.generation import Pointer
from indexer.store.manifest import FORMAT, Layout, read_manifest, seal
from indexer.upkeep import doctor
from indexer.upkeep.checks import Finding, Probes
from models import bundle
from models.load import ModelChoice
from tests.standin import StandInEncoder

Capture = pytest.CaptureFixture[str]
BOTH = Pointer("g000002", "g000001")
REAL_LOCAL_FOLDER = ModelChoice.local_folder
"""The method that the stand-in replaces."""


@pytest.fixture
def model(stand_in: StandInEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default model's folder, whole as far as can be told."""
    folder = tmp_path / "cache" / bundle.NAME
    folder.mkdir(parents=True)
    monkeypatch.setattr(ModelChoice, "local_folder", lambda _: folder if folder.is_dir() else None)
    return folder


@pytest.fixture
def two(corpus: Path, index: Path, model: Path) -> Path:
    """An index of two generations of the corpus."""
    builder.build(corpus, index, ModelChoice(), force=True)
    return index


def whole(**changes: Any) -> Probes:
    """Probes of a machine that has room, and a whole model and engine."""
    probes = Probes(engine_is_whole=lambda _: True, fingerprint=StandInEncoder().fingerprint)
    return replace(probes, **changes)


def examine(index: Path, *, repair: bool = False, **changes: Any) -> list[Finding]:
    choice = ModelChoice(cache=index.parent / "cache")
    return doctor.examine(index, choice, repair=repair, probes=whole(**changes))


def examined(index: Path, *, repair: bool = False, **changes: Any) -> dict[str, Finding]:
    """What is not well, by its check."""
    findings = examine(index, repair=repair, **changes)
    return {finding.check: finding for finding in findings if finding.condition != "ok" or finding.repaired}


def conditions(index: Path, *, repair: bool = False, **changes: Any) -> dict[str, str]:
    findings = examined(index, repair=repair, **changes)
    return {check: "repaired" if each.repaired else each.condition for check, each in findings.items()}


def generation(index: Path, name: str = "g000002") -> Path:
    return store.generation_folder(index, name)


def damage(path: Path) -> None:
    """Turn one bit in the middle."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def reseal(folder: Path) -> None:
    """Checksums that vouch for whatever is there now."""
    manifest = read_manifest(folder)
    for name in (Layout.MANIFEST, Layout.MANIFEST_SUM):
        (folder / name).unlink()
    seal(folder, manifest)


def broken_tables(index: Path) -> None:
    with sqlite3.connect(generation(index) / Layout.CATALOGUE) as connection:
        connection.execute("UPDATE passages SET document = 77 WHERE id = 0")
    connection.close()
    reseal(generation(index))


def of_format(number: int, name: str = "g000002") -> Callable[[Path], None]:
    def change(index: Path) -> None:
        folder = generation(index, name)
        said = json.loads((folder / Layout.MANIFEST).read_text(encoding="utf-8"))
        raw = json.dumps({**said, "format": number}).encode()
        (folder / Layout.MANIFEST).write_bytes(raw)
        (folder / Layout.MANIFEST_SUM).write_text(hashlib.sha256(raw).hexdigest(), encoding="ascii")

    return change


def says(content: str) -> Callable[[Path], object]:
    return lambda index: (index / "CURRENT").write_text(content, encoding="utf-8")


def flip(name: str, of: str = "g000002") -> Callable[[Path], object]:
    return lambda index: damage(generation(index, of) / name)


def no_more(name: str) -> Callable[[Path], object]:
    return lambda index: shutil.rmtree(generation(index, name))


def every(*changes: Callable[[Path], object]) -> Callable[[Path], object]:
    def change(index: Path) -> None:
        for each in changes:
            each(index)

    return change


def test_all_is_well(two: Path, corpus: Path) -> None:
    found = examine(two)
    assert [(each.check, each.condition, each.advice) for each in found] == [
        (check, "ok", "")
        for check in (
            "CURRENT",
            *(f"{name}: {what}" for name in ("g000002", "g000001") for what in ("checksums", "database")),
            *("lock", "leftovers", "model files", "engine", "model", "space", "corpus"),
        )
    ]
    told = {each.check: each.found for each in found}
    assert told["CURRENT"] == "names g000002 after g000001"
    assert told["g000002: database"] == "3 documents, 3 passages, 14 sentences"
    assert told["corpus"] == f"{corpus} is there"
    assert conditions(two, repair=True) == {}


@pytest.mark.parametrize(
    ("change", "faults", "afterwards"),
    [
        (says("{"), {"CURRENT": "fault"}, BOTH),
        (says('{"current": "g000002", "previous": "g000002"}'), {"CURRENT": "fault"}, BOTH),
        (lambda index: (index / "CURRENT").unlink(), {"CURRENT": "fault"}, BOTH),
        (says('{"current": "g000009", "previous": "g000001"}'), {"g000009: checksums": "fault"}, BOTH),
        (every(says("{"), flip(Layout.UNITS)), {"CURRENT": "fault"}, Pointer("g000001", None)),
        (flip(Layout.UNITS), {"g000002: checksums": "fault"}, Pointer("g000001", "g000002")),
        (flip(Layout.MANIFEST), {"g000002: checksums": "fault"}, Pointer("g000001", "g000002")),
        (
            broken_tables,
            {"g000002: database": "fault"},
            Pointer("g000001", "g000002"),
        ),
        (no_more("g000002"), {"g000002: checksums": "fault"}, Pointer("g000001", None)),
    ],
)
def test_what_is_mended(
    two: Path, change: Callable[[Path], object], faults: dict[str, str], afterwards: Pointer
) -> None:
    change(two)
    told = examined(two)
    assert {check: told[check].condition for check in faults} == faults
    assert all(
        "doctor --repair" in each.advice or "restore" in each.advice
        for each in told.values()
        if each.condition == "fault"
    )
    standing = store.generations(two)
    found = examine(two, repair=True)
    assert doctor.healthy(found)
    assert {each.check for each in found if each.repaired} >= faults.keys()
    assert store.read_pointer(two) == afterwards
    assert store.generations(two) == standing
    assert doctor.healthy(examine(two))


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (
            every(flip(Layout.UNITS), flip(Layout.NEAR_DUPLICATES, "g000001")),
            {"g000002: checksums": "fault", "g000001: checksums": "warning"},
        ),
        (
            every(flip(Layout.UNITS), no_more("g000001")),
            {"g000002: checksums": "fault", "g000001: checksums": "warning"},
        ),
        (of_format(FORMAT - 1), {"g000002: checksums": "fault"}),
        (of_format(FORMAT + 1), {"g000002: checksums": "fault"}),
        (every(says("{"), flip(Layout.UNITS), flip(Layout.UNITS, "g000001")), {"CURRENT": "fault"}),
        (flip(Layout.UNITS, "g000001"), {"g000001: checksums": "warning"}),
        (of_format(FORMAT - 1, "g000001"), {"g000001: checksums": "warning"}),
    ],
)
def test_what_cannot_be_mended_is_left_as_it_is(
    two: Path, change: Callable[[Path], object], left: dict[str, str]
) -> None:
    change(two)
    (two / "generations" / "g000007").mkdir()
    before = (two / "CURRENT").read_bytes()
    found = {check: each for check, each in conditions(two, repair=True).items() if check != "leftovers"}
    assert found == left
    assert (two / "CURRENT").read_bytes() == before
    assert set(store.generations(two)) - {"g000007"} == set(store.generations(two)) & {"g000001", "g000002"}


def test_leftovers_are_swept_once_a_sound_generation_serves(two: Path) -> None:
    for name in ("g000007", "g000003"):
        (two / "generations" / name / "lexical").mkdir(parents=True)
        (two / "generations" / name / "lexical" / "part").write_bytes(bytes(500_000))
    found = examined(two)["leftovers"]
    assert (found.condition, found.found) == ("warning", "g000003, g000007: 1.0 MB that nothing needs")
    damage(generation(two) / Layout.UNITS)
    damage(generation(two, "g000001") / Layout.UNITS)
    assert "leftovers" in examined(two, repair=True)
    assert len(store.generations(two)) == 4  # nothing is removed while nothing good serves
    damage(generation(two) / Layout.UNITS)
    damage(generation(two, "g000001") / Layout.UNITS)
    assert conditions(two, repair=True) == {"leftovers": "repaired"}
    assert store.generations(two) == ["g000002", "g000001"]


def test_while_a_build_is_under_way(two: Path) -> None:
    with store.build_lock(two):
        half_made = store.start(two)
        found = examined(two)
        assert {check: each.condition for check, each in found.items()} == {"lock": "warning"}
        with pytest.raises(BuildUnderWay):
            examine(two, repair=True)
    assert half_made.is_dir()
    assert conditions(two) == {"leftovers": "warning"}


@pytest.mark.usefixtures("model")
def test_no_index(tmp_path: Path) -> None:
    for repair in (False, True):
        assert conditions(tmp_path / "i", repair=repair) == {"CURRENT": "fault"}
        assert not (tmp_path / "i").exists()


def test_every_damaged_file_is_told(two: Path) -> None:
    folder = generation(two)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size):
        damage(path)
        assert conditions(two) == {"g000002: checksums": "fault"}, path
        damage(path)
    assert conditions(two) == {}


def test_a_database_that_cannot_be_read_under_right_checksums_is_a_fault(two: Path) -> None:
    (generation(two) / Layout.CATALOGUE).write_bytes(b"x" * 100)
    reseal(generation(two))
    assert conditions(two) == {"g000002: database": "fault"}
    assert "SQLite cannot read it" in examined(two)["g000002: database"].found


def test_a_model_that_is_not_there(two: Path, model: Path) -> None:
    shutil.rmtree(model)
    found = examined(two)["model files"]
    assert (found.condition, found.found) == ("warning", f"{bundle.NAME} is not on this machine")


def test_a_damaged_model_is_removed(two: Path, model: Path) -> None:
    (model / "model.safetensors").write_bytes(b"x")
    found = examined(two, fingerprint="f" * 16)["model files"]
    assert found.condition == "fault"
    assert "has fingerprint 0123456789abcdef, not ffffffffffffffff" in found.found
    # The model is to be fetched now.
    assert conditions(two, repair=True, fingerprint="f" * 16) == {"model files": "warning"}
    assert [path.name for path in model.parent.iterdir()] == [".lock"]


def test_what_killed_fetches_left_is_removed(two: Path, model: Path) -> None:
    for folder in (model.parent / ".fetching-x", model / ".openvino-y"):
        folder.mkdir()
        (folder / "part").write_bytes(bytes(10))
    assert examined(two)["model leftovers"].found == ".fetching-x, .openvino-y: 0.0 MB that nothing needs"
    assert conditions(two, repair=True) == {"model leftovers": "repaired"}
    assert bundle.leftovers(model.parent) == []


def missing(_: Path) -> bool:
    raise ImportError("No module named 'openvino'")


@pytest.mark.parametrize(
    ("is_whole", "found"),
    [
        (lambda _: False, "missing, damaged or made of other weights"),
        (missing, "OpenVINO cannot be used: No module named 'openvino'"),
    ],
)
def test_an_engine_that_is_not_whole(two: Path, is_whole: Callable[[Path], bool], found: str) -> None:
    (finding,) = examined(two, repair=True, engine_is_whole=is_whole).values()
    assert (finding.check, finding.condition, finding.found) == ("engine", "warning", found)


def test_another_model(two: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ModelChoice, "fingerprint", lambda _: "f" * 16)
    monkeypatch.setattr(ModelChoice, "local_folder", REAL_LOCAL_FOLDER)
    found = doctor.examine(two, ModelChoice(str(tmp_path)))
    (fault,) = (each for each in found if each.condition == "fault")
    assert fault.check == "model"
    assert fault.found == (
        f"the index was made by stand-in (0123456789abcdef), in use is {tmp_path} (ffffffffffffffff)"
    )
    (fault,) = (each for each in doctor.examine(two, ModelChoice("a/b/c")) if each.condition == "fault")
    assert fault.found.startswith("MODEL=a/b/c is neither a folder nor a hub name")


def test_room_and_corpus(two: Path, corpus: Path) -> None:
    shutil.rmtree(corpus)
    found = examined(two, free=lambda _: 1000)
    assert {check: each.condition for check, each in found.items()} == {
        "space": "warning",
        "corpus": "warning",
    }
    assert found["corpus"].found == f"{corpus} is not there, or empty"
    assert found["space"].found.startswith("0 MB free, a generation takes 0.")


def test_a_disk_that_cannot_be_written(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    damage(generation(two) / Layout.UNITS)
    monkeypatch.setattr(store, "write_pointer", full)
    with pytest.raises(StoreError, match="could not be mended: No space left on device"):
        examine(two, repair=True)
    assert store.read_pointer(two) == BOTH


def test_the_table(two: Path, capsys: Capture) -> None:
    doctor.show(examine(two), Console())
    assert capsys.readouterr().out.rstrip().endswith("All is well.")


@pytest.mark.usefixtures("stand_in")
def test_the_command(corpus: Path, index: Path, capsys: Capture) -> None:
    builder.build(corpus, index, ModelChoice(), force=True)
    assert main(["doctor", "--index", str(index)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("0 faults, 1 warnings.")  # there is no model
    damage(generation(index) / Layout.UNITS)
    assert main(["doctor", "--index", str(index), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["healthy"] is False
    (fault,) = (each for each in said["findings"] if each["condition"] == "fault")
    assert (fault["check"], fault["repaired"]) == ("g000002: checksums", False)
    assert fault["found"].startswith("Generation g000002 is damaged: units.npy has checksum ")
    assert main(["doctor", "--index", str(index), "--repair"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "g000002: checksums repaired Generation g000002 is damaged: units.npy" in said
    assert "g000001 serves now." in said and said.endswith("0 faults, 2 warnings.")
    assert main(["doctor", "--index", str(index)]) == 0
