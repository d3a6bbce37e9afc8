"""Where an index is kept: in its folder, and in a Qdrant where one is set."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.errors import IndexMissing, IndexRefused, StoreError, StoreUnavailable
from indexer.store import generation, home
from indexer.store.home import VARIABLE, open_store, publish, published
from indexer.store.local_store import LocalStore
from indexer.store.qdrant.qdrant_store import QdrantStore
from models.load import ModelChoice
from tests.standin import StandInEncoder


@pytest.fixture
def in_qdrant(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty Qdrant in this process, which the environment names."""
    monkeypatch.setenv(VARIABLE, "qdrant://:memory:")
    home._engine.cache_clear()
    yield
    home._engine(address="qdrant://:memory:", writing=False).close()
    home._engine.cache_clear()


def test_without_a_qdrant_the_folder_answers(index: Path, encoder: StandInEncoder) -> None:
    assert isinstance(open_store(index, encoder.fingerprint), LocalStore)
    assert published(index) == generation.published(index)
    assert publish(index) is None


def test_what_serves_in_the_folder_comes_to_serve_in_qdrant(
    index: Path, corpus: Path, encoder: StandInEncoder, in_qdrant: None
) -> None:
    assert published(index) is None
    with pytest.raises(IndexMissing, match=r"no index index at qdrant://:memory:.*make index"):
        open_store(index, None)
    assert publish(index) == "g000001 serves as index at qdrant://:memory:."
    (corpus / "robots.txt").unlink()
    builder.build(corpus, index, ModelChoice())
    assert published(index) == "g000001"
    publish(index)
    opened = open_store(index, encoder.fingerprint)
    assert isinstance(opened, QdrantStore) and published(index) == opened.manifest.generation == "g000002"
    generation.rollback(index)
    publish(index)
    assert published(index) == "g000001"
    with pytest.raises(IndexRefused, match="was made by model stand-in"):
        open_store(index, "fedcba9876543210")


def test_the_command_rolls_back_both(
    index: Path, corpus: Path, in_qdrant: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With the folder both go back; without it the alias alone, and a second time undoes the first."""
    assert main(["build", "--corpus", str(corpus), "--index", str(index), "--force"]) == 0
    assert published(index) == "g000002"
    assert main(["rollback", "--index", str(index)]) == 0
    assert generation.read_pointer(index).current == "g000001" == published(index)
    elsewhere = tmp_path / "elsewhere" / index.name
    capsys.readouterr()
    for now, left in ("g000002", "g000001"), ("g000001", "g000002"):
        assert main(["rollback", "--index", str(elsewhere)]) == 0
        said = f"{now} serves again as index at qdrant://:memory:; 'rollback' once more returns to {left}."
        assert capsys.readouterr().out == f"{said}\n"
        assert published(index) == now and not elsewhere.exists()


def test_there_may_be_nothing_to_roll_back_to(
    tmp_path: Path, index: Path, in_qdrant: None, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(index)
    assert main(["rollback", "--index", str(tmp_path / "elsewhere" / index.name)]) == 1
    assert "has no generation beside g000001: nothing to go back to" in capsys.readouterr().err


def test_what_was_fetched_is_removed_with_the_store(
    index: Path, tmp_path: Path, in_qdrant: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    publish(index)
    opened = open_store(index, None)
    assert isinstance(opened, QdrantStore)
    (folder,) = {path.parent for path in Path(tempfile.gettempdir()).glob("repere-*/directory.sqlite")}
    assert (folder / "directory.sqlite").is_file()
    opened.close()
    assert not folder.exists()


@pytest.mark.parametrize("address", ["http://one", "qdrant://", "folder"])
def test_an_address_that_is_none_is_refused(
    index: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(VARIABLE, address)
    with pytest.raises(StoreError, match="Write qdrant://host:6334"):
        publish(index)


def test_without_the_extra_it_is_named(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "qdrant://one")
    for name in "indexer.store.qdrant.engine", "indexer.store.qdrant.collections":
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    with pytest.raises(
        StoreError, match=r"qdrant_client is not installed. Run pip install 'repere\[qdrant\]'"
    ):
        open_store(index, None)


def test_a_qdrant_that_cannot_be_asked_keeps_a_rollback_from_beginning(
    index: Path, corpus: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is tried again then does what was asked for the first time."""
    assert main(["build", "--corpus", str(corpus), "--index", str(index), "--force"]) == 0
    monkeypatch.setenv(VARIABLE, "qdrnt://host")
    assert main(["rollback", "--index", str(index)]) == 1
    assert "qdrnt://host is no address of a Qdrant" in capsys.readouterr().err
    assert generation.read_pointer(index).current == "g000002"


def test_a_rollback_that_qdrant_does_not_follow_is_taken_back(
    index: Path, corpus: Path, in_qdrant: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["build", "--corpus", str(corpus), "--index", str(index), "--force"]) == 0

    def away(_: Path) -> None:
        raise StoreUnavailable("Qdrant does not answer (unavailable). Try again soon.")

    with monkeypatch.context() as gone:
        gone.setattr(home, "publish", away)
        assert main(["rollback", "--index", str(index)]) == 1
    assert generation.read_pointer(index).current == "g000002" == published(index)
    assert main(["rollback", "--index", str(index)]) == 0
    assert generation.read_pointer(index).current == "g000001" == published(index)


def test_a_wrong_store_is_told_before_a_build(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "qdrnt://host")
    assert main(["build", "--corpus", str(corpus), "--index", str(tmp_path / "new")]) == 1
    assert "qdrnt://host is no address of a Qdrant" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_what_only_reads_makes_no_folder(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mistyped"
    monkeypatch.setenv(VARIABLE, f"qdrant://{folder}")
    with pytest.raises(StoreError, match=r"There is no folder .*mistyped"):
        open_store(index, None)
    assert not folder.exists()


def test_there_may_be_no_index_to_roll_back(
    tmp_path: Path, in_qdrant: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rollback", "--index", str(tmp_path / "nothing")]) == 1
    assert "There is no index nothing at qdrant://:memory:" in capsys.readouterr().err


def test_the_status_of_a_machine_without_the_folder_tells_what_qdrant_holds(
    tmp_path: Path, index: Path, in_qdrant: None, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(index)
    assert main(["status", "--index", str(tmp_path / "elsewhere" / "index")]) == 1
    said = capsys.readouterr().err
    assert "There is no index in" in said and "Qdrant: g000001 serves as index at qdrant://:memory:" in said


def test_threads_that_ask_at_once_share_one_engine(in_qdrant: None) -> None:
    """Of a folder there could not be two, and what one publishes in memory the other would not see."""
    for _ in range(20):
        home._engine.cache_clear()
        together = threading.Barrier(4)

        def asked(_: int, together: threading.Barrier = together) -> object:
            together.wait()
            return home._engine("qdrant://:memory:", writing=False)

        with ThreadPoolExecutor(4) as pool:
            assert len(set(map(id, pool.map(asked, range(4))))) == 1
