"""Detecting the language of passages and of short queries."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.languages import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("chirurgie robotique", "fr"),
        ("formations continues en oncologie", "fr"),
        ("cancer du sein", "fr"),
        ("Qui dirige la faculté ?", "fr"),
        ("robotic surgery", "en"),
        ("Who signed the agreement?", "en"),
        ("الجراحة الروبوتية", "ar"),
        ("مستشفى", "ar"),
        ("formación continua en oncología", "es"),
        ("öffentliche Gesundheit", "de"),
        ("salute pubblica", "it"),
        ("saúde pública", "pt"),
        ("здоровье населения", "ru"),
        ("", None),
        ("2019 – 15:33 !", None),
        ("UM6SS", None),
        ("x", None),
    ],
)
def test_detect(text: str, language: str | None) -> None:
    assert detect(text) == language


def test_threads_agree() -> None:
    texts = ["chirurgie robotique", "robotic surgery", "الجراحة الروبوتية"] * 50
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect, texts)) == ["fr", "en", "ar"] * 50


@pytest.mark.parametrize(
    ("text", "alone", "in_french"),
    [
        ("Fatima Ezzahra Alaoui, Karim Benali, Rabat", None, "fr"),
        ("Acknowledgements and references", "en", "en"),
        ("Los pacientes deben acudir al hospital", "es", "es"),
        ("هذا نص باللغة العربية", "ar", "ar"),
        ("2019 – 15:33", None, None),
    ],
)
def test_a_part_is_in_the_language_around_it_unless_it_is_surely_in_another(
    text: str, alone: str | None, in_french: str | None
) -> None:
    assert (detect(text), detect(text, "fr")) == (alone, in_french)
