"""Which texts of a passage are embedded, under which title and heading, and as which sentence shown."""

from __future__ import annotations

import pytest

from indexer.passages import embedding_texts
from indexer.passages.chunking import ChunkSettings, chunk
from indexer.passages.embedding_texts import PassageTexts, embedded_texts
from tests.indexer.documents import document


def texts_of(*pieces: str, title: str = "Titre") -> PassageTexts:
    """The embedded texts of a document that is one passage; a token is a word."""
    made = document(*pieces, title=title)
    passages = chunk(made, lambda texts: [len(text.split()) for text in texts], ChunkSettings())
    (texts,) = embedded_texts(made, passages, 512)
    return texts


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Titre", "texte", "Titre\ntexte"),
        ("texte", "texte", "texte"),
        ("Titre", "Titre\ntexte", "Titre\ntexte"),
        ("", "texte", "texte"),
    ],
)
def test_a_text_under_its_title(title: str, text: str, expected: str) -> None:
    assert embedding_texts.under_title(title, text, "\n") == expected


@pytest.mark.parametrize(
    ("pieces", "title", "own"),
    [
        (["# Titre", "texte"], "Titre", True),
        (["texte"], "Titre", True),
        (["Le texte s'ouvre ainsi. Puis il va."], "Le texte s'ouvre ainsi.", False),
        (["Le texte s'ouvre ainsi et va."], "Le texte s'ouvre…", False),
        (["Autre chose.", "Titre"], "Titre", True),
    ],
)
def test_whether_a_title_is_the_documents_own(pieces: list[str], title: str, own: bool) -> None:
    assert embedding_texts.own_title(document(*pieces, title=title)) is own


BEFORE, AFTER = "On se lave les mains.", "Le repos suffit le plus souvent."


@pytest.mark.parametrize(
    ("pieces", "units"),
    [
        pytest.param(
            ["# Titre", BEFORE, "## Traitement", AFTER],
            [(1, f"Titre : {BEFORE}"), (3, "Titre : Traitement"), (3, f"Titre : Traitement : {AFTER}")],
            id="a heading stands before the sentences under it and is shown as the first of them",
        ),
        pytest.param(
            ["# Titre", BEFORE, "Traitement", AFTER],
            [(1, f"Titre : {BEFORE}"), (3, "Titre : Traitement"), (3, f"Titre : Traitement : {AFTER}")],
            id="a short line above a paragraph is a heading without markup",
        ),
        pytest.param(
            ["# Titre", BEFORE, "Appeler le 15", AFTER],
            [(1, f"Titre : {BEFORE}"), (2, "Titre : Appeler le 15"), (3, f"Titre : {AFTER}")],
            id="a line with a figure is none",
        ),
        pytest.param(
            ["# Titre", BEFORE, "Il faut se reposer.", AFTER],
            [(1, f"Titre : {BEFORE}"), (2, "Titre : Il faut se reposer."), (3, f"Titre : {AFTER}")],
            id="a line that ends as a sentence is none",
        ),
        pytest.param(
            ["# Titre", "## Traitement", AFTER, "## Prévention"],
            [(2, "Titre : Traitement"), (2, f"Titre : Traitement : {AFTER}"), (2, "Titre : Prévention")],
            id="a heading after the last sentence is shown as that sentence",
        ),
        pytest.param(
            ["# Titre", "Oui.", AFTER],
            [(2, f"Titre : {AFTER}")],
            id="a word is embedded only with its passage",
        ),
        pytest.param(
            ["# Titre", "12/03/2021", AFTER], [(2, f"Titre : {AFTER}")], id="a bare date answers nothing"
        ),
        pytest.param(["# Titre", "Oui."], [(1, "Titre : Oui.")], id="unless there is nothing else"),
        pytest.param(["# Titre", "3,5 %"], [(0, "Titre"), (1, "Titre : 3,5 %")], id="nor are there words"),
        pytest.param(["# Titre"], [(0, "Titre")], id="a document of its title alone"),
        pytest.param(["# Titre", "## Suite"], [(1, "Titre : Suite")], id="a document of headings alone"),
        pytest.param(
            [AFTER], [(0, AFTER)], id="a title that is the text's own opening stands before nothing"
        ),
    ],
)
def test_units_and_the_sentences_they_are_shown_as(pieces: list[str], units: list[tuple[int, str]]) -> None:
    texts = texts_of(*pieces, title="Titre" if pieces[0] == "# Titre" else AFTER)
    assert list(zip(texts.sentences, texts.units, strict=True)) == units


def test_headings_may_be_left_out_of_the_units() -> None:
    made = document("# Titre", BEFORE, "## Traitement", AFTER, title="Titre")
    passages = chunk(made, lambda texts: [len(text.split()) for text in texts], ChunkSettings())
    (texts,) = embedded_texts(made, passages, 512, heading_units=False)
    assert texts.units == (f"Titre : {BEFORE}", f"Titre : Traitement : {AFTER}")
    assert texts.sentences == (1, 3)


def test_the_heading_of_a_section_that_began_in_an_earlier_passage_is_known() -> None:
    long = " ".join(["Une phrase parmi bien d’autres dit ce que le repos apporte."] * 60)
    made = document("# Titre", "## Traitement", long)
    passages = chunk(made, lambda texts: [len(text.split()) for text in texts], ChunkSettings())
    last = embedded_texts(made, passages, 512)[-1]
    assert len(passages) > 1
    assert all(unit.startswith("Titre : Traitement : Une phrase") for unit in last.units)


KEYED = PassageTexts("un deux", ("un", "deux"), (0, 1))


@pytest.mark.parametrize(
    "other",
    [
        PassageTexts("un  deux", ("un", "deux"), (0, 1)),
        PassageTexts("un deux", ("un", "Deux"), (0, 1)),
        PassageTexts("un deux", ("un deux",), (0,)),
        PassageTexts("un deux", ("un", "deux"), (0, 0)),
        PassageTexts("un deux", ("deux", "un"), (0, 1)),
        PassageTexts("un", ("deux", "un", "deux"), (0, 0, 1)),
    ],
    ids=str,
)
def test_a_key_tells_one_passage_from_another(other: PassageTexts) -> None:
    assert 0 <= other.key < 2**64
    assert other.key != KEYED.key


def test_a_key_stays_the_same() -> None:
    # Indexes hold keys: with others, everything would be embedded again.
    assert KEYED.key == 18265013698361446235
