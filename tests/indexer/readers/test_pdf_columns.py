"""Columns of PDF pages with tables, formulas and figures; numbered lines; text from right to left."""

import pytest

from indexer.readers.pdf import read_pdf
from indexer.readers.pdf.direction import in_order, is_rtl
from indexer.readers.pdf.words import Word
from tests.indexer.pdfs import At, pdf

PROSE = [
    "{} les médecins de la région vont",
    "{} viennent au centre de santé et",
    "{} dont les équipes sont formées",
    "{} pour soigner les malades avec",
    "{} des moyens simples et peu chers",
    "{} selon le plan de la région du",
]


def prose(mark: str, lines: int) -> list[str]:
    return [PROSE[at % len(PROSE)].format(mark) for at in range(lines)]


def cells(x: int, y: int, mark: str, rows: int) -> list[At]:
    return [At(x + 60 * at, y, [f"{mark}{row}{at}" for row in range(rows)]) for at in range(3)]


TABLE = [At(310, 700, "D Tableau 1"), *cells(310, 688, "D", 7), At(310, 600, prose("D", 4))]
FORMULAS = [
    At(310, 700, prose("D", 3)),
    *(At(360, 660, "D = mx + b"), At(480, 660, "(1D)"), At(345, 645, "D + 3"), At(420, 640, "/ 2")),
    At(310, 620, prose("D", 5)),
]
FIGURE = [At(320 + 30 * at, 700 - 9 * (at % 4), f"D{at}", size=7) for at in range(7)]
FIGURE += [At(310, 640, "D Figure 1. Les lits", size=8), At(310, 620, prose("D", 6))]
CELLS_TWICE = [*cells(50, 520, "G", 4), *cells(310, 700, "D", 8), At(310, 580, prose("D", 4))]


@pytest.mark.parametrize(
    "right", [TABLE, FORMULAS, FIGURE, CELLS_TWICE], ids=["table", "formulas", "figure", "both"]
)
def test_a_column_with_more_than_prose_is_still_a_column(right: list[At]) -> None:
    text = read_pdf(pdf([At(50, 700, prose("G", 14)), *right])).text
    marks = [word[0] for word in text.split() if word[0] in "GD"]
    assert marks == sorted(marks, reverse=True)


def test_cells_beside_short_texts_are_a_table() -> None:
    page = [At(50, 700, ["Le lait", "Le café", "Le thé", "Le pain"]), At(310, 700, ["12", "10", "8", "3"])]
    assert read_pdf(pdf(page)).text.split("\n")[0] == "Le lait | 12"


MANUSCRIPT = [
    "L’étude porte sur la formation continue des infirmières de bloc opéra-",
    "toire dans trois hôpitaux du pays. Les entretiens ont tous duré une",
    "heure en moyenne et furent enregistrés avec l’accord des personnes",
    "présentes. Les données ont ensuite été relues par deux personnes au",
    "moins, puis comparées. Les résultats montrent que la formation reste",
    "jugée utile lorsque le cadre de santé y prend part lui-même chaque",
] * 2


@pytest.mark.parametrize(
    "numbers",
    [
        [At(50, 700, [f"{number:3}" for number in range(95, 107)])],
        [At(50, 700, [str(number) for number in range(1, 13)])],
        [At(560, 700, [f"{number:03}" for number in range(1, 13)])],
    ],
    ids=["right-aligned", "left-aligned", "right margin"],
)
def test_numbers_of_lines_are_no_text(numbers: list[At]) -> None:
    text = read_pdf(pdf([*numbers, At(90, 700, MANUSCRIPT)])).text
    assert not any(char.isdigit() for char in text)
    assert "bloc opératoire" in text


def test_every_fifth_line_may_be_numbered() -> None:
    numbers = [At(50, 700 - 60 * at - 48, str(5 * at + 5)) for at in range(6)]
    text = read_pdf(pdf([*numbers, At(90, 700, MANUSCRIPT * 3)])).text
    assert not any(char.isdigit() for char in text)


@pytest.mark.parametrize(
    "lines",
    [
        ["Rabat", "Tanger", "Fès", "Oujda", "Agadir", "Safi"],
        ["Centre hospitalier de Rabat      120", "Hôpital de Fès     80", "Clinique de la mer     70"] * 2,
    ],
)
def test_the_ranks_of_a_table_stay(lines: list[str]) -> None:
    rows = [
        (At(50, 700 - 12 * at, str(at + 1)), At(90, 700 - 12 * at, line)) for at, line in enumerate(lines)
    ]
    text = read_pdf(pdf([cell for row in rows for cell in row])).text
    assert all(f"{number} | {lines[number - 1].split()[0]}" in text for number in range(1, 7))


FIELD = "/FT/Tx/T(nom)/V(Observation saisie)/DA(/Light 10 Tf 0 g)"


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (f"/Subtype/Widget{FIELD}", "Observation saisie"),
        ("/Subtype/FreeText/Contents(Remarque en marge)/DA(/Light 10 Tf 0 g)", "Remarque en marge"),
        ("/Subtype/Widget/FT/Tx/V(Rien)/F 2/DA(/Light 10 Tf 0 g)", None),
        ("/Subtype/Link/Contents(Un lien)", None),
    ],
)
def test_form_fields_and_notes_in_the_margin_are_text(annotation: str, text: str | None) -> None:
    form = "/AcroForm<</Fields[90 0 R]/DR<</Font<</Light 3 0 R>>>>>>"
    data = pdf([At(50, 700, PROSE)], page="/Annots[90 0 R]")
    data = data.replace(b"/Type/Catalog", b"/Type/Catalog" + form.encode())
    entry = f"90 0 obj\n<</Type/Annot/Rect[50 600 400 620]{annotation}>>\nendobj\n"
    data = data.replace(b"xref\n0", entry.encode() + b"xref\n0")
    found = read_pdf(data).text
    assert " ".join(PROSE) in found
    assert found.removeprefix(" ".join(PROSE)).strip() == (text or "")


def word(text: str, left: float) -> Word:
    return Word(text, left, left + 10, 0, 10, False, False)


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("Un mot العربية ici", "Un mot العربية ici"),
        ("فعالة حلول إيجاد", "إيجاد حلول فعالة"),
        ("من Python R بلغة وحل", "وحل بلغة Python R من"),
        ("سنة 2020 3 في", "في 2020 3 سنة"),
        ("see ثانية كلمة down here", "see كلمة ثانية down here"),
    ],
)
@pytest.mark.parametrize("from_right", [False, True])
def test_the_words_of_a_line_are_read_in_their_own_direction(seen: str, read: str, from_right: bool) -> None:
    words = [word(text, 20.0 * at) for at, text in enumerate(seen.split())]
    assert is_rtl(words) == (read[0] > "א")
    given = list(reversed(words)) if from_right else words
    assert " ".join(each.text for each in in_order(given, from_right)) == read
