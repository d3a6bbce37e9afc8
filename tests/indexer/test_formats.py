"""An index of another format is refused by all, in words that lead on, and kept until another is built."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.errors import FormatRefused, IndexerError
from indexer.store import generation as store
from indexer.store.manifest import FORMAT, Layout
from indexer.store.open_index import open_index
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import client_of
from tests.serving import wait_until
from tests.standin import StandInEncoder

OLDER = f"Generation g000001 has format {FORMAT - 1}, of an older version of Repère; this one, "
NEWER = f"Generation g000001 has format {FORMAT + 1}, which a newer version of Repère wrote; this one, "
FORMATS = pytest.mark.parametrize(("number", "found"), [(FORMAT - 1, OLDER), (FORMAT + 1, NEWER)])


def as_format(index: Path, number: int, name: str = "g000001") -> Path:
    """Make a generation one that another version wrote, as its own checksums prove."""
    folder = store.generation_folder(index, name)
    said = json.loads((folder / Layout.MANIFEST).read_text(encoding="utf-8"))
    fields = {"something": "that this version does not know"} if number > FORMAT else {}
    raw = json.dumps({**said, **fields, "format": number}).encode()
    (folder / Layout.MANIFEST).write_bytes(raw)
    (folder / Layout.MANIFEST_SUM).write_text(hashlib.sha256(raw).hexdigest(), encoding="ascii")
    return folder


@FORMATS
@pytest.mark.parametrize("command", ["status", "doctor", "backup"])
def test_every_command_refuses_it_and_names_the_one_that_leads_on(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, number: int, found: str
) -> None:
    as_format(index, number)
    more = [str(tmp_path / "saved.tar")] if command == "backup" else []
    assert main([command, "--index", str(index), *more]) == 1
    said = capsys.readouterr()
    text = " ".join((said.out + said.err).split())
    assert f"has format {number}" in text and "make index" in text
    assert ("Install the newer version" in text) == (number > FORMAT)
    assert not (tmp_path / "saved.tar").exists()


@FORMATS
def test_the_service_says_why_it_answers_nothing(index: Path, number: int, found: str) -> None:
    as_format(index, number)
    with client_of(build_app(IndexWatcher(index, StandInEncoder, poll=0.01))) as client:
        wait_until(lambda: found in str(client.get("/health").json()["reason"]))
        health = client.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        assert "'make index'" in health.json()["reason"]


@FORMATS
def test_a_build_says_so_and_keeps_it_until_another_is_published(
    index: Path, corpus: Path, caplog: pytest.LogCaptureFixture, number: int, found: str
) -> None:
    folder = as_format(index, number)
    bytes_before = (folder / Layout.MANIFEST).read_bytes()
    with caplog.at_level(logging.WARNING, "indexer"):
        report = builder.build(corpus, index, ModelChoice())
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(found)
    assert said.endswith(
        f"format {FORMAT}. Everything is read and embedded anew; it stays until that is done."
    )
    assert (report.manifest.carried, report.plan.anew) == (0, True)
    assert store.read_pointer(index) == store.Pointer("g000002", "g000001")
    assert (folder / Layout.MANIFEST).read_bytes() == bytes_before
    open_index(index, StandInEncoder().fingerprint).close()
    with pytest.raises(FormatRefused, match="has format"):  # only the version that wrote it can go back to it
        store.rollback(index)
    assert store.read_pointer(index).current == "g000002"


def test_a_build_that_fails_leaves_the_older_index_to_its_version(index: Path, corpus: Path) -> None:
    as_format(index, FORMAT - 1)
    for each in sorted(corpus.rglob("*"), reverse=True):
        each.rmdir() if each.is_dir() else each.unlink()
    (corpus / "a.bin").write_bytes(b"\x00")
    with pytest.raises(IndexerError, match=r"could be read|holds no"):
        builder.build(corpus, index, ModelChoice())
    assert store.read_pointer(index) == store.Pointer("g000001", None)
    assert store.generations(index) == ["g000001"]


def test_a_model_without_calibration_is_said_to_have_none(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--index", str(index)]) == 0
    assert "not calibrated for this model" in capsys.readouterr().out
