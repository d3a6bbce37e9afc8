"""Mailboxes and messages of Outlook → messages, their attachments beside them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from indexer.readers import read
from indexer.readers.extraction import Unreadable
from indexer.readers.mailbox import read_mbox, read_msg
from indexer.records import CorpusFile
from tests.indexer.ole_files import ole

MBOX = (
    "From a@b.fr Mon Mar  1 10:00:00 2021\nSubject: Réunion à Évry\n"
    "Content-Type: text/plain; charset=utf-8\n\n>From ici, le cœur.\n\n"
    "From c@d.fr Tue Mar  2 10:00:00 2021\nSubject: Suite\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="x"\n\n--x\n\nVoici le bilan.\n--x\n'
    'Content-Type: text/plain\nContent-Disposition: attachment; filename="bilan.txt"\n\nLe bilan annuel.\n'
    "--x--\n"
).encode()


def test_a_mailbox_is_read_message_by_message() -> None:
    first, second = read_mbox(MBOX)
    assert [block.content.text for block in first.blocks] == ["Réunion à Évry", "From ici, le cœur."]
    assert (second.metadata.title, [each.name for each in second.attachments]) == ("Suite", ["bilan.txt"])


def test_messages_and_their_attachments_are_documents_that_name_their_file() -> None:
    documents = read(CorpusFile("boîte.mbox", Path("b"), len(MBOX), 0, 0), MBOX)
    sources = ["boîte.mbox#1", "boîte.mbox#2", "boîte.mbox#2#bilan.txt"]
    assert [document.source for document in documents] == sources


def test_a_message_without_headers_costs_no_other() -> None:
    broken = b"From a@b.fr Mon Mar  1 10:00:00 2021\n\nsans en-t\xc3\xaate\n\n" + MBOX
    assert [bool(message.blocks) for message in read_mbox(broken)] == [False, True, True]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Bonjour", 'it is no mailbox: it does not begin with a line "From …"; saved as EML it can be read'),
        (MBOX, "too large: it holds 2 messages where 1 are read at most"),
    ],
)
def test_what_is_no_mailbox(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        list(read_mbox(data, most_messages=1))
    assert str(caught.value) == reason


def msg(texts: dict[str, bytes], fixed: dict[int, int]) -> bytes:
    """Return a message of these texts, by the ends of their streams' names, and values of fixed length."""
    values = b"".join(struct.pack("<I4xQ", tag, value) for tag, value in fixed.items())
    streams = {f"__substg1.0_{name}" if "/" not in name else name: data for name, data in texts.items()}
    return ole({"__properties_version1.0": bytes(32) + values, **streams})


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def test_a_message_of_outlook() -> None:
    sent = 132_590_664_000_000_000  # 1 March 2021, 10:00 UTC
    attached = "__attach_version1.0_#00000000/__substg1.0_"
    found = read_msg(
        msg(
            {
                "0037001F": wide("Réunion à Évry"),
                "1000001F": wide("Bonjour,\r\n\r\nle cœur du sujet."),
                "0C1A001F": wide("Amélie Roux"),
                f"{attached}3707001F": wide("bilan été.txt"),
                f"{attached}37010102": b"Le bilan.",
            },
            {0x00390040: sent},
        )
    )
    texts = [block.content.text for block in found.blocks]
    assert texts == ["Réunion à Évry", "Bonjour,", "le cœur du sujet.", "bilan été.txt"]
    assert (found.metadata.title, found.metadata.date and found.metadata.date.iso) == (texts[0], "2021-03-01")
    assert [name.spoken for name in found.metadata.authors] == ["Amélie Roux"]
    assert [(each.name, each.data.rstrip(b"\0")) for each in found.attachments] == [
        ("bilan été.txt", b"Le bilan.")
    ]


@pytest.mark.parametrize(
    ("codepage", "text"), [(1252, "été"), (1251, "йtй"), (65001, "\ufffdt\ufffd"), (99, "été")]
)
def test_texts_in_the_encoding_that_the_message_names(codepage: int, text: str) -> None:
    found = read_msg(msg({"0037001E": b"\xe9t\xe9", "1000001E": b"Bonjour."}, {0x3FFD0003: codepage}))
    assert found.metadata.title == text
    assert found.metadata.authors == ()


def test_another_ole_file() -> None:
    with pytest.raises(Unreadable, match="it is no message of Outlook; saved as EML it can be read"):
        read_msg(ole({"WordDocument": b"x"}))
