"""Clean text: NFC, single spaces, exact spans."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.text.cleaning import tidy
from indexer.records import CleanText


def tidied(source: str) -> CleanText:
    return tidy(CleanText.verbatim(source, 0, len(source)))


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ("  deux\t mots \u00a0 ", "deux mots"),
        ("« oui\u202f»\u00a0!", "« oui »\u0020!"),
        ("a \n b", "a\nb"),
        ("co\u00adopé\u200bration", "coopération"),
        ("\ufeffe\u0301te\u0301", "été"),
        ("e\u200b\u0301", "é"),
        ("\u1112\u1161\u11ab", "한"),
        ("\u212b", "Å"),
        ("a\x07b", "ab"),
        ("\u200b \u200b", ""),
    ],
)
def test_tidy(source: str, clean: str) -> None:
    assert tidied(source).text == clean


def test_a_composed_letter_spans_both_its_characters() -> None:
    clean = tidied("xe\u0301  y")
    assert (clean.text, list(clean.starts), list(clean.ends)) == ("xé y", [0, 1, 3, 5], [1, 3, 5, 6])


def test_marks_beyond_reason_are_dropped() -> None:
    assert len(tidied("e" + "\u0301\u0323" * 20_000)) <= 31


ODD = st.text(
    st.sampled_from("ab é\n\t\u00a0\u200b\u00ad\u0301\u0323\u0327\u1100\u1161\u11a8\u212b\u0928\u093c")
)


@given(st.one_of(ODD, st.text()))
def test_spans_are_in_order_and_text_is_stable(source: str) -> None:
    clean = tidied(source)
    assert unicodedata.is_normalized("NFC", clean.text)
    assert list(clean.starts) == sorted(clean.starts)
    assert all(0 <= start < end <= len(source) for start, end in zip(clean.starts, clean.ends, strict=True))
    assert tidied(clean.text).text == clean.text
    for char, start, end in zip(clean.text, clean.starts, clean.ends, strict=True):
        assert char.isspace() or char in unicodedata.normalize("NFC", tidied(source[start:end]).text)
