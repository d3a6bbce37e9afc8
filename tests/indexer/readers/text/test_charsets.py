"""Encodings of one byte a character, and text encoded twice."""

import pytest

from indexer.readers.text.charsets import best_codec, decoded_once

TEXTS = [
    "Les élèves de l'école ont déjà été reçus à l'hôpital, où ça coûte cher.",
    "CAFÉ, ÉCOLE ET ÉTÉ",
    "El niño está en la montaña. ¿Qué pasa?",
    "Die Mädchen tragen größere Äpfel.",
    "« Où ? » dit-il, 12 % des élèves.",
]


@pytest.mark.parametrize("codec", ["cp1252", "iso8859-15", "cp850", "mac-roman"])
@pytest.mark.parametrize("text", TEXTS)
def test_the_encoding_that_makes_words(text: str, codec: str) -> None:
    data = text.encode(codec)
    assert data.decode(best_codec(data) or "ascii") == text


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Le cœur et la sœur, un bœuf à 5 €", "iso8859-15"),
        ("L’œuvre coûte 5 € — déjà vu…", "cp1252"),
        ("L’œuvre coûte cher — déjà vu…", "mac-roman"),
        ("Здравствуйте, как ваши дела сегодня? Всё хорошо, спасибо вам.", "cp1251"),
        ("تقع كلية الطب في مدينة الدار البيضاء وهي تابعة للجامعة", "cp1256"),
    ],
)
def test_characters_that_few_encodings_have(text: str, codec: str) -> None:
    data = text.encode(codec)
    assert data.decode(best_codec(data) or "ascii") == text


def test_bytes_that_make_no_words() -> None:
    assert best_codec(b"a\xf0b " * 9) is None


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_text_encoded_twice(codec: str) -> None:
    text = "Les élèves de l'école sont reçus à l'hôpital, là où ça coûte.\nDéjà vu."
    assert decoded_once(text.encode().decode(codec)) == text


def test_what_programs_make_of_a_no_break_space() -> None:
    assert decoded_once("Ã  lâ€™Ã©cole, prÃ©vention Ã  faire") == "à l’école, prévention à faire"


@pytest.mark.parametrize(
    "text",
    [
        "L’œuvre coûte 5 € à l’État.",
        "São Paulo, Ã",
        "« Ã© » s’écrit Ã© au lieu de é : à éviter ; déjà né été",
        "日本語",
    ],
)
def test_text_encoded_once(text: str) -> None:
    assert decoded_once(text) == text
