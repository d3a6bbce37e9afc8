"""Whole files → documents: the seeds, the choice of reader, metadata."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers import Unreadable, read
from indexer.readers.markdown import is_markdown
from indexer.records import BlockKind, CorpusFile, Document
from tests.indexer.archives import docx
from tests.indexer.readers.test_docx import p

SEEDS = Path(__file__).parents[3] / "seeds"


def document(source: str, data: bytes) -> Document:
    (found,) = read(CorpusFile(source, Path(source), len(data), 0, 0), data)
    return found


@pytest.mark.parametrize(
    ("prefix", "format", "iso", "title", "blocks"),
    [
        (
            "000",
            "text",
            "2019-10-18",
            "Signature d’une convention de partenariat scientifique entre le groupe ODM et l’UM6SS",
            10,
        ),
        ("001", "text", None, "L’ESM6ISS au cœur des dynamiques biomédicales nationales", 7),
        ("002", "markdown", "2012-06-23", "1er Forum des Compétences Médicales Marocaines du Monde", 43),
        (
            "003",
            "text",
            "2024-11-13",
            "Les Journées scientifiques de l’internat, du 14 au 16 novembre à Tanger",
            14,
        ),
        (
            "004",
            "text",
            "2021-02",
            "Plus de 40 hauts responsables du secteur de la santé, directeurs d’hôpitaux et cadres régionaux "
            "et centraux de direction…",
            6,
        ),
    ],
)
def test_seeds(prefix: str, format: str, iso: str | None, title: str, blocks: int) -> None:
    (path,) = SEEDS.glob(prefix + "*")
    data = path.read_bytes()
    seed = document(path.name, data)
    assert (seed.format, seed.date and seed.date.iso, seed.title) == (format, iso, title)
    assert (seed.language, len(seed.blocks)) == ("fr", blocks)
    assert (seed.text, seed.size) == (data.decode(), len(data))
    assert seed.content_hash == hashlib.sha256(data).hexdigest()
    head = seed.blocks[0]
    if prefix != "004":
        assert (head.kind, head.level, head.content.text) == (BlockKind.HEADING, 1, title)


def test_front_matter_is_metadata_and_no_text() -> None:
    source = '---\ntitle: "Un titre"\ndate: 2020-05-04\ntags: [a]\n---\n\nLe corps du texte.\n'
    read_ = document("a.md", source.encode())
    assert (read_.title, read_.date and read_.date.iso) == ("Un titre", "2020-05-04")
    assert [block.content.text for block in read_.blocks] == ["Le corps du texte."]
    assert source[read_.blocks[0].content.start :] == "Le corps du texte.\n"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("# Titre\n\ntexte", True),
        ("texte\n\n## Section\n", True),
        ("du **gras** ici", True),
        ("voir [là](http://a.b)", True),
        ("1<sup>er</sup>", True),
        ("2**3**4 et a ** b ** c", False),
        ("un [mot](sic) entre crochets", False),
        ("#hashtag, n# 5\n# 5 boîtes", False),
        ("* puce\n* puce", False),
    ],
)
def test_is_markdown(text: str, markdown: bool) -> None:
    assert is_markdown(text) is markdown


@pytest.mark.parametrize(
    ("source", "data", "reason"),
    [
        (
            "a.xyz",
            b"a",
            ".xyz files are not read; saved as PDF, DOCX, ODT, HTML or plain text they can be",
        ),
        (
            "LISEZMOI",
            b"a",
            "files without a suffix are not read; saved as PDF, DOCX, ODT, HTML or plain text they can be",
        ),
        ("cours.PPT", b"a", ".PPT files are not read; saved as PPTX or PDF they can be"),
        ("photo.heic", b"a", ".heic files are not read; saved as PNG or JPEG they can be"),
        ("a.7z", b"a", ".7z files are not read; unpacked, what is in them can be"),
        ("a.txt", b" \r\n\t", "it holds no text"),
        ("a.md", b"<!-- rien -->", "it holds no text"),
        ("a.txt", b"%PDF-1.4", "it is a PDF file, not text"),
    ],
)
def test_unreadable(source: str, data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        document(source, data)
    assert str(caught.value) == reason


def test_suffixes_are_read_in_any_case_and_names_give_dates() -> None:
    read_ = document("b/2020-01-02-note.TXT", b"Bonjour tout le monde")
    assert (read_.title, read_.date and read_.date.iso) == ("Bonjour tout le monde", "2020-01-02")


@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)),
    st.sampled_from(["a.md", "a.txt"]),
)
def test_reading_fails_in_one_way_only(data: bytes, source: str) -> None:
    try:
        read_ = document(source, data)
    except Unreadable:
        return
    assert read_.title.strip() == read_.title != ""
    assert "\n" not in read_.title
    for block in read_.blocks:
        content = block.content
        assert content.text.strip()
        assert list(content.starts) == sorted(content.starts)
        assert all(0 <= s < e <= len(read_.text) for s, e in zip(content.starts, content.ends, strict=True))


def test_a_declared_language_counts_where_the_text_tells_none() -> None:
    assert document("a.html", b"<html lang=de><p>123").language == "de"
    assert (
        document("a.html", b"<html lang=de><p>Voici une phrase dans un fran\xe7ais limpide.").language == "fr"
    )


def test_the_byline_names_the_author_where_metadata_do_not() -> None:
    assert document("a.txt", b"Un titre\n\nPar Jean Dupont\n\nLe texte de l'article.").author == "Jean Dupont"
    html = b"<meta name=author content='A. Roux'><h1>Un titre</h1><p>Par Jean Dupont<p>Le texte."
    assert document("a.html", html).author == "A. Roux"


def test_the_byline_comes_before_the_account_that_a_program_names() -> None:
    signed = docx(p("Le titre") + p("Par Jean Dupont") + p("Le texte."), author="Marie Curie")
    assert document("a.docx", signed).author == "Jean Dupont"
    unsigned = docx(p("Le titre") + p("Le texte."), author="Marie Curie")
    assert document("a.docx", unsigned).author == "Marie Curie"
