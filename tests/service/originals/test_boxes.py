"""Where a text stands among the characters of a page."""

from __future__ import annotations

import pytest

from service.originals.boxes import Box, boxes_of

LINE = 0.1
STEP = 0.01


def page(*lines: str) -> list[tuple[str, Box]]:
    """Characters in lines of one size, each a hundredth of the page wide half of their distance high."""
    return [
        (sign, Box(at * STEP, row * LINE, (at + 1) * STEP, row * LINE + LINE / 2))
        for row, line in enumerate(lines)
        for at, sign in enumerate(line)
        if sign != " "
    ]


def spans(text: str, *lines: str) -> list[tuple[int, int, int]]:
    """(line, first column, column after the last) of each box."""
    return [
        (round(box.top / LINE), round(box.left / STEP), round(box.right / STEP))
        for box in boxes_of(text, page(*lines))
    ]


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("deux mots", ["un deux mots ici"], [(0, 3, 12)]),
        ("le programme conti-\nnue", ["le programme conti-", "nue ici"], [(0, 0, 18), (1, 0, 3)]),
        ("le programme continue", ["le programme conti-", "nue ici"], [(0, 0, 18), (1, 0, 3)]),
        ("L’ÉTÉ à Rabat", ["l'e\u0301te\u0301 à Rabat"], [(0, 0, 15)]),
        ("la fin suffit", ["la ﬁn suﬃt"], [(0, 0, 10)]),
        ("m² carré", ["m2 carré"], [(0, 0, 8)]),
        ("absent", ["rien de tel"], []),
        ("", ["rien"], []),
        ("… !", ["rien"], []),
        ("rien", [], []),
    ],
)
def test_a_text_is_found_by_its_letters(
    text: str, lines: list[str], expected: list[tuple[int, int, int]]
) -> None:
    assert spans(text, *lines) == expected


def test_a_text_that_goes_on_on_the_next_page_is_found_to_the_end_of_this_one() -> None:
    text = "Les médecins de toute la région se sont réunis hier à Rabat."
    assert spans(text, "Avant. Les médecins de toute la région") == [(0, 7, 38)]
    assert spans(text, "se sont réunis hier à Rabat. Après.") == [(0, 0, 27)]


def test_a_text_that_a_note_interrupts_is_found_before_and_after_it() -> None:
    text = "Les médecins de la région viendront tous ensemble"
    assert spans(text, "Les médecins de la région", "12 Une note.", "viendront tous ensemble") == [
        (0, 0, 25),
        (2, 0, 23),
    ]


def test_a_few_letters_in_common_are_no_place() -> None:
    assert spans("Le train est parti", "Le train, lui, reste") == []


def test_columns_side_by_side_are_not_joined() -> None:
    gap = " " * 40
    assert spans("un deux", f"un{gap}deux") == [(0, 0, 2), (0, 42, 46)]
