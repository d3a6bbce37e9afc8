"""Changes of a corpus are found, and an incremental build gives what a build from nothing gives."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.building.incremental import CorpusChanges, find_changes, with_copies
from indexer.building.settings import BuildSettings
from indexer.corpus.walk import walk
from indexer.passages import near_duplicates
from indexer.passages.analysis import PREFIX, terms, words
from indexer.passages.near_duplicates import Signatures
from indexer.records import CorpusFile, Document, Metadata, PartialDate
from indexer.store.local_store import LocalStore
from indexer.store.manifest import Layout
from indexer.store.open_index import open_index
from tests.indexer.building.test_build import build
from tests.indexer.recording import Recording, embedded, flat, texts_of

ROUNDS = 4
WORDS = """
    centre hôpital infirmier patient robot chirurgie oncologie dispensaire région réseau séance cours
    certificat médecin distance caméra simulateur formation traitement étude essai vaccin enfant mère
    """.split()
QUESTIONS = ["le centre ouvre une formation", "robot chirurgie simulateur", "étude vaccin enfant région"]


NONE = CorpusChanges((), (), (), (), 0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, NONE),
        ({}, {"b": "1", "a": "2"}, CorpusChanges(("a", "b"), (), (), (), 0)),
        ({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, CorpusChanges((), (), (), (), 2)),
        ({"a": "1", "b": "2"}, {"a": "3", "b": "2"}, CorpusChanges((), ("a",), (), (), 1)),
        ({"a": "1", "b": "2"}, {"b": "2"}, CorpusChanges((), (), (), ("a",), 1)),
        ({"a": "1"}, {"z/a": "1"}, CorpusChanges((), (), (("a", "z/a"),), (), 0)),
        ({"a": "1"}, {"a": "1", "b": "1"}, CorpusChanges(("b",), (), (), (), 1)),  # a copy is no move
        ({"a": "1", "b": "1"}, {"c": "1"}, CorpusChanges((), (), (("a", "c"),), ("b",), 0)),
        ({"a": "1"}, {"c": "1", "b": "1"}, CorpusChanges(("c",), (), (("a", "b"),), (), 0)),
        ({"a": "1", "b": "2"}, {"a": "2", "b": "1"}, CorpusChanges((), ("a", "b"), (), (), 0)),
    ],
)
def test_what_became_of_files(old: dict[str, str], new: dict[str, str], expected: CorpusChanges) -> None:
    assert find_changes(old, new) == expected


@pytest.mark.parametrize(
    ("source", "date", "copies", "expected"),
    [
        ("a.md", None, (), None),
        ("a.md", None, ("2019/a.md", "2019-10-18-a.md"), "2019-10-18"),
        ("2019/a.md", "2019", ("2019-10-18-a.md",), "2019-10-18"),
        ("2019/a.md", "2018-05", ("2019-10-18-a.md",), "2018-05"),
        ("2021-01-02-a.md", "2021-01-02", ("2019-10-18-a.md",), "2021-01-02"),
    ],
)
def test_the_date_of_any_copy_counts_where_the_text_has_none(
    source: str, date: str | None, copies: tuple[str, ...], expected: str | None
) -> None:
    metadata = Metadata("Titre", PartialDate(date) if date else None)
    document = Document(source, "markdown", metadata, "", (), "", 0)
    dated = with_copies(document, copies)
    assert (dated.date.iso if dated.date else None, dated.copies) == (expected, copies)
    assert with_copies(dated, copies) == dated


FILES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123"))


@given(FILES, FILES)
def test_every_file_is_counted_once(old: dict[str, str], new: dict[str, str]) -> None:
    changes = find_changes(old, new)
    gone = [*changes.removed, *(source for source, _ in changes.moved)]
    added = [*changes.new, *(source for _, source in changes.moved)]
    assert sorted(gone) == sorted(old.keys() - new.keys())
    assert sorted(added) == sorted(new.keys() - old.keys())
    assert len(changes.changed) + changes.unchanged == len(old.keys() & new.keys())
    assert all(old[source] == new[target] for source, target in changes.moved)


@pytest.fixture
def encoder() -> Recording:
    return Recording()


def sentence(rng: Random) -> str:
    told = rng.choices(WORDS, k=rng.randint(6, 14))
    mark = rng.choice([",", " ;", " (OMS)", ""])
    return f"{told[0].capitalize()} {' '.join(told[1:4])}{mark} {' '.join(told[4:])}."


def paragraph(rng: Random) -> str:
    return " ".join(sentence(rng) for _ in range(rng.randint(5, 8)))


def article(rng: Random) -> str:
    """Two to four sections, each a passage or so."""
    sections = [f"## Partie {n}\n\n{paragraph(rng)}" for n in range(rng.randint(2, 4))]
    return "\n\n".join([f"# {' '.join(rng.choices(WORDS, k=3))}", *sections]) + "\n"


def some(rng: Random, corpus: Path, count: int) -> list[Path]:
    """So many of its files."""
    return rng.sample(sorted(path for path in corpus.rglob("*") if path.is_file()), count)


def free(rng: Random, corpus: Path) -> Path:
    """A place for one more file."""
    while True:
        path = corpus / rng.choice(["", "a", "z"]) / f"{rng.randrange(1000):03}{rng.choice(['.md', '.txt'])}"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            return path


def add(rng: Random, corpus: Path) -> None:
    free(rng, corpus).write_text(article(rng), encoding="utf-8")


def change(rng: Random, corpus: Path) -> None:
    (path,) = some(rng, corpus, 1)
    parts = path.read_bytes().decode("utf-8", "ignore").split("\n\n")
    parts[rng.randrange(1, len(parts)) if len(parts) > 1 else 0] = paragraph(rng)
    path.write_text("\n\n".join(parts), encoding="utf-8")


def change_title(rng: Random, corpus: Path) -> None:
    (path,) = some(rng, corpus, 1)
    _, _, rest = path.read_bytes().decode("utf-8", "ignore").partition("\n")
    path.write_text(f"# Nouveau {rng.choice(WORDS)}\n{rest}", encoding="utf-8")


def remove(rng: Random, corpus: Path) -> None:
    if sum(path.is_file() for path in corpus.rglob("*")) > 3:
        some(rng, corpus, 1)[0].unlink()


def move(rng: Random, corpus: Path) -> None:
    some(rng, corpus, 1)[0].rename(free(rng, corpus))


def duplicate(rng: Random, corpus: Path) -> None:
    shutil.copyfile(some(rng, corpus, 1)[0], free(rng, corpus))


def reissue(rng: Random, corpus: Path) -> None:
    """The same text under another title and after another opening, so that most of its passages are twins."""
    (path,) = some(rng, corpus, 1)
    _, _, rest = path.read_bytes().decode("utf-8", "ignore").partition("\n")
    opening = " ".join(rng.choices(WORDS, k=5))
    free(rng, corpus).write_text(f"# Repris {opening}\n\n{opening}\n\n{rest}", encoding="utf-8")


def touch(rng: Random, corpus: Path) -> None:
    os.utime(some(rng, corpus, 1)[0])


def swap(rng: Random, corpus: Path) -> None:
    one, other = some(rng, corpus, 2)
    held = one.read_bytes(), other.read_bytes()
    one.write_bytes(held[1])
    other.write_bytes(held[0])


def spoil(rng: Random, corpus: Path) -> None:
    free(rng, corpus).write_bytes(b"\x00\x01\x02\x03 binary")


EDITS: tuple[Callable[[Random, Path], None], ...] = (
    *(add, change, change_title, remove, move, duplicate, reissue, touch, swap, spoil),
)


def answers(opened: LocalStore, encoder: Recording) -> list[list[int]]:
    """What a search by words and one by vectors find."""
    found = [opened.vectors.nearest(encoder.queries(QUESTIONS), 20).ravel()]
    for question in QUESTIONS:
        found.append(opened.lexical.find(terms(words(question), PREFIX), 20))
    return [rows.tolist() for rows in found]


def content(index: Path, encoder: Recording) -> dict[str, Any]:
    """All that an index holds, but for what tells when and how fast it was made."""
    opened = open_index(index, encoder.fingerprint)
    made = opened.manifest
    folder = index / "generations" / made.generation
    with sqlite3.connect(folder / Layout.CATALOGUE) as connection:
        lines = [line for line in connection.iterdump() if '"files"' not in line]
    connection.close()
    held: dict[str, Any] = {
        "catalogue": lines,
        "files": [replace(each, stamp="") for each in opened.catalogue.files().values()],
        "numbers": (made.documents, made.passages, made.sentences, made.corpus_state, made.skipped),
        "answers": answers(opened, encoder),
    }
    opened.catalogue.close()
    return held | {path.name: path.read_bytes() for path in folder.glob("*.npy")}


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("seed", range(3))
def test_an_incremental_build_gives_what_a_build_from_nothing_gives(
    tmp_path: Path, encoder: Recording, seed: int
) -> None:
    rng = Random(seed)
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for _ in range(4):
        add(rng, corpus)
    reissue(rng, corpus)
    build(corpus, index)
    assert len(np.load(index / "generations" / "g000001" / Layout.NEAR_DUPLICATES)[0]) > 1
    known = set(texts_of(corpus, encoder))
    for turn in range(ROUNDS):
        done = rng.choices(EDITS, k=rng.randint(1, 4))
        for edit in done:
            edit(rng, corpus)
        encoder.forget()
        report = build(corpus, index)
        now = texts_of(corpus, encoder)
        new = [each for each in now if each not in known]
        said = [edit.__name__ for edit in done]
        assert embedded(encoder) == set(flat(new)), said
        assert encoder.questions == [], said
        if not report.up_to_date:
            assert report.manifest.carried == len(now) - len(new), said
            known = set(now)
            stamps = {each.source: each.stamp for each in walk(corpus) if isinstance(each, CorpusFile)}
            assert stamps_in(index, encoder) == stamps
        build(corpus, tmp_path / f"anew{turn}")
        assert content(index, encoder) == content(tmp_path / f"anew{turn}", encoder), said


def stamps_in(index: Path, encoder: Recording) -> dict[str, str]:
    opened = open_index(index, encoder.fingerprint)
    try:
        return {source: each.stamp for source, each in opened.catalogue.files().items()}
    finally:
        opened.catalogue.close()


EACH: dict[str, tuple[Callable[[Random, Path], None], range]] = {
    "add": (add, range(2, 5)),
    "change": (change, range(1, 4)),
    "move": (move, range(1)),
    "duplicate": (duplicate, range(1)),
    "remove": (remove, range(1)),
    "swap": (swap, range(1)),
}


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("edit", "new"), EACH.values(), ids=EACH)
def test_how_much_each_edit_costs(
    tmp_path: Path, encoder: Recording, edit: Callable[[Random, Path], None], new: range
) -> None:
    rng = Random(5)
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for _ in range(4):
        add(rng, corpus)
    build(corpus, index)
    edit(rng, corpus)
    made = build(corpus, index).manifest
    assert made.passages - made.carried in new


@pytest.mark.usefixtures("stand_in")
def test_the_signatures_of_what_is_kept_are_taken_over(tmp_path: Path) -> None:
    rng = Random(7)
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for _ in range(4):
        add(rng, corpus)
    build(corpus, index)
    signed: list[str] = []

    def signatures(texts: Iterable[str]) -> Signatures:
        texts = list(texts)
        signed.extend(texts)
        return near_duplicates.signatures(texts)

    (corpus / "neuf.txt").write_text("Un titre neuf\n\nUne phrase.\n", encoding="utf-8")
    build(corpus, index, BuildSettings(signatures=signatures))
    assert [" ".join(text.split()) for text in signed] == ["Un titre neuf Une phrase."]
