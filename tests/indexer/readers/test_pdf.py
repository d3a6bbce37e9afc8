"""PDF files → text and blocks."""

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.pdf import read_pdf
from indexer.records import BlockKind
from tests.indexer.pdfs import At, pdf

H, P, LI, TR = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW

ONE = [
    "Le programme de formation conti-",
    "nue réunit chaque année tous les",
    "médecins de la région Casablanca-",
    "Settat et de Rabat.",
]
ONE_TEXT = (
    "Le programme de formation continue réunit chaque année tous les médecins de la région Casablanca-Settat "
    "et de Rabat."
)
TWO = ["Les pharmaciens viendront aussi,", "comme ceux des autres régions et", "leurs équipes."]
TWO_TEXT = "Les pharmaciens viendront aussi, comme ceux des autres régions et leurs équipes."
LONG = ["Une ligne bien remplie du texte."] * 8


def shape(data: bytes) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.content.text) for block in read_pdf(data).blocks]


def placed(data: bytes) -> list[tuple[int | None, str]]:
    return [(block.page, block.content.text) for block in read_pdf(data).blocks]


def test_paragraphs_parted_by_space_are_whole() -> None:
    found = read_pdf(pdf([At(50, 700, ONE), At(50, 640, TWO)]))
    assert [(block.kind, block.content.text) for block in found.blocks] == [(P, ONE_TEXT), (P, TWO_TEXT)]
    assert (found.format, found.text, found.metadata.date) == ("pdf", f"{ONE_TEXT}\n\n{TWO_TEXT}", None)
    assert [found.text[each.content.start : each.content.end] for each in found.blocks] == [
        ONE_TEXT,
        TWO_TEXT,
    ]


def test_paragraphs_parted_by_indents_are_whole() -> None:
    page = [
        At(65, 700, "Les uns viendront par le train"),
        At(50, 688, ["du matin ou bien, plus tard, par", "la route."]),
    ]
    page += [
        At(65, 664, "Les autres viendront à pied,"),
        At(50, 652, ["comme ils le font chaque année,", "ou à vélo."]),
    ]
    assert shape(pdf(page)) == [
        (P, "Les uns viendront par le train du matin ou bien, plus tard, par la route."),
        (P, "Les autres viendront à pied, comme ils le font chaque année, ou à vélo."),
    ]


def test_short_lines_of_one_block_stay_lines() -> None:
    address = ["12, rue du Port", "Rabat", "Maroc"]
    assert shape(pdf([At(50, 700, address), At(50, 640, LONG)]))[0] == (P, "12, rue du Port\nRabat\nMaroc")


@pytest.mark.parametrize("drop", [0, 5], ids=["level", "apart"])
def test_columns_are_read_one_after_the_other(drop: float) -> None:
    title = At(80, 760, "Un titre sur toute la largeur", size=20, bold=True)
    left, right = At(50, 700, [*ONE, *TWO[:2]]), At(310, 700 - drop, ["leurs familles.", *LONG])
    assert [text for _, text in shape(pdf([title, right, left]))] == [
        "Un titre sur toute la largeur",
        ONE_TEXT,
        "Les pharmaciens viendront aussi, comme ceux des autres régions et leurs familles.",
        " ".join(LONG),
    ]


def test_three_columns_under_a_title_that_stands_above_the_middle_one() -> None:
    title = At(30, 760, ["Un titre large sur toutes les colonnes", "             et sa suite"], size=15)
    columns = [
        At(x, 700, [f"{name} page qui est bien pleine"] * 6, size=8)
        for x, name in ((30, "Une"), (220, "Sur"), (410, "Nos"))
    ]
    found = [text for _, text in shape(pdf([title, *columns]))]
    assert found[0] == "Un titre large sur toutes les colonnes et sa suite"
    assert [word for word in " ".join(found[1:]).split() if word.istitle()] == ["Une"] * 6 + ["Sur"] * 6 + [
        "Nos"
    ] * 6


def test_a_line_across_the_columns_parts_what_is_above_from_what_is_below() -> None:
    across = "Une phrase qui va d’un bord à l’autre de la page, sans s’arrêter entre deux colonnes."
    page = [At(50, 700, ["AA", *LONG]), At(310, 700, ["BB", *LONG]), At(50, 570, across)]
    text = read_pdf(pdf([*page, At(50, 540, ["CC", *LONG]), At(310, 540, ["DD", *LONG])])).text
    assert [each for each in text.split() if each in ("AA", "BB", "CC", "DD", "bord")] == [
        "AA",
        "BB",
        "bord",
        "CC",
        "DD",
    ]


def test_a_paragraph_over_a_page_break_stands_where_it_begins() -> None:
    assert placed(pdf([At(50, 90, ONE[:2])], [At(50, 750, ONE[2:]), At(50, 700, TWO)])) == [
        (1, ONE_TEXT),
        (2, TWO_TEXT),
    ]


def test_a_paragraph_goes_on_after_the_notes_of_its_page() -> None:
    note = At(50, 50, "1. Une note en petits signes.", size=7)
    pages = (
        [At(50, 90, ["Le programme de formation qui", "réunit chaque année, à Rabat, les"]), note],
        [At(50, 750, ONE[2:])],
    )
    assert placed(pdf(*pages)) == [
        (
            1,
            "Le programme de formation qui réunit chaque année, à Rabat, les médecins de la région "
            "Casablanca-Settat et de Rabat.",
        ),
        (1, "Une note en petits signes."),
    ]


def test_running_heads_and_page_numbers_are_dropped() -> None:
    pages = [
        [
            At(50, 780, f"Revue de santé n° {number}"),
            At(50, 700, [f"Texte {name}.", *LONG]),
            At(280, 30, f"- {number} -"),
        ]
        for number, name in enumerate(("un", "deux", "trois"), 1)
    ]
    text = read_pdf(pdf(*pages)).text
    assert "Revue" not in text and "- 2" not in text
    assert all(f"Texte {name}." in text for name in ("un", "deux", "trois"))


def test_what_stands_once_at_an_edge_is_kept() -> None:
    assert (
        "Ministère"
        in read_pdf(pdf([At(50, 780, "Ministère de la santé"), At(50, 700, LONG)], [At(50, 700, LONG)])).text
    )


def test_headings_are_ranked_by_size_then_weight() -> None:
    page = [
        At(50, 760, "Le titre du rapport", size=20),
        At(50, 720, "Méthodes", size=14, bold=True),
        At(50, 700, LONG),
        At(50, 590, "1. Données", bold=True),
        At(50, 570, LONG),
        At(50, 460, "Résultats", size=14, bold=True),
        At(50, 440, LONG),
    ]
    headings = [(block.level, block.content.text) for block in read_pdf(pdf(page)).blocks if block.kind is H]
    assert headings == [(1, "Le titre du rapport"), (2, "Méthodes"), (3, "1. Données"), (2, "Résultats")]


def test_a_bold_line_within_a_paragraph_heads_nothing() -> None:
    page = [
        At(50, 700, LONG[:2]),
        At(50, 676, "Une ligne très importante et dit", bold=True),
        At(50, 664, LONG),
    ]
    assert [kind for kind, _ in shape(pdf(page))] == [P]


def test_lists() -> None:
    page = [At(50, 740, LONG), At(60, 630, "• Un point qui est assez long"), At(72, 618, "pour deux lignes,")]
    page += [
        At(60, 606, "• un autre,"),
        At(80, 594, "- un point de ce point,"),
        At(60, 582, "• et le dernier."),
    ]
    found = [(block.kind, block.level, block.content.text) for block in read_pdf(pdf(page)).blocks[1:]]
    assert found == [
        (LI, 1, "Un point qui est assez long pour deux lignes,"),
        (LI, 1, "un autre,"),
        (LI, 2, "un point de ce point,"),
        (LI, 1, "et le dernier."),
    ]


def test_rows_of_a_table_keep_their_cells() -> None:
    page = [At(50, 700, ["Région", "Rabat", "Tanger", "Fès"]), At(200, 700, ["Lits", "1 200", "800", "650"])]
    assert shape(pdf([*page, At(50, 600, LONG)]))[:2] == [(TR, "Région | Lits"), (TR, "Rabat | 1 200")]


def test_ligatures_are_letters_and_marks_of_notes_are_gone() -> None:
    page = [At(50, 700, "une dé\x01nition du terme"), At(188, 704, "12", size=5), At(50, 680, LONG)]
    assert shape(pdf(page))[0] == (P, "une définition du terme")


def test_turned_text_is_read_along_its_own_lines() -> None:
    page = [At(100, 50, ONE, turned=True)]
    assert [text for _, text in shape(pdf(page))] == [ONE_TEXT]
    assert [text for _, text in shape(pdf(page, page="/Rotate 90"))] == [ONE_TEXT]


def test_properties_count_where_the_text_bears_them_out() -> None:
    page = [At(50, 760, "Le titre du rapport", size=20), At(50, 720, LONG)]
    metadata = read_pdf(pdf(page, title="Le titre du rapport", author="Jean Dupont")).metadata
    assert (metadata.title, metadata.author) == ("Le titre du rapport", "Jean Dupont")
    metadata = read_pdf(pdf(page, title="Microsoft Word - rapport.doc", author="jdupont")).metadata
    assert (metadata.title, metadata.author) == ("", None)


IMAGE = "q 100 0 0 100 0 0 cm /Image Do Q"
LOCKED = f"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{'00' * 32}>/U<{'00' * 32}>>>/ID[<00><00>]"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            pdf([], content=IMAGE),
            "a scanned PDF in which no text can be read; scan it again with 300 dots per inch",
        ),
        (pdf([At(50, 700, ONE)], trailer=LOCKED), "encrypted: it opens only with a password"),
        (
            pdf([At(50, 700, ONE)], trailer=LOCKED.replace("Standard", "Other")),
            "encrypted in a way that is not known here",
        ),
        (
            pdf([At(50, 700, ONE)]).replace(b"Kids[7 0 R]", b"Kids[2 0 R]"),
            "it is damaged: its pages cannot be read",
        ),
        (b"%PDF-1.7\nrien", "it is damaged, or no PDF file"),
        (b"", "it is damaged, or no PDF file"),
        (b"bonjour", "it is damaged, or no PDF file"),
    ],
)
def test_unreadable(data: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.readers.pdf.read_scans", lambda *_: {})
    with pytest.raises(Unreadable) as caught:
        read_pdf(data)
    assert str(caught.value) == reason


def test_a_pdf_without_text_or_image_has_no_blocks() -> None:
    assert read_pdf(pdf([])).blocks == ()


def test_too_many_pages_are_refused() -> None:
    with pytest.raises(Unreadable, match="too large: it has 3 pages, more than 2"):
        read_pdf(pdf([], [], []), most_pages=2)


def test_a_cut_file_is_read_as_far_as_it_goes_or_refused() -> None:
    whole = pdf([At(50, 700, ONE)], [At(50, 700, TWO)])
    for end in range(0, len(whole), 61):
        try:
            read_pdf(whole[:end])
        except Unreadable:
            continue


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (["Sommaire", "Introduction ........ 1", "1.2 Méthodes . . . . . 5", "Résultats......5"], []),
        (
            [
                "Contents",
                "Préface ____ iv",
                "Un titre très long qui passe",
                "à la ligne ...... 3",
                "Fin …… 12",
            ],
            [],
        ),
        (
            ["Avant-propos", "Un .... 1", "Deux .... 2", "Trois .... 3", "Une phrase."],
            ["Avant-propos", "Une phrase."],
        ),
        (["Café ...... 12", "Thé ...... 10", "Lait ...... 8"], None),
        (["Un .... 1", "Deux .... 2"], None),
        (["Nom : ..........", "Prénom : ..........", "Âge : .........."], None),
        (["Il hésite... 3", "puis part... 4", "enfin... 5"], None),
    ],
)
def test_contents_are_left_out(lines: list[str], kept: list[str] | None) -> None:
    text = read_pdf(pdf([At(50, 700, lines), At(50, 500, LONG)])).text
    found = [line for line in text.split("\n") if line and line != " ".join(LONG)]
    assert " ".join(found) == " ".join(lines if kept is None else kept)


def test_a_file_of_nothing_but_contents_holds_no_text() -> None:
    assert read_pdf(pdf([At(50, 700, ["Un .... 1", "Deux .... 2", "Trois .... 3"])])).blocks == ()


@pytest.mark.parametrize(
    ("second", "text"),
    [
        ("Thème et objectif du projet", "précisant :\n\nThème et"),
        ("thème et objectif du projet", "précisant : thème et"),
    ],
)
def test_a_line_that_ends_a_sentence_needs_no_room_to_be_short(second: str, text: str) -> None:
    # The fullest line ends at 242, a space and the word after the first line at 52 + 31 * 6 + 2.5 = 240.5.
    item = At(52, 700, ["- Une fiche en précisant :", f"  {second}", "  et de la région de Rabat."])
    assert text in read_pdf(pdf([item, At(50, 600, LONG)])).text


@pytest.mark.parametrize(
    ("line", "x", "size", "kind"),
    [
        ("Note de cadrage", 50, 10, H),
        ("Une phrase en italique.", 50, 10, P),
        ("suite en italique", 50, 10, P),
        ("Figure 1 – Une carte", 50, 10, P),
        ("Une citation en retrait", 80, 10, P),
        ("Une légende plus petite", 50, 8, P),
    ],
)
def test_a_line_in_italics_between_two_paragraphs_is_a_heading(
    line: str, x: int, size: int, kind: BlockKind
) -> None:
    page = [At(50, 750, LONG), At(x, 600, line, size=size, italic=True), At(50, 570, LONG)]
    assert shape(pdf(page)) == [(P, " ".join(LONG)), (kind, line), (P, " ".join(LONG))]


def test_italics_above_the_text_or_below_it_are_no_headings() -> None:
    page = [
        At(50, 750, "Université de Rabat", italic=True),
        At(50, 700, LONG),
        At(50, 550, "Jean Roux", italic=True),
    ]
    assert [kind for kind, _ in shape(pdf(page))] == [P, P, P]


def test_a_line_that_goes_on_in_small_letters_is_full() -> None:
    lines = [
        "Les entretiens, menés par deux personnes, ont duré une",
        "heure en moyenne et furent enregistrés avec l’accord de",
        "toutes les personnes présentes.",
    ]
    assert shape(pdf([At(50, 700, lines), At(50, 600, [f"{LONG[0]} Et encore du texte à la suite."] * 4)]))[
        0
    ] == (
        P,
        " ".join(lines),
    )


def test_points_on_two_pages_are_two() -> None:
    assert [text for _, text in shape(pdf([At(50, 700, "Hypertension")], [At(50, 750, "Traitement")]))] == [
        "Hypertension",
        "Traitement",
    ]
