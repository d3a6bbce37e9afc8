"""E-mails → subject, date and text."""

from base64 import b64encode
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers import read
from indexer.readers.email_message import read_eml
from indexer.readers.extraction import Unreadable
from indexer.records import BlockKind, CorpusFile, Metadata, Name, PartialDate

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
    sender = (Name(literal="a@b.fr"),)
    assert extraction.metadata == Metadata("Réunion de l’été", PartialDate("2019-10-18"), sender)
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
        ("Votre logiciel n'affiche pas le HTML.", "<p>Bonjour à tous", "Bonjour à tous"),
        ("Voir en ligne : http://a.fr/x", "<p>Les vaccins du mois de mai sont arrivés", None),
        ("Les vaccins…", "<p>Les vaccins du mois de mai sont arrivés au service de pédiatrie", None),
        ("Les vaccins sont arrivés", "<p>Les vaccins sont arrivés<p>Le service", "Les vaccins sont arrivés"),
        ("Le code HTML change", "<p>Le code HTML change", "Le code HTML change"),
    ],
)
def test_plain_text_goes_before_html_unless_it_is_a_stub(
    plain: str | None, html: str, text: str | None
) -> None:
    expected = text or html.removeprefix("<p>")
    assert [text for _, text in shape(bytes(message(plain, html)))[1:]] == [expected]


@pytest.mark.parametrize(
    ("parameters", "body", "text"),
    [
        ("format=flowed", "Une phrase \nque l'on replie.\n-- \nMoi", "Une phrase que l'on replie.\n--\nMoi"),
        ("format=flowed; delsp=yes", "Une phrase re \npliée.", "Une phrase repliée."),
        ("format=flowed", "> Une phrase \n> repliée.", "Une phrase repliée."),
        ("charset=iso-8859-15", b"5 \xa4", "5 €"),
        ("charset=nonsense", "été", "été"),
        ("charset=utf-8", "été".encode("cp1252"), "été"),
        ("charset=iso-8859-1", "l’œuvre à 5 €".encode("cp1252"), "l’œuvre à 5 €"),
        ("charset=iso-8859-1", "l’été".encode(), "l’été"),
        ("charset=us-ascii", "l’été".encode("cp1252"), "l’été"),
        ("charset=utf-8", "\ufeffété".encode(), "été"),
        ("charset=shift_jis", "日本".encode("shift_jis"), "日本"),
    ],
)
def test_text_is_read_as_its_part_declares(parameters: str, body: str | bytes, text: str) -> None:
    raw = body.encode() if isinstance(body, str) else body
    data = f"Subject: x\nContent-Type: text/plain; {parameters}\n\n".encode() + raw
    assert [text for _, text in shape(data)[1:]] == [text]


@pytest.mark.parametrize(
    ("lead", "subject", "title"),
    [
        (b"\xef\xbb\xbf", "Été", "Été"),
        (b"\n \r\n", "Été", "Été"),
        (b"\n\xef\xbb\xbf\n", "Été", "Été"),
        (b"From moi@a.fr Tue Mar 12 10:00:00 2019\n", "Été", "Été"),
        (b"", "l’œuvre".encode("cp1252"), "l’œuvre"),
        (b"", "=?iso-8859-1?q?l=92=9Cuvre?=", "l’œuvre"),
        (b"", "=?utf-8?b?w4l0w6k=?= à Fès", "Été à Fès"),
    ],
)
def test_headers_are_read_however_they_were_sent(lead: bytes, subject: str | bytes, title: str) -> None:
    raw = subject.encode() if isinstance(subject, str) else subject
    assert read_eml(lead + b"Subject: " + raw + b"\n\nBonjour").metadata.title == title


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_message_saved_in_utf_16(codec: str) -> None:
    assert read_eml("Subject: Été\n\nBonjour".encode(codec)).text == "Été\n\nBonjour"


def part(kind: str, body: str | bytes, more: str = "") -> bytes:
    raw = body.encode() if isinstance(body, str) else body
    return f"--B\nContent-Type: {kind}\n{more}\n".encode() + raw + b"\n"


def mixed(*parts: bytes, kind: str = "mixed") -> bytes:
    head = f"Subject: x\nContent-Type: multipart/{kind}; boundary=B\n\n"
    return head.encode() + b"".join(parts) + b"--B--\n"


INLINE = "Content-Disposition: inline; filename="
SENT = "Content-Disposition: attachment; filename="


def test_every_text_is_read_in_order() -> None:
    data = mixed(
        part("text/plain; charset=utf-8", "Début é"),
        part("image/jpeg", "...", INLINE + "photo.jpg\n"),
        part("text/html; charset=utf-8", "<p>Milieu é"),
        part("text/calendar", "BEGIN:VCALENDAR"),
        part("text/plain", "note", INLINE + "note.txt\n"),
        part("text/plain", "annexe", SENT + "annexe.txt\n"),
        part("application/pgp-signature", "...", SENT + "signature.asc\n"),
    )
    names = ["photo.jpg", "note.txt", "annexe.txt"]
    assert [text for _, text in shape(data)[1:]] == ["Début é", "Milieu é", "note", *names]


def test_a_forwarded_message_is_text() -> None:
    inner = message("Le bilan complet", From="Paul <p@b.fr>", Date="Mon, 4 Mar 2019 10:00:00 +0100")
    inner.add_attachment(b"...", maintype="application", subtype="pdf", filename="bilan.pdf")
    outer = message("Pour info", Subject="Tr: Bilan")
    outer.add_attachment(inner)
    assert shape(bytes(outer)) == [
        (H, "Tr: Bilan"),
        (P, "Pour info"),
        (H, "Réunion de l’été"),
        (P, "Paul, 2019-03-04"),
        (P, "Le bilan complet"),
        (LI, "bilan.pdf"),
    ]
    assert [each.name for each in read_eml(bytes(outer)).attachments] == ["bilan.pdf"]


def test_a_forwarded_message_in_base64() -> None:
    inner = b64encode(bytes(message("Le bilan complet")))
    data = mixed(part("message/rfc822", inner, "Content-Transfer-Encoding: base64\n"))
    assert [text for _, text in shape(data)[1:]] == ["Réunion de l’été", "a@b.fr", "Le bilan complet"]
    broken = mixed(part("message/rfc822", "é", "Content-Transfer-Encoding: base64\n"))
    assert shape(broken)[0] == (H, "x")


def test_the_files_sent_with_a_message_are_handed_back() -> None:
    data = mixed(
        part("text/plain", "Bonjour"),
        part("image/png", "logo", INLINE + "logo.png\n"),
        part("image/png", "scan", SENT + "scan.png\n"),
        part("application/pdf; name=bilan", "%PDF"),
        part("text/csv", "a;b", SENT + '"C:\\\\Mes documents\\\\table.csv"\n'),
        part("text/plain", "é".encode("cp1252"), SENT + '"été.txt"\n'),
    )
    found = [(each.name, each.data) for each in read_eml(data).attachments]
    assert found == [
        ("scan.png", b"scan"),
        ("bilan.pdf", b"%PDF"),
        ("table.csv", b"a;b"),
        ("été.txt", "é".encode("cp1252")),
    ]


def test_attachments_are_documents_that_name_their_message() -> None:
    made = message("Voici le tableau")
    table = "titre;texte\nUn;un mot\nDeux;deux mots\n"
    for name in ("a.txt", "a.txt", "sans.xyz", "abîmé.docx"):
        made.add_attachment(b"Le bilan", maintype="application", subtype="x", filename=name)
    made.add_attachment(table.encode(), maintype="text", subtype="csv", filename="t.csv")
    data = bytes(made)
    found = read(CorpusFile("b/m.eml", Path("m.eml"), len(data), 0, 0), data)
    assert [(each.source, each.format, each.title) for each in found] == [
        ("b/m.eml", "e-mail", "Réunion de l’été"),
        ("b/m.eml#a.txt", "text", "Le bilan"),
        ("b/m.eml#a (2).txt", "text", "Le bilan"),
        ("b/m.eml#t.csv#1", "csv", "Un"),
        ("b/m.eml#t.csv#2", "csv", "Deux"),
    ]
    assert [each.metadata.container for each in found] == ["", *["Réunion de l’été"] * 4]


def test_messages_attached_to_one_another_end() -> None:
    made = message("le fond")
    for _ in range(6):
        around = message("autour")
        around.add_attachment(bytes(made), maintype="application", subtype="x", filename="m.eml")
        made = around
    data = bytes(made)
    found = read(CorpusFile("m.eml", Path("m.eml"), len(data), 0, 0), data)
    assert [each.source.count("#") for each in found] == [0, 1, 2, 3]


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
        ('"Dupont, Jean" <j@b.fr>, Marie <m@b.fr>', "Jean Dupont, Marie"),
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
