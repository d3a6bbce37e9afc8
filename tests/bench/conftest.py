"""Fixtures of the bench's tests: a tiny folder in BEIR's layout, written to a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

TOPICS = {
    "d 1": "La pharmacie vend des vaccins contre la grippe.",
    "d2": "Le centre forme des infirmiers en oncologie.",
    "d3": "Surgeons train on a simulator before they operate.",
    "d4": "La bibliothèque ouvre le mardi à neuf heures.",
    "d5": "Les robots assistent la chirurgie du genou.",
    "d6": "Un réseau relie les dispensaires des montagnes.",
    "d7": "Nurses measure blood pressure every morning.",
    "d8": "Le parking du campus est gratuit le dimanche.",
}
UNKNOWN = ["recette gâteau chocolat", "football world cup", "cours bourse or", "planète Jupiter lunes"] * 2


def write(path: Path, rows: Sequence[object]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """Eight documents, a question about each, and eight that none answers."""
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    write(
        folder / "corpus.jsonl", [{"_id": name, "title": "", "text": text} for name, text in TOPICS.items()]
    )
    asks = [{"_id": f"q{n}", "text": " ".join(text.split()[1:5])} for n, text in enumerate(TOPICS.values())]
    write(folder / "queries.jsonl", [*asks, {"_id": "unjudged", "text": "rien"}])
    write(folder / "unanswerable.jsonl", [{"_id": f"u{n}", "text": text} for n, text in enumerate(UNKNOWN)])
    rows = [f"q{n}\t{name}\t1\n" for n, name in enumerate(TOPICS)]
    text = "query-id\tcorpus-id\tscore\n" + "".join(rows) + "q0\td2\t0\n"
    (folder / "qrels" / "test.tsv").write_text(text, encoding="utf-8")
    return folder
