"""Fixtures every test may use: a small corpus, an index of it by the stand-in model, the app over it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import settings
from starlette.testclient import TestClient

from indexer.building import build as builder
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.store.local_store import LocalStore
from models.encoder import Encoder
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.search.searcher import Searcher
from tests.page.chromium import MISSING, chromium
from tests.standin import StandInEncoder, use_everywhere

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Sync nothing in this process: thousands of indexes are built in it, and none outlives its test.

    What is given to sync has to be open all the same. Processes that tests start do sync.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: os.fstat(descriptor) and None)
        yield


@pytest.fixture(scope="session")
def model() -> Encoder:
    """The default model, loaded once for all tests of this process that ask it and harm nothing."""
    return ModelChoice().load(cuda=lambda: False)


@pytest.fixture
def encoder() -> StandInEncoder:
    return StandInEncoder()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, encoder: StandInEncoder) -> StandInEncoder:
    """Have every model choice load the stand-in, so that nothing touches the real model's cache."""
    use_everywhere(encoder, monkeypatch.setattr)
    return encoder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three short articles."""
    return write_articles(tmp_path / "corpus")


def write_articles(folder: Path) -> Path:
    """Write three short articles, in French and English, into a new folder, and return it."""
    (folder / "santé").mkdir(parents=True)
    (folder / "oncologie.txt").write_text(
        "La formation continue en oncologie\n\n12/03/2021\n\n"
        "Le centre ouvre une formation continue en oncologie pour les infirmiers. "
        "Les séances ont lieu le mardi à Rabat.\n\n"
        "Chaque participant reçoit un certificat après quarante heures de cours.\n",
        encoding="utf-8",
    )
    (folder / "santé" / "télémédecine.md").write_text(
        "# La télémédecine\n\n## Objectifs\n\nSoigner à distance les **régions** sans médecin.\n\n"
        "## Moyens\n\n- Des caméras dans les dispensaires.\n- Un réseau sûr.\n",
        encoding="utf-8",
    )
    (folder / "robots.txt").write_text(
        "Robot-assisted surgery\n\nThe hospital bought two surgical robots in 2020. "
        "Surgeons train on a simulator first.\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def build_settings() -> BuildSettings:
    """The settings that `index` is built with; a test may give others by parametrisation."""
    return DEFAULT


@pytest.fixture
def index(corpus: Path, tmp_path: Path, stand_in: StandInEncoder, build_settings: BuildSettings) -> Path:
    """An index of the corpus."""
    folder = tmp_path / "index"
    builder.build(corpus, folder, ModelChoice(), settings=build_settings)
    return folder


@pytest.fixture
def live(index: Path, encoder: StandInEncoder) -> IndexWatcher:
    return IndexWatcher(index, lambda: encoder)


@pytest.fixture
def client(live: IndexWatcher) -> Iterator[TestClient]:
    with ready_client(live) as each:
        yield each


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, then the page, then the many short tests.

    A process that has done its own then takes over short ones of another, and none ends minutes late.
    """
    items.sort(key=_brevity)  # within each of the three the order stays, and files together


def _brevity(item: pytest.Item) -> int:
    if item.get_closest_marker("slow") is None:
        return 2
    return int("browser" in getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, at the very end, when there was no browser for the tests of the page."""
    if chromium() is None:
        terminalreporter.write_line(MISSING, red=True, bold=True)


def client_of(app: FastAPI, host: str = "127.0.0.1") -> TestClient:
    """A client that asks as a person on this machine does; what fails comes as an answer."""
    return TestClient(app, f"http://{host}", raise_server_exceptions=False)


@contextmanager
def ready_client(live: IndexWatcher) -> Iterator[TestClient]:
    """A client of the app over an index watcher, once it is ready."""
    with client_of(build_app(live)) as each:
        wait_until_ready(live)
        yield each


def wait_until_ready(live: IndexWatcher, seconds: float = 60) -> Searcher:
    """The searcher, as soon as there is one."""
    import time

    deadline = time.monotonic() + seconds
    while live.searcher is None:
        assert time.monotonic() < deadline, live.problem
        time.sleep(0.01)
    return live.searcher


def local(searcher: Searcher) -> LocalStore:
    """The store of a searcher over a folder, for tests that look into its parts."""
    assert isinstance(searcher.index, LocalStore)
    return searcher.index
