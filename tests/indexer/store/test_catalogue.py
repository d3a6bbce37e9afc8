"""The catalogue gives back what it was given, field by field."""

from __future__ import annotations

import fnmatch
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from indexer.passages.acronyms import Acronym
from indexer.passages.chunking import chunk
from indexer.records import Document, Metadata, Name, PartialDate, Passage, PassageKind, Sentence
from indexer.store.catalogue import Catalogue, CatalogueWriter, DocumentEntry, FileRecord, passage_ids
from tests.indexer.passages.test_chunking_properties import DOCUMENTS, SMALL, count_tokens

ODD = "é 𝄞 'quoted' \"twice\" \\ % \x00 \x07 \u2028 \ufeff e\u0301 שלום 他"


def document(source: str, text: str = "texte", date: str | None = None) -> Document:
    made = PartialDate(date) if date else None
    return Document(source, "text", Metadata(f"T {source}", made, (), "fr"), text, (), "ab" * 32, 12)


def passage(text: str, start: int = 0, section: tuple[str, ...] = (), page: int | None = None) -> Passage:
    """A passage of one sentence a line."""
    sentences, at = [], start
    for line in text.split("\n"):
        sentences.append(Sentence(line, at, at + len(line)))
        at += len(line) + 1
    return Passage(text, start, start + len(text), section, page, None, tuple(sentences))


def write(folder: Path, *contents: tuple[Document, list[Passage]]) -> Catalogue:
    with CatalogueWriter(folder / "c.sqlite") as writer:
        for made, passages in contents:
            writer.add(made, passages)
    return Catalogue(folder / "c.sqlite")


FULL = replace(
    document(f"dossier/{ODD}.md", text=ODD * 3),
    metadata=Metadata(
        ODD,
        PartialDate("2019-10"),
        (Name("d’Arc", "Zoé"), Name(literal=ODD)),
        None,
        type="article-journal",
        container="Revue",
        publisher="Éditeur",
        volume="12",
        issue="3-4",
        pages="e12",
        identifiers={"doi": "10.1000/182", "pmid": "12"},
        url="https://example.org/é",
        licence="CC BY 4.0",
        tags=("Santé", ODD),
        abstract=f"Un résumé.\n{ODD}",
    ),
    format="markdown",
    copies=("z/copie.md", f"é/{ODD}"),
    ocr_pages=(2,),
    page_labels=("i", "ii", ODD),
)
ONE = Passage(
    text=f"{ODD}\nDeux. Deux.",
    start=2,
    end=4_000_000_000,
    section=("Un", ODD, '["'),
    page=7,
    language="fr",
    sentences=(Sentence(ODD, 2, 30, 7), Sentence("Deux.", 31, 40, 8), Sentence("Deux.", 41, 4_000_000_000)),
    kind=PassageKind.GLOSSARY,
    last_page=9,
)


def test_every_field_comes_back(tmp_path: Path) -> None:
    catalogue = write(tmp_path, (FULL, [ONE]), (document("b.txt"), []))
    content_hash, copies = "ab" * 32, ("z/copie.md", f"é/{ODD}")
    full = DocumentEntry(
        *(FULL.source, "markdown", FULL.metadata, 12, content_hash, 1, copies),
        ocr_pages=(2,),
        page_labels=("i", "ii", ODD),
    )
    assert [full.page_label(page) for page in (None, 1, 3, 4)] == [None, "i", ODD, None]
    described = Metadata("T b.txt", None, (), "fr")
    empty = DocumentEntry("b.txt", "text", described, 12, content_hash, 0, ())
    assert catalogue.documents() == [empty, full]
    (found,) = catalogue.passages([0])
    assert (found.row, found.passage, found.document) == (0, ONE, full)
    assert catalogue.document(FULL.source) == (full, FULL.text, [found])
    assert catalogue.document("z/copie.md") == (full, FULL.text, [found])
    assert catalogue.document("b.txt") == (empty, "texte", [])
    catalogue.close()


def test_rows_are_numbered_as_they_come_and_answered_as_asked(tmp_path: Path) -> None:
    texts = [["a", "b"], [], ["c"]]
    contents = [(document(f"{n}.txt"), [passage(t) for t in each]) for n, each in enumerate(texts)]
    catalogue = write(tmp_path, *contents)
    asked = [2, 0, 2, 1]
    assert [entry.row for entry in catalogue.passages(asked)] == asked
    assert [entry.passage.text for entry in catalogue.passages(asked)] == ["c", "a", "c", "b"]
    assert [entry.document.source for entry in catalogue.passages(asked)] == [
        "2.txt",
        *["0.txt", "2.txt"],
        "0.txt",
    ]
    assert catalogue.passages([]) == []
    catalogue.close()


@pytest.mark.parametrize("row", [1, -1, 10**9])
def test_an_unknown_row(tmp_path: Path, row: int) -> None:
    catalogue = write(tmp_path, (document("a.txt"), [passage("a")]))
    with pytest.raises(KeyError):
        catalogue.passages([0, row])
    catalogue.close()


@pytest.mark.parametrize("source", ["", "A.txt", "a.txt ", "../a.txt", "a%", "' OR 1=1 --"])
def test_an_unknown_source(tmp_path: Path, source: str) -> None:
    catalogue = write(tmp_path, (document("a.txt"), [passage("a")]))
    assert catalogue.document(source) is None
    catalogue.close()


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    passages = [passage(f"texte {n}", start=n) for n in range(200)]
    catalogue = write(tmp_path, (document("a.txt"), passages))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: catalogue.passages([n, 199 - n]), range(200)))
    texts = [[entry.passage.text for entry in entries] for entries in found]
    assert texts == [[f"texte {n}", f"texte {199 - n}"] for n in range(200)]
    catalogue.close()


def test_nothing_is_kept_when_something_was_raised(tmp_path: Path) -> None:
    def interrupted() -> None:
        with CatalogueWriter(tmp_path / "c.sqlite") as writer:
            writer.add(document("a.txt"), [passage("a")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    with pytest.raises(sqlite3.DatabaseError):
        Catalogue(tmp_path / "c.sqlite").documents()


def test_ids_stay_while_source_and_text_do() -> None:
    before = [passage("un"), passage("deux", 10), passage("trois", 20)]
    after = [passage("neuf"), passage("deux", 99, ("Section",), 3), passage("trois", 120)]
    ids = passage_ids("a.txt", before)
    assert passage_ids("a.txt", before) == ids
    assert passage_ids("a.txt", after)[1:] == ids[1:]
    assert passage_ids("a.txt", after)[0] != ids[0]
    assert not set(passage_ids("b.txt", before)) & set(ids)
    assert all(len(name) == 20 and int(name, 16) for name in ids)


def test_the_same_text_twice_has_two_ids() -> None:
    twice = [passage("un"), passage("deux"), passage("un", 50)]
    ids = passage_ids("a.txt", twice)
    assert len(set(ids)) == 3
    assert passage_ids("a.txt", twice[:1]) == ids[:1]
    assert passage_ids("a.txt", [passage("neuf"), *twice])[1:] == ids


def test_the_row_of_a_passage(tmp_path: Path) -> None:
    made = document("a.txt"), [passage("un"), passage("deux"), passage("un")]
    catalogue = write(tmp_path, (document("b.txt"), [passage("un")]), made)
    assert [catalogue.row_of(name) for name in passage_ids(*_named(made))] == [1, 2, 3]
    assert [catalogue.row_of(name) for name in ("", "0" * 20, "%", "' OR 1=1 --")] == [None] * 4
    catalogue.close()


def _named(made: tuple[Document, list[Passage]]) -> tuple[str, list[Passage]]:
    return made[0].source, made[1]


VOCABULARY = [
    "L’Oncologie, l'oncologie et l’onco",
    "Oncologue en oncologie 2020 ; COVID-19 ; œdème du Tazi",
    "ÉCOLE ondes pharmacie ophtalmologie ophtalmologiste",
    "École école يدرس",
]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("oncolgie", "oncologie oncologue", id="first letters"),
        pytest.param("oncoolge", "oncologie oncologue", id="two slips"),
        pytest.param("onchqlogie", "oncologie", id="first and last letters"),
        pytest.param("uncologie", "oncologie", id="first letter replaced"),
        pytest.param("ncologie", "oncologie", id="first letter dropped"),
        pytest.param("poncologie", "oncologie", id="first letter added"),
        pytest.param("nocologie", "oncologie", id="first letters swapped"),
        pytest.param("farmassi", "", id="sounds unlike"),
        pytest.param("farmasie", "pharmacie", id="sounds alike"),
        pytest.param("onde", "ondes", id="short"),
        pytest.param("tazy", "tazi", id="last letter of a short word"),
        pytest.param("atzi", "tazi", id="short and swapped"),
        pytest.param("covi", "covid", id="a letter more"),
        pytest.param("oedeme", "oedeme", id="itself"),
        pytest.param("ydرس", "", id="mixed scripts"),
        pytest.param("يدرش", "يدرس", id="another script"),
        pytest.param("zzzz", "", id="nothing like it"),
    ],
)
def test_neighbours_of_a_word(tmp_path: Path, word: str, expected: str) -> None:
    catalogue = write(tmp_path, (document("a.txt"), [passage(text) for text in VOCABULARY]))
    neighbours = catalogue.neighbours(word)
    assert {neighbour.word for neighbour in neighbours} == set(expected.split())
    catalogue.close()


def test_the_vocabulary_counts_passages_and_keeps_the_most_frequent_spelling(tmp_path: Path) -> None:
    catalogue = write(tmp_path, (document("a.txt"), [passage(text) for text in VOCABULARY]))
    assert catalogue.neighbours("ecole") == [("ecole", 2, "école")]
    assert catalogue.neighbours("oedeme") == [("oedeme", 1, "œdème")]
    assert ("oncologie", 2, "oncologie") in catalogue.neighbours("oncologie")
    assert catalogue.neighbours("tazi") == [("tazi", 1, "Tazi")]
    catalogue.close()


def test_acronyms_most_often_said_first(tmp_path: Path) -> None:
    texts = [
        "Le centre hospitalier universitaire (CHU) ouvre.",
        "L’Organisation mondiale de la santé (OMS) le dit.",
        "OMS (organisation mondiale de la sante) encore.",
        "Rien (du tout).",
    ]
    catalogue = write(tmp_path, (document("a.txt"), [passage(text) for text in texts]))
    assert catalogue.acronyms() == [
        Acronym("OMS", "Organisation mondiale de la santé", 2),
        Acronym("CHU", "centre hospitalier universitaire", 1),
    ]
    catalogue.close()


def test_what_the_files_were_like(tmp_path: Path) -> None:
    seen = [
        FileRecord("é.txt", "12 34 56", "ab" * 32, range(1)),
        FileRecord("a.txt", "12 34 56", "ab" * 32, range(1, 2)),
        FileRecord("not-a-document.bin", "1 2 3", "cd" * 32, range(0)),
    ]
    with CatalogueWriter(tmp_path / "c.sqlite") as writer:
        writer.add(document("é.txt"), [passage("un")])
        writer.add(document("a.txt"), [])
        for each in seen:
            writer.add_file(each)
    catalogue = Catalogue(tmp_path / "c.sqlite")
    assert catalogue.files() == {each.source: each for each in seen}
    catalogue.close()


def test_a_document_is_kept_whole(tmp_path: Path) -> None:
    made = [
        (document("z.txt", ODD, "2019-10"), [passage(f"{ODD}\n{ODD}", 3, (ODD, "Sous"), 7), passage("un")]),
        (document("vide.txt"), []),
        (document("a.txt"), [passage("deux\ndeux", 5)]),
    ]
    catalogue = write(tmp_path, *made)
    assert [catalogue.stored_document(number) for number in range(3)] == [
        (*made[0], 0),
        (*made[1], 0),
        (*made[2], 2),
    ]
    catalogue.close()


@settings(deadline=None, max_examples=40)
@given(DOCUMENTS)
def test_a_document_cut_into_passages_is_kept_as_it_was_cut(made: Document) -> None:
    passages = chunk(made, count_tokens, SMALL)
    with TemporaryDirectory() as folder:
        catalogue = write(Path(folder), (made, passages))
        assert catalogue.stored_document(0) == (replace(made, blocks=()), passages, 0)
        catalogue.close()


@pytest.mark.parametrize(
    ("documents", "count", "titles"),
    [(0, 3, []), (2, 3, ["T 0", "T 1"]), (3, 3, ["T 0", "T 1", "T 2"]), (10, 3, ["T 0", "T 3", "T 6"])],
)
def test_titles_are_spread_over_the_corpus(
    tmp_path: Path, documents: int, count: int, titles: list[str]
) -> None:
    catalogue = write(tmp_path, *((document(str(n)), [passage("x")]) for n in range(documents)))
    assert catalogue.titles(count) == titles


@pytest.mark.parametrize(
    "pattern", ["*a" * 149 + "c", "*[ab]" * 59 + "c", "?*" * 149 + "c", "*a*b" * 74 + "c"]
)
def test_no_pattern_of_a_request_takes_long_on_a_long_name(pattern: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        begun = time.process_time()
        for name in ("a" * 4000, "ab" * 2000):
            assert connection.execute("SELECT ? GLOB ?", (name, pattern)).fetchone() == (0,)
            assert not re.match(fnmatch.translate(pattern.replace("[", "[[]")), name)
        assert time.process_time() - begun < 2
