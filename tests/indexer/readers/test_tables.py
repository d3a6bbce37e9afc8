"""CSV, TSV and JSONL files → a document a row."""

import hashlib
import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import readers
from indexer.readers import Unreadable, check_format, read
from indexer.readers.metadata.columns import field_of
from indexer.readers.tables import read_csv, read_jsonl
from indexer.readers.text.gathering import check_length
from indexer.records import BlockKind, CorpusFile, Document, Metadata, Name, PartialDate


def rows(data: str | bytes, source: str = "a.csv") -> tuple[Document, ...]:
    raw = data if isinstance(data, bytes) else data.encode()
    return read(CorpusFile(source, Path(source), len(raw), 0, 0), raw)


def lines(*objects: object) -> str:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in objects)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Titre", "title"),
        ("TITLES", "title"),
        ("name", "title"),
        ("Texte intégral", "text"),
        ("Résumé", "text"),
        ("full_text", "text"),
        ("Année", "date"),
        ("datePublished", "date"),
        ("published-at", "date"),
        ("Auteur(s)", "author"),
        ("Langue", "language"),
        ("id", None),
        ("texture", None),
        ("sous-titre", None),
        ("", None),
    ],
)
def test_field_of(name: str, field: str | None) -> None:
    found = field_of(name)
    assert (found[0] if found else None) == field


def test_a_row_is_a_document() -> None:
    first, second = rows(
        "id;Titre;Texte;Année;Auteurs;Langue\n"
        '1;"Un ""grand"" titre";"Premier paragraphe ; le long.\n\nSecond\u00a0paragraphe.";'
        "2019-10;Jean Roux|M. Blanc;fr\n"
        ";;;;;\n"
        "3;Deux;42;;;de\n"
    )
    assert (first.source, first.format, first.title) == ("a.csv#1", "csv", 'Un "grand" titre')
    assert (first.date and first.date.iso, first.author, first.language) == (
        "2019-10",
        "Jean Roux, M. Blanc",
        "fr",
    )
    assert first.text == 'Un "grand" titre\n\nPremier paragraphe ; le long.\n\nSecond paragraphe.'
    assert [block.kind for block in first.blocks] == [
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
        BlockKind.PARAGRAPH,
    ]
    for block in first.blocks:
        assert first.text[block.content.start : block.content.end] == block.content.text
    raw = first.text.encode()
    assert (first.content_hash, first.size) == (hashlib.sha256(raw).hexdigest(), len(raw))
    assert (second.source, second.title, second.date, second.author) == ("a.csv#3", "Deux", None, None)


@pytest.mark.parametrize("gap", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_line_ends_and_encodings(gap: str, end: str, codec: str) -> None:
    table = [["titre", "texte"], ["L’été", '"Un, deux; trois | quatre\tcinq"'], ["Deux", "À la fin"]]
    data = end.join(gap.join(row) for row in table).encode(codec)
    assert [(row.title, row.blocks[1].content.text) for row in rows(data)] == [
        ("L’été", "Un, deux; trois | quatre cinq"),
        ("Deux", "À la fin"),
    ]


@pytest.mark.parametrize(
    ("table", "texts"),
    [
        ("pays,capitale,lien,n\nMaroc,Rabat,http://a.b,3\n", ["Maroc\n\ncapitale : Rabat"]),
        ("nom,rôle\nJean,chercheur\n", ["Jean\n\nrôle : chercheur"]),
        ("titre,n\nSeul,3\n", ["Seul"]),
        ("texte\nBonjour, monde\n", ["Bonjour, monde"]),
        ("résumé,corps\nun,deux\n", ["un\n\ndeux"]),
        ("a,b\n,\n3,4\nun mot,5\n", ["un mot"]),
        (",b\nmot,autre\n", ["mot\n\nb : autre"]),
        ("b,b,c\nun mot,deux mots,fin\n", ["un mot\n\nb (2) : deux mots\nc : fin"]),
        ("sep=;\ntitre;texte\nun,deux;trois\n", ["un,deux\n\ntrois"]),
        ('titre\ttexte\nUn\t"Non" dit-il\nDeux\tdit "oui"\n', ['Un\n\n"Non" dit-il', 'Deux\n\ndit "oui"']),
        ("titre,texte\n" + "un,deux\n" * 10 + "un,deux, 3\n", ["un\n\ndeux"] * 10 + ["un\n\ndeux, 3"]),
        ("titre,texte,n\nun mot,deux mots\n", ["un mot\n\ndeux mots"]),
        ("titre,texte,,\nun mot,deux mots,,,,\n", ["un mot\n\ndeux mots"]),
        (
            "titre,texte\nUn,<p>Le &eacute;t&eacute;</p><p>et <b>l'hiver</b></p>\n",
            ["Un\n\nLe été\n\net l'hiver"],
        ),
        ('titre,texte\nUn,"## Partie\n\n**gras** ici"\n', ["Un\n\nPartie\n\ngras ici"]),
        ("pays,ville,\nMaroc,Rabat,très utile\n", ["Maroc\n\nville : Rabat\ntrès utile"]),
        ("pays,ville,,\nMaroc,Rabat,,très utile,\n", ["Maroc\n\nville : Rabat\ntrès utile"]),
        (
            "pays,ville\nMaroc,Rabat,utile\nNiger,Agadez,court\n",
            ["Maroc\n\nville : Rabat\nutile", "Niger\n\nville : Agadez\ncourt"],
        ),
        (
            "pays,ville\n1,Maroc,Rabat\n2,Niger,Agadez\n",
            ["Maroc\n\nville : Rabat", "Niger\n\nville : Agadez"],
        ),
        ("Bilan 2019,,\nnom,lieu,avis\nA. Roux,Fès,utile\n", ["A. Roux\n\nlieu : Fès\navis : utile"]),
        ("Bilan 2019\n\nnom;lieu;avis\nA. Roux;Fès;utile\n", ["A. Roux\n\nlieu : Fès\navis : utile"]),
        ("Bilan,\npar lieu,\nlieu,avis\nFès,utile\n", ["Fès\n\navis : utile"]),
        ("texte\nBonjour, monde\nAdieu, amis\n", ["Bonjour, monde", "Adieu, amis"]),
        (
            "Horodateur,Quel est votre service ?,Message\n2021/03/02 10:00:00 AM UTC+1,Pédiatrie,Merci",
            ["Quel est votre service ? : Pédiatrie\nMessage : Merci"],
        ),
        (
            "Nom,Que retenez-vous de cette journée\nJean,Les ateliers\n",
            ["Jean\n\nQue retenez-vous de cette journée : Les ateliers"],
        ),
    ],
)
def test_tables(table: str, texts: list[str]) -> None:
    assert [row.text for row in rows(table)] == texts


LIMESURVEY = (
    '"id. ID de la réponse","submitdate. Date de soumission","startlanguage. Langue de départ",'
    '"Q1. Que pensez-vous de la formation ?","Q2[SQ001]. Vos attentes [La pratique]"\n'
    '"1","2021-03-02 10:00:00","fr","Très utile","Davantage"\n'
)


def test_a_survey_keeps_the_wording_of_its_questions() -> None:
    (row,) = rows(LIMESURVEY)
    assert (
        row.text == "Que pensez-vous de la formation ? : Très utile\nVos attentes [La pratique] : Davantage"
    )
    assert (row.date, row.language, row.title) == (
        PartialDate("2021-03-02"),
        "fr",
        "Que pensez-vous de la formation ? : Très utile",
    )


WORK = Metadata(
    "Nurse training",
    PartialDate("2018"),
    (Name("Dupont", "Jean"), Name("Durand", "Paul")),
    "en",
    type="article-journal",
    container="Rev Ped",
    volume="3",
    issue="2",
    pages="10-19",
    identifiers={"doi": "10.1000/182", "issn": "1234-5678"},
    tags=("nurses", "training"),
    abstract="This study examines nurse training.",
)
NAMES = "Dupont, Jean; Durand, Paul"


@pytest.mark.parametrize(
    "columns",
    [
        {
            "PT": "J", "AU": "Dupont, J; Durand, P", "AF": NAMES, "TI": WORK.title, "SO": "Rev Ped",
            "DE": "nurses; training", "AB": WORK.abstract, "SN": "1234-5678", "PY": "2018", "VL": "3",
            "IS": "2", "BP": "10", "EP": "19", "DI": "10.1000/182",
        },
        {
            "Key": "ABCD1234", "Item Type": "journalArticle", "Publication Year": "2018", "Author": NAMES,
            "Title": WORK.title, "Publication Title": "Rev Ped", "ISSN": "1234-5678", "DOI": "10.1000/182",
            "Abstract Note": WORK.abstract, "Date Added": "2020-01-02", "Pages": "10-19", "Issue": "2",
            "Volume": "3", "Library Catalog": "DOI.org (Crossref)", "Manual Tags": "nurses; training",
        },
        {
            "Authors": "Dupont J.; Durand P.", "Author full names": "Dupont, Jean (571); Durand, Paul (572)",
            "Title": WORK.title, "Year": "2018", "Source title": "Rev Ped", "Volume": "3", "Issue": "2",
            "Page start": "10", "Page end": "19", "DOI": "10.1000/182", "Abstract": WORK.abstract,
            "Author Keywords": "nurses; training", "Document Type": "Article", "ISSN": "12345678",
        },
    ],
    ids=["Web of Science", "Zotero", "Scopus"],
)  # fmt: skip
def test_exports_of_references(columns: dict[str, str]) -> None:
    data = "\t".join(columns) + "\n" + "\t".join(columns.values()) + "\n"
    (row,) = rows(data, "a.tsv")
    assert row.metadata == WORK
    assert row.text == f"{WORK.title}\n\n{WORK.abstract}"


def test_a_reference_without_a_summary_is_its_title() -> None:
    (row,) = rows("Title,DOI,Item Type,Library Catalog\nNurse training,10.1000/182,book,BnF\n")
    assert (row.text, row.metadata.type) == ("Nurse training", "book")


def test_a_row_without_a_title_is_called_by_its_text_or_its_place() -> None:
    assert [row.title for row in rows("texte,n\nLe vaccin protège les enfants.,1\n")] == [
        "Le vaccin protège les enfants"
    ]
    assert [row.title for row in rows("texte,n\nmars 2024,1\n", "b/mes_lignes.csv")] == ["mes lignes 1"]


def test_json_lines() -> None:
    first, second = rows(
        lines(
            {
                "title": "Un",
                "paragraphs": ["un texte", "deux"],
                "authors": [{"name": "A. Roux", "id": 3}, "B. Blanc"],
            },
            {"x": {"y": ["bonjour", 3, None, True]}, "publishedAt": "2019-10-18T10:00Z", "lang": "fr"},
        ).replace("\n", "\n\n"),
        "a.jsonl",
    )
    assert (first.source, first.format, first.text) == ("a.jsonl#1", "jsonl", "Un\n\nun texte\n\ndeux")
    assert first.author == "A. Roux, B. Blanc"
    assert (second.source, second.text, second.date and second.date.iso) == (
        "a.jsonl#2",
        "bonjour; 3",
        "2019-10-18",
    )


def test_the_finest_date_counts() -> None:
    assert [
        row.date and row.date.iso for row in rows("year,date,texte\n2019,18/10/2019,un mot\n2020.0,,un mot\n")
    ] == [
        "2019-10-18",
        "2020",
    ]


APART = "its rows cannot be told apart: "
QUOTES = "a quotation mark is missing or stray near line "


@pytest.mark.parametrize(
    ("source", "data", "reason"),
    [
        ("a.csv", "", "it holds no text"),
        ("a.csv", "titre,texte\n", "it holds no text"),
        ("a.csv", "titre,texte\n1,2\n", "it holds no text"),
        ("a.csv", "%PDF-1.4", "it is a PDF file, not text"),
        (
            "a.csv",
            "Bonjour,\nle monde",
            APART + "no comma, semicolon, tab or | parts the columns of the first",
        ),
        (
            "a.csv",
            "Bonjour\nle monde",
            APART + "no comma, semicolon, tab or | parts the columns of the first",
        ),
        (
            "a.csv",
            "titre,texte\na,b,c\nd,e,f,g",
            APART + "row 1 has 3 columns and the first line 2, as do others",
        ),
        ("a.csv", 'titre,texte\n"a,b\nc,d,e\nf,g,h', APART + QUOTES + "4"),
        ("a.jsonl", "{}\n[1]", APART + "line 2 is no JSON object"),
        ("a.jsonl", '{"a": "b"}\n{"a":', APART + "line 2 is no JSON object"),
        ("a.jsonl", "[" * 100_000, APART + "line 1 is no JSON object"),
        ("a.ndjson", '{"a": ' + "1" * 5000 + "}", APART + "line 1 is no JSON object"),
        ("a.jsonl", '{"a": ' + "[" * 900 + "]" * 900 + "}", "it holds no text"),
    ],
)
def test_unreadable(source: str, data: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        rows(data, source)
    assert str(caught.value) == reason


def test_rows_and_their_text_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(list(read_csv(b"titre,n\n" + b"mot,1\n" * 3, most_rows=3))) == 3
    for reader, data in ((read_csv, b"titre,n\n" + b"mot,1\n" * 4), (read_jsonl, b'{"titre": "mot"}\n' * 4)):
        with pytest.raises(Unreadable, match="too large: it has 4 rows where 3 are read at most"):
            list(reader(data, most_rows=3))
    # Texts as long as the bound that there is would take ten seconds.
    monkeypatch.setattr(readers, "check_length", partial(check_length, most=2**20))
    with pytest.raises(Unreadable, match="too large: it holds more than 1 million characters"):
        rows(f"titre,{'x' * 400_000}\n" + "un,mot\n" * 3)
    assert len(rows(f"titre,{'x' * 400_000}\n" + "un,mot\n" * 2)) == 2


def test_suffixes_of_tables_are_known() -> None:
    for name in ("a.CSV", "a.tsv", "a.jsonl", "a.ndjson"):
        check_format(name)


@given(
    st.text(alphabet='ab ,;\t|"\n\r\\{}[]:é\u2028', max_size=80) | st.text(max_size=60),
    st.sampled_from(["a.csv", "a.tsv", "a.jsonl"]),
    st.sampled_from(["", "titre,texte\n", '{"titre": "a", "texte": "b"}\n']),
)
def test_rows_fail_in_one_way_only(text: str, source: str, head: str) -> None:
    try:
        found = rows((head + text).encode("utf-8", "replace"), source)
    except Unreadable:
        return
    for row in found:
        assert row.title.strip() == row.title != ""
        for block in row.blocks:
            assert (
                row.text[block.content.start : block.content.end] == block.content.text
                or block.kind is BlockKind.CODE
            )


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='"'), min_size=1),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
    )
)
def test_what_a_program_writes_is_read_again(table: list[list[str]]) -> None:
    data = "titre,texte\n" + "".join(f'"mot {title}","le texte {text}"\n' for title, text in table)
    assert len(rows(data)) == len(table)
