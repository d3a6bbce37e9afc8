"""Sidecars: which files are theirs, what they override, and how they are refused."""

from dataclasses import replace

import pytest

from indexer.corpus.sidecar import SUFFIX, InvalidSidecar, names, overridden
from indexer.readers import Unreadable
from indexer.records import Document, Metadata, Name, PartialDate
from tests.indexer import documents


def given(toml: str | bytes) -> Document:
    data = toml if isinstance(toml, bytes) else toml.encode()
    return overridden(documents.document("Le texte.", title="Ancien"), data)


@pytest.mark.parametrize(
    ("name", "sidecars"),
    [
        ("article.pdf", ("article.pdf.meta.toml", "article.meta.toml")),
        ("a.b/c.tar.gz", ("a.b/c.tar.gz.meta.toml", "a.b/c.tar.meta.toml")),
        ("a.b/article", ("a.b/article.meta.toml",)),
        (".pdf", (".pdf.meta.toml",)),
    ],
)
def test_names(name: str, sidecars: tuple[str, ...]) -> None:
    assert names(name) == sidecars
    assert all(sidecar.endswith(SUFFIX) for sidecar in sidecars)


OLD = Metadata("Ancien")
JEAN, MARIE = Name("Dupont", "Jean"), Name("Curie", "Marie")
DAY, MONTH, YEAR = (PartialDate(iso) for iso in ("2019-10-18", "2019-10", "2019"))


@pytest.mark.parametrize(
    ("toml", "metadata"),
    [
        ('title = "Un  titre"', Metadata("Un titre")),
        ('title = """\nUn\ntitre"""', Metadata("Un titre")),
        ("date = 2019-10-18", replace(OLD, date=DAY)),
        ("date = 2019-10-18T23:30:00-07:00", replace(OLD, date=DAY)),
        ('date = "2019-10"', replace(OLD, date=MONTH)),
        ("date = 2019", replace(OLD, date=YEAR)),
        ('author = "Jean Dupont"', replace(OLD, authors=(JEAN,))),
        ('authors = ["Dupont, Jean", "Marie Curie"]', replace(OLD, authors=(JEAN, MARIE))),
        ('authors = "Jean Dupont et Marie Curie"', replace(OLD, authors=(JEAN, MARIE))),
        ('authors = ["Agence et Conseil"]', replace(OLD, authors=(Name(literal="Agence et Conseil"),))),
        ('tags = ["santé", "école", "santé"]', replace(OLD, tags=("santé", "école"))),
        ('tags = "santé"', replace(OLD, tags=("santé",))),
        ('type = "Report"', replace(OLD, type="report")),
        (
            'doi = "https://doi.org/10.1000/ABC.1"\npmid = 123',
            replace(OLD, identifiers={"doi": "10.1000/abc.1", "pmid": "123"}),
        ),
        ('container = "Revue"\nlicence = "CC BY 4.0"', replace(OLD, container="Revue", licence="CC BY 4.0")),
        ('language = "fr-FR"', replace(OLD, language="fr")),
        (
            'title = "a"\nauthor = "b"\ndate = 2019\nlanguage = "fr"',
            Metadata("a", YEAR, (Name(literal="b"),), "fr"),
        ),
        ("", OLD),
        ("# rien\r\n", OLD),
        ("\ufefftitle = 'L’été'", Metadata("L’été")),
        ("title = 'L’été'".encode("cp1252"), Metadata("L’été")),
    ],
)
def test_overridden(toml: str | bytes, metadata: Metadata) -> None:
    assert given(toml) == replace(documents.document("Le texte."), metadata=metadata)


DATE = 'where a date such as 2019-10-18, "2019-10" or "2019" is expected'
LANGUAGE = 'where a code of two letters such as "fr" or "en" is expected'
AUTHOR = "where a name in quotes, or several in [ ], is expected"


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ('auteur = "a"', 'its sidecar sets "auteur": write "authors" instead'),
        ('auhtors = "a"', 'its sidecar sets "auhtors": write "authors" instead'),
        ('journal = "a"', 'its sidecar sets "journal": write "container" instead'),
        ('Titre = "a"', 'its sidecar sets "Titre": write "title" instead'),
        ('lang = "fr"', 'its sidecar sets "lang": write "language" instead'),
        ("year = 2019", 'its sidecar sets "year": write "date" instead'),
        ("[xyzxyz]\na = 1", 'its sidecar sets "xyzxyz": it may set title, date, authors, author, language'),
        (
            'doi = "abc"',
            'its sidecar sets doi to "abc", where an identifier such as "10.1000/182" is expected',
        ),
        (
            'isbn = "9782070368223"',
            'its sidecar sets isbn to "9782070368223",'
            ' where an identifier such as "978-2-07-036822-8" is expected',
        ),
        ('type = "novel"', 'its sidecar sets type to "novel", where a type of CSL such as "article-journal"'),
        ("title = 3", "its sidecar sets title to 3, where a text in quotes is expected"),
        ('title = "…"', 'its sidecar sets title to "…", where a text in quotes is expected'),
        ('author = ["a", 3]', f"its sidecar sets author to 3, {AUTHOR}"),
        ("author = []", f"its sidecar sets author to [], {AUTHOR}"),
        ('language = "klingon"', f'its sidecar sets language to "klingon", {LANGUAGE}'),
        ("language = true", f"its sidecar sets language to True, {LANGUAGE}"),
        ('date = "18 octobre"', f'its sidecar sets date to "18 octobre", {DATE}'),
        ('date = "2019-13"', f'its sidecar sets date to "2019-13", {DATE}'),
        ("date = 0999-01-01", f"its sidecar sets date to 0999-01-01, {DATE}"),
        ("date = true", f"its sidecar sets date to True, {DATE}"),
        ("date = 12:30:00", f"its sidecar sets date to 12:30:00, {DATE}"),
        (b"PK\x03\x04", "its sidecar cannot be read: it is a ZIP archive or an office document, not text"),
        (f'title = "{"a" * 9}" x', "its sidecar is no valid TOML (Expected newline or end of document"),
        ("date = 2019-10", 'so does a date without its day: date = "2019-10"'),
        ("a = " + "[" * 100_000, "its sidecar is no valid TOML"),
        ("a = " + "1" * 10_000, "its sidecar is no valid TOML"),
    ],
)
def test_invalid(toml: str | bytes, reason: str) -> None:
    with pytest.raises(InvalidSidecar) as caught:
        given(toml)
    assert reason in str(caught.value)
    assert isinstance(caught.value, Unreadable)
    assert "\n" not in str(caught.value)
