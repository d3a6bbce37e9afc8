"""Fixtures of the service's tests: two apps that many read-only tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import client_of, wait_until_ready, write_articles
from tests.standin import StandInChoice, StandInEncoder


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an app over one small article; for tests that change nothing."""
    home = tmp_path_factory.mktemp("shared")
    (home / "corpus" / "santé").mkdir(parents=True)
    (home / "corpus" / "santé" / "été.txt").write_text(
        "Un été à Rabat\n\nLe cours d'été dure dix jours. Il est gratuit.\n", encoding="utf-8"
    )
    (home / "secret.txt").write_text("a secret beside the corpus", encoding="utf-8")
    with _answering(home) as client:
        yield client


@pytest.fixture(scope="session")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an app over the three articles; for tests that change nothing."""
    home = tmp_path_factory.mktemp("articles")
    write_articles(home / "corpus")
    with _answering(home) as client:
        yield client


@contextmanager
def _answering(home: Path) -> Iterator[TestClient]:
    builder.build(home / "corpus", home / "index", StandInChoice())
    live = IndexWatcher(home / "index", StandInEncoder)
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        yield client


@pytest.fixture
def bare_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, empty, with no setting in the environment."""
    for name in os.environ:
        if name.startswith("REPERE_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "bare"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
