"""Conditions on the words of passages and the names of documents, against reading every text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.passages.phrases import as_written, held_in, phrase_words
from indexer.store.filters import Allowed, Filters, allow
from indexer.store.local_store import LocalStore
from indexer.store.open_index import open_index
from models.load import ModelChoice
from tests.standin import StandInEncoder, use_everywhere

ARTICLES = {
    "côtes/phares": (
        "Phares d’hier",
        "Anne Le Gall",
        "Le phare de l’île éclaire les bords de mer depuis 1859.",
    ),
    "côtes/bouées": (
        "Bouées",
        "Jean Dupont",
        "Les bouées flottent au bord des mers, et la mer de bords en bords.",
    ),
    "ports/criée": (
        "La criée",
        "",
        "# Phares du port\n\nAux bords, de mer ou non, la criée ouvre à 5,30 heures.",
    ),
    "ports/loi": ("Lois", "Marie Dupont-Gall", "La loi protège le littoral ; ni oui ni non."),
}
"""Path without suffix → (title, author, text) of a document."""


def allowed_rows(mask: Sequence[bool]) -> Allowed:
    return allow(np.array(mask), None, ())


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    home, encoder = tmp_path_factory.mktemp("worded"), StandInEncoder()
    for source, (title, author, text) in ARTICLES.items():
        path = home / "corpus" / f"{source}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ntitle: {title}\nauthor: {author}\n---\n\n{text}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        use_everywhere(encoder, patch.setattr)
        builder.build(home / "corpus", home / "index", ModelChoice())
    return open_index(home / "index", encoder.fingerprint)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(phrases=("bords de mer",)), "phares criée"),
        (Filters(phrases=("BORDS DE MÈR",)), "phares criée"),
        (Filters(phrases=("phare de l'ile",)), "phares"),
        (Filters(phrases=("phare de l’île",)), "phares"),
        (Filters(phrases=("phares d'hier",)), "phares"),
        (Filters(phrases=("phares du port",)), "criée"),
        (Filters(phrases=("hier Le phare",)), ""),
        (Filters(phrases=("mer de bords",)), "bouées"),
        (Filters(phrases=("1859",)), "phares"),
        (Filters(phrases=("5,30 heures",)), "criée"),
        (Filters(phrases=("ni oui ni",)), "loi"),
        (Filters(phrases=("bords", "criée")), "criée"),
        (Filters(phrases=("phare",)), "phares"),
        (Filters(phrases=("bord de mer",)), ""),
        (Filters(excluded=("phare",)), "bouées loi"),
        (Filters(excluded=("mer",)), "loi"),
        (Filters(excluded=("lois",)), "phares bouées criée"),
        (Filters(excluded=("bord de mer",)), "bouées loi"),
        (Filters(excluded=("1859",)), "bouées criée loi"),
        (Filters(excluded=("ni oui ni",)), "phares bouées criée"),
        (Filters(excluded=("zyx",)), "phares bouées criée loi"),
        (Filters(excluded=("phare", "loi")), "bouées"),
        (Filters(phrases=("bords",), excluded=("bouée",)), "phares criée"),
        (Filters(phrases=("bords",), source="ports/*"), "criée"),
        (Filters(titles=("phares",)), "phares"),
        (Filters(titles=("HIER phares",)), "phares"),
        (Filters(titles=("phare",)), ""),
        (Filters(authors=("gall",)), "phares loi"),
        (Filters(authors=("dupont jean",)), "bouées"),
        (Filters(authors=("dupont",), titles=("lois",)), "loi"),
        (Filters(paths=("cotes",)), "phares bouées"),
        (Filters(paths=("PORTS/*.md",)), "criée loi"),
        (Filters(paths=("ports", "lo?.md")), ""),
        (Filters(paths=("ports", "*lo?.md")), "loi"),
        (Filters(paths=("[c]",)), ""),
    ],
    ids=lambda value: re.sub(r"\w+=(None|\(\))(, )?", "", str(value)),
)
def test_what_is_allowed(index: LocalStore, filters: Filters, expected: str) -> None:
    allowed = index.allowed(filters)
    entries = index.catalogue.passages(allowed.rows.tolist())
    names = {Path(entry.document.source).stem for entry in entries}
    assert names == set(expected.split())
    assert allowed.count == len(entries) <= allowed.reached
    wanted = ["bord", "phare", "loi", "mer"]
    found = index.lexical.find(wanted, 100, allowed)
    assert found.tolist() == [row for row in index.lexical.find(wanted, 100) if allowed.passages[row]]


def test_terms_are_looked_up_in_blocks(index: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = index.lexical._keys.runs(np.array([0]), np.array([len(index.lexical._keys)]))
    groups = [[int(keys[0]), int(keys[-1])], [int(keys[5])], []]
    whole = index.lexical.holding(groups)
    rows = np.arange(len(index.lexical))
    for mask, group in zip(whole, groups, strict=True):
        held = index.lexical.matches(rows, group).weights.any(axis=1)
        np.testing.assert_array_equal(mask, held)
    monkeypatch.setattr("indexer.store.lexical.KEYS_BLOCK", 3)
    np.testing.assert_array_equal(index.lexical.holding(groups), whole)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’Été d'aujourd’hui", ["ete", "aujourd", "hui"]),
        ("Œuvre\u00a0: 3,5 mg/l", ["oeuvre", "3", "5", "mg", "l"]),
        ("re\u0301sume\u0301", ["resume"]),
        ("quelqu’un — qu’il", ["un", "il"]),
        ("…", []),
    ],
)
def test_words_of_phrases(text: str, words: list[str]) -> None:
    assert phrase_words(text) == words


def test_no_phrase_runs_from_one_text_into_the_next() -> None:
    line = as_written(["en haute mer", "mer du Nord"])
    assert held_in(line, ["haute", "mer"]) and held_in(line, ["mer", "du"])
    assert not held_in(line, ["mer", "mer"]) and not held_in(line, ["haut"])
