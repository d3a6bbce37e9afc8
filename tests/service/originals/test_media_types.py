"""Every format that is read has a media type, and none that a browser would run is shown by it."""

from __future__ import annotations

import pytest

from indexer.readers import READERS, ROW_READERS
from service.originals.media_types import MEDIA_TYPES, SHOWN, disposition, is_utf8, media_type


def test_every_format_that_is_read_has_a_type() -> None:
    assert set(MEDIA_TYPES) == {*READERS, *ROW_READERS}


@pytest.mark.parametrize(
    "source", ["a.html", "a.HTM", "a.xhtml", "a.xml", "a.tei", "a.fodt", "a.mhtml", "a.svg"]
)
def test_what_could_run_is_saved(source: str) -> None:
    assert media_type(source) not in SHOWN
    assert disposition(source).startswith("attachment;")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a/b.pdf", "inline; filename=\"b.pdf\"; filename*=UTF-8''b.pdf"),
        (
            "santé/Été à l’hôpital.pdf",
            "inline; filename=\"Ete a lhopital.pdf\"; filename*=UTF-8''%C3%89t%C3%A9%20%C3%A0%20l%E2%80%99h"
            "%C3%B4pital.pdf",
        ),
        ('x";y\\\r\nz.txt', "inline; filename=\"x__y___z.txt\"; filename*=UTF-8''x%22%3By%5C%0D%0Az.txt"),
        ("مقال", "attachment; filename=\"original\"; filename*=UTF-8''%D9%85%D9%82%D8%A7%D9%84"),
        ("a'b%.docx", "attachment; filename=\"a_b_.docx\"; filename*=UTF-8''a%27b%25.docx"),
    ],
)
def test_a_name_is_written_for_both_kinds_of_client(source: str, expected: str) -> None:
    assert disposition(source) == expected


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (b"", True),
        ("été".encode(), True),
        ("été".encode()[:-1], True),
        ("été".encode("latin-1"), False),
        ("été suit".encode("latin-1"), False),
        (b"\xff\xfea\x00", False),
    ],
)
def test_utf8(beginning: bytes, expected: bool) -> None:
    assert is_utf8(beginning) is expected
