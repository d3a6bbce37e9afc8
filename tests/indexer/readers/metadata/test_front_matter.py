"""Front matter: what it declares, where it ends, and what of it is no YAML."""

import time

import pytest

from indexer.readers.metadata.front_matter import front_matter
from indexer.records import Metadata, PartialDate


def declared(keys: str) -> Metadata:
    metadata, start = front_matter(f"---\n{keys}\n---\n\nTexte")
    assert start == len(keys) + 8
    return metadata


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ("title: Un titre", "Un titre"),
        ("Title: 'L''été'  # le nôtre", "L'été"),
        ('title: "Un\\u00a0titre \\"cité\\""', 'Un titre "cité"'),
        ("title: >\n  Un titre\n  plié", "Un titre plié"),
        ("title: |\n  Deux\n  lignes", "Deux lignes"),
        ("title: 1984", "1984"),
        ("title: Rapport: la suite", "Rapport: la suite"),
        ("title:Sans espace", "Sans espace"),
        ("title: 'Pas fermé", "Pas fermé"),
        ("title: [brouillon] Un titre", "[brouillon] Un titre"),
        ("title: {{ page.title }}", "{{ page.title }}"),
        ("title: *inconnu", "*inconnu"),
        ("title: !!python/object/apply:os.system [ls]", ""),
        ("title: [un, deux]", ""),
        ('title: "\\ud800 mot"', "\ufffd mot"),
        ("title: …", ""),
        ("title:", ""),
        ("title: Un\ntags: [a\ntitle: Deux", "Deux"),
    ],
)
def test_title(keys: str, title: str) -> None:
    assert declared(keys).title == title


@pytest.mark.parametrize(
    ("keys", "author"),
    [
        ("author: Jean Dupont", "Jean Dupont"),
        ("authors: [Jean Dupont, 'Marie Curie']", "Jean Dupont, Marie Curie"),
        ("Authors:\n  - Jean Dupont\n  - name: Marie Curie\n    city: Rabat", "Jean Dupont, Marie Curie"),
        ("author:\n- Jean Dupont\n- 'Marie: Curie'", "Jean Dupont, Marie: Curie"),
        ("author:\n  name: Jean Dupont", "Jean Dupont"),
        ("author: &a [*a, Jean Dupont, {name: *a}]", "&a [*a, Jean Dupont, {name: *a}]"),
        ("author: [&a Jean, *a]\nauthors: B", "Jean"),
        ("author:\n  - name: Jean Dupont\n    affiliation: CHU\n  - Marie Curie", "Jean Dupont, Marie Curie"),
        ("auteurs: Jean Dupont et Marie Curie", "Jean Dupont, Marie Curie"),
        ("author: admin", None),
        ("author:\ntitle: a", None),
    ],
)
def test_author(keys: str, author: str | None) -> None:
    assert declared(keys).author == author


@pytest.mark.parametrize(
    ("keys", "iso", "language"),
    [
        ("date: 2019-10-18T15:33:00Z\nlang: fr-FR", "2019-10-18", "fr"),
        ("date: 2019-10\nlanguage: en", "2019-10", "en"),
        ("date: 18 octobre 2019\nlang: …\nlanguage: fr", "2019-10-18", "fr"),
        ("date: 2019\nlang: no", "2019", "no"),
        ("date: 2020-02-30\nlang: klingon", None, None),
        ("date: hier", None, None),
    ],
)
def test_date_and_language(keys: str, iso: str | None, language: str | None) -> None:
    metadata = declared(keys)
    assert (metadata.date, metadata.language) == (PartialDate(iso) if iso else None, language)


@pytest.mark.parametrize(
    "source",
    [
        "---\n\nUn.\n\n---\n\nDeux.",
        "---\n# commentaire\ntitle: a\n---\n\nTexte",
        "---\n- title: a\n---\n\nTexte",
        "---\ntitle: a\n\nTexte",
        "---\n" + "title: a\n" * 201 + "---\n",
        "Texte\n---\ntitle: a\n---\n",
    ],
)
def test_text_without_front_matter(source: str) -> None:
    assert front_matter(source) == (Metadata(), 0)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_begins_behind_the_closing_line(end: str) -> None:
    source = end.join(["---", "title: a", "...", "Texte"])
    metadata, start = front_matter(source)
    assert (metadata.title, source[start:].strip()) == ("a", "Texte")


@pytest.mark.parametrize(
    "value",
    [
        "[" * 100_000,
        "{a: " * 1000,
        "'" * 100_000,
        "[&a [x, x], &b [*a, *a], &c [*b, *b], &d [*c, *c]]",
        "- " * 2000,
        "\n" + "".join(" " * depth + "- \n" for depth in range(150)),
        "[" + "a," * 1900 + "]",
    ],
    ids=lambda value: repr(value[:6]),
)
def test_hostile_values_cost_little_and_no_other_key(value: str) -> None:
    began = time.perf_counter()
    metadata = declared(f"authors: {value}\ntitle: Un titre")
    assert metadata.title == "Un titre"
    assert time.perf_counter() - began < 2


def test_what_a_work_says_of_itself() -> None:
    metadata = declared(
        "doi: https://doi.org/10.1000/ABC\ntype: report\njournal: Revue\npublisher: Presses\n"
        "tags: [santé, soin, santé]\nlicense: CC BY 4.0\nabstract: Un résumé.\nurl: https://example.org/a"
    )
    assert metadata == Metadata(
        type="report",
        container="Revue",
        publisher="Presses",
        identifiers={"doi": "10.1000/abc"},
        url="https://example.org/a",
        licence="CC BY 4.0",
        tags=("santé", "soin"),
        abstract="Un résumé.",
    )
    assert declared("keywords: santé, soin\ntype: post").tags == ("santé", "soin")
    assert declared("type: page d’accueil").type is None


@pytest.mark.parametrize(
    ("keys", "iso"),
    [
        ("date: 2020-02-30\npublished: 2020-02-29", "2020-02-29"),
        ("published: 2020-02-29\ndate: bientôt", "2020-02-29"),
        ("lastmod: 2021-03-01\ndate: 2020-02-29", "2020-02-29"),
        ("lastmod: 2021-03-01", "2021-03-01"),
        ("annee: 2019", "2019"),
    ],
)
def test_the_first_date_that_is_one(keys: str, iso: str) -> None:
    assert declared(keys).date == PartialDate(iso)


def test_toml() -> None:
    keys = 'title = "L’été"\ndate = 2020-02-29T10:00:00Z\nauthors = ["Jean Dupont", "Marie Curie"]'
    source = f"+++\n{keys}\n+++\nTexte"
    metadata, start = front_matter(source)
    assert (metadata.title, metadata.date, metadata.author) == (
        "L’été",
        PartialDate("2020-02-29"),
        "Jean Dupont, Marie Curie",
    )
    assert source[start:] == "\nTexte"


@pytest.mark.parametrize("source", ["+++\nno toml\n+++\nTexte", "+++\n+++\nTexte", "+++"])
def test_what_is_no_toml_is_text(source: str) -> None:
    assert front_matter(source) == (Metadata(), 0)
