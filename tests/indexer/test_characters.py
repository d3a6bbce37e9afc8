"""Which characters show nothing, and which joiners stay."""

from __future__ import annotations

import pytest

from indexer.characters import visible, without_invisible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hô\u00adpi\u00adtal", "hôpital"),
        ("va\u200bccin\ufeff", "vaccin"),
        ("\u202astage\u202c\u2060s", "stages"),
        ("a\u200db", "ab"),
        ("\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u200c\u0631\u0648\u062f"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("\u0645\u200c", "\u0645"),
        ("plain text\n", "plain text\n"),
    ],
)
def test_only_joiners_between_cursive_letters_stay(text: str, expected: str) -> None:
    assert visible(text) == expected
    assert without_invisible(text) == expected.replace("\u200c", "").replace("\u200d", "")
