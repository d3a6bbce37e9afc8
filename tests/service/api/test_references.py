"""GET /references: CSL-JSON that citation programs read."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from service.search.index_watcher import IndexWatcher
from tests.conftest import ready_client
from tests.standin import StandInChoice, StandInEncoder


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("references")
    (home / "corpus" / "santé").mkdir(parents=True)
    (home / "corpus" / "santé" / "été.md").write_text(
        "---\ntitle: L’été à Rabat\ndate: 2019-10-08\nauthors:\n  - Amina Berrada\n  - Marie de la Tour\n"
        "doi: 10.1000/182\njournal: Revue de santé\ntype: article-journal\n---\n\n"
        "Le cours d’été dure dix jours.\n",
        encoding="utf-8",
    )
    (home / "corpus" / "b c.txt").write_text("Sans auteur\n\nUn texte sans auteur ni date, en français.\n")
    builder.build(home / "corpus", home / "index", StandInChoice())
    with ready_client(IndexWatcher(home / "index", StandInEncoder)) as client:
        yield client


def test_documents_come_as_references_with_an_address_each(client: TestClient) -> None:
    answer = client.get("/references")
    assert answer.headers["content-type"] == "application/vnd.citationstyles.csl+json"
    first, second = answer.json()
    assert first["id"] == "b c.txt" and first["URL"] == "http://127.0.0.1/read/b%20c.txt"
    assert client.get(first["URL"]).status_code == 200
    assert second["URL"] == "https://doi.org/10.1000/182"
    assert second["container-title"] == "Revue de santé"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("source=santé/*", ["santé/été.md"]),
        ("limit=1&offset=1", ["santé/été.md"]),
        ("sort=-source", ["santé/été.md", "b c.txt"]),
        ("author=berrada", ["santé/été.md"]),
        ("format=pdf", []),
    ],
)
def test_they_are_chosen_as_documents_are(client: TestClient, query: str, ids: list[str]) -> None:
    assert [each["id"] for each in client.get(f"/references?{query}").json()] == ids
    assert [each["source"] for each in client.get(f"/documents?{query}").json()["documents"]] == ids


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed here")
def test_pandoc_sets_them(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(client.get("/references").json()), encoding="utf-8")
    cited = "---\nnocite: '@*'\n---\n"
    command = [
        "pandoc",
        "--citeproc",
        "--bibliography",
        str(tmp_path / "a.json"),
        "-t",
        "plain",
        "--wrap=none",
    ]
    done = subprocess.run(command, input=cited, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (
        "Berrada, Amina, and Marie de la Tour. 2019. “L’été à Rabat.” Revue de santé, October." in done.stdout
    )
    assert "http://127.0.0.1/read/b%20c.txt" in done.stdout
