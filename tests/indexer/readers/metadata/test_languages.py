"""Languages as files declare them."""

import pytest

from indexer.readers.metadata.languages import CODE_OF, CODES, declared_language
from models.languages import LANGUAGES


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("fr", "fr"),
        ("fr-FR", "fr"),
        ("FR_ma.UTF-8", "fr"),
        (" en ", "en"),
        ("en, fr", "en"),
        ("fre", "fr"),
        ("eng", "en"),
        ("Français", "fr"),
        ("anglais", "en"),
        ("zh-Hans", "zh"),
        ("xx", None),
        ("C", None),
        ("{{ lang }}", None),
        ("french fries", "fr"),
        ("frais", None),
        ("", None),
        (None, None),
    ],
)
def test_declared_language(declared: str | None, code: str | None) -> None:
    assert declared_language(declared) == code


def test_the_languages_told_apart_have_names() -> None:
    assert set(LANGUAGES.split()) <= CODES
    assert set(LANGUAGES.split()) <= set(CODE_OF.values())
