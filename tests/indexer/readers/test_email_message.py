"""E-mails → subject, date and text."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.email_message import read_eml
from indexer.readers.extraction import Unreadable
from indexer.records import BlockKind, Metadata, PartialDate

H, P, LI = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM


def message(plain: str | None = None, html: str | None = None, **headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in ({"Subject": "Réunion de l’été", "From": "a@b.fr"} | headers).items():
        made[name] = value
    if plain is not None:
        made.set_content(plain)
    if html is not None and plain is None:
        made.set_content(html, subtype="html")
    elif html is not None:
        made.add_alternative(html, subtype="html")
    return made


def shape(data: bytes) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.content.text) for block in read_eml(data).blocks]


def test_a_message() -> None:
    made = message(
        "Bonjour,\n\nVoici le programme :\n- accueil\n- débats\n", Date="Fri, 18 Oct 2019 23:33:00 -0700"
    )
    made.add_attachment(b"...", maintype="application", subtype="pdf", filename="Ordre du jour.pdf")
    extraction = read_eml(bytes(made))
    assert extraction.metadata == Metadata("Réunion de l’été", PartialDate("2019-10-18"), "a@b.fr")
    assert extraction.text == (
        "Réunion de l’été\n\nBonjour,\n\nVoici le programme :\n\n- accueil\n- débats\n- Ordre du jour.pdf"
    )
    assert [block.kind for block in extraction.blocks] == [H, P, P, LI, LI, LI]


def test_what_is_quoted_stands_apart() -> None:
    data = message("Oui.\n> Viendrez-vous\n> demain ?\n>> Peut-être.\n\nÀ demain")
    found = [text for _, text in shape(bytes(data))[1:]]
    assert found == ["Oui.", "Viendrez-vous\ndemain ?", "Peut-être.", "À demain"]


@pytest.mark.parametrize(
    ("plain", "html", "text"),
    [
        ("le texte", "<p>la page", "le texte"),
        (" \n", "<p>la <b>page</b>", "la page"),
        (None, "<table><tr><td><p>la page</table><p style='display:none'>caché", "la page"),
    ],
)
def test_plain_text_goes_before_html(plain: str | None, html: str, text: str) -> None:
    assert [text for _, text in shape(bytes(message(plain, html)))[1:]] == [text]


@pytest.mark.parametrize(
    ("parameters", "body", "text"),
    [
        ("format=flowed", "Une phrase \nque l'on replie.\n-- \nMoi", "Une phrase que l'on replie.\n--\nMoi"),
        ("format=flowed; delsp=yes", "Une phrase re \npliée.", "Une phrase repliée."),
        ("format=flowed", "> Une phrase \n> repliée.", "Une phrase repliée."),
        ("charset=iso-8859-15", b"5 \xa4", "5 €"),
        ("charset=nonsense", "été", "été"),
        ("charset=utf-8", "été".encode("cp1252"), "été"),
    ],
)
def test_text_is_read_as_its_part_declares(parameters: str, body: str | bytes, text: str) -> None:
    raw = body.encode() if isinstance(body, str) else body
    data = f"Subject: x\nContent-Type: text/plain; {parameters}\n\n".encode() + raw
    assert [text for _, text in shape(data)[1:]] == [text]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\nun texte", "it does not begin with headers"),
        (b"Subject: x\nContent-Type: multipart/encrypted; boundary=a\n\n", "encrypted"),
        (
            b"Subject: x\nContent-Type: text/plain; " + b"a=b; " * 100_000 + b"\n\nx",
            "thousands of characters",
        ),
        (b"Subject:" + b"\n a" * 100_000 + b"\n\nx", "thousands of characters"),
    ],
)
def test_what_is_no_message_to_read(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_eml(data)


def test_parts_within_parts_without_end() -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3000))
    with pytest.raises(Unreadable, match="its parts cannot be told apart"):
        read_eml(b"Subject: x\n" + nested.encode())


ODD = st.sampled_from(
    "Subject: |Date: |Content-Type: |text/plain|multipart/mixed|; |boundary=a|--a\n|charset=|utf-16|\n|\n\n|("
    "|=?utf-8?q?|?=|Content-Disposition: attachment; filename*0*=|Content-Transfer-Encoding: |base64|é|mot|:"
    '|=|,|<|"|%'.split("|")
)


@given(st.lists(ODD))
def test_nothing_but_a_reason_is_ever_raised(parts: list[str]) -> None:
    try:
        extraction = read_eml(("Subject: x\n" + "".join(parts)).encode())
    except Unreadable:
        return
    for block in extraction.blocks:
        assert extraction.text[block.content.start : block.content.end] == block.content.text


@pytest.mark.parametrize(
    ("header", "author"),
    [
        ("Jean Dupont <j@b.fr>", "Jean Dupont"),
        ('"Dupont, Jean" <j@b.fr>, Marie <m@b.fr>', "Dupont, Jean, Marie"),
        ("=?utf-8?q?H=C3=A9l=C3=A8ne?= <h@b.fr>", "Hélène"),
        ("j@b.fr", "j@b.fr"),
        ("<>", None),
        ("\x80;;,,<<@", None),
    ],
)
def test_sender(header: str, author: str | None) -> None:
    data = f"Subject: a\nFrom: {header}\n\nBonjour".encode("latin-1" if "\x80" in header else "utf-8")
    assert read_eml(data).metadata.author == author


def test_a_message_from_nobody() -> None:
    assert read_eml(b"Subject: a\n\nBonjour").metadata.author is None
