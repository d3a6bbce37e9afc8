"""GET /acronyms, and that a question with one form finds the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

LONG = "centre hospitalier universitaire"


@pytest.fixture
def corpus(corpus: Path) -> Path:
    """The small corpus, with an article that explains an acronym and one that only uses it."""
    (corpus / "chu.txt").write_text(
        f"Un hôpital\n\nLe {LONG} (CHU) ouvre. Le {LONG} (CHU) soigne. La note (OMS) n'est pas expliquée.\n",
        encoding="utf-8",
    )
    (corpus / "garde.txt").write_text("La garde\n\nAu CHU, la garde dure la nuit.\n", encoding="utf-8")
    return corpus


def test_without_any_the_list_is_empty(shared: TestClient) -> None:
    assert shared.get("/acronyms").json() == {"acronyms": [], "count": 0}


def test_those_the_corpus_explains_are_listed_and_tried_in_both_forms(client: TestClient) -> None:
    answer = client.get("/acronyms").json()
    assert answer == {"acronyms": [{"short": "CHU", "long": LONG, "count": 2}], "count": 1}
    for question, expanded in [
        ("la garde au CHU", {"CHU": LONG}),
        (f"la garde au {LONG}", {LONG: "CHU"}),
        ("la garde", {}),
    ]:
        answer = client.get("/search", params={"q": question, "explain": True}).json()
        assert answer["expanded"] == expanded
        (hit,) = [hit for hit in answer["hits"] if hit["source"] == "garde.txt"]
        assert hit["explain"]["variant"] == question.replace(LONG, "CHU")
        assert hit["rank"] <= 2
