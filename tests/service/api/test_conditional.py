"""If-None-Match: which headers say that a client has an answer already."""

from __future__ import annotations

import pytest
from fastapi import Request

from service.api.conditional import has_already


@pytest.mark.parametrize(
    ("header", "has"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b",W/"a" ', True),
        ("*", True),
        ('"b"', False),
        ('"aa"', False),
        ("a", False),
        ("", False),
    ],
)
def test_a_client_has_what_its_header_names(header: str, has: bool) -> None:
    scope = {"type": "http", "headers": [(b"if-none-match", header.encode())]}
    assert has_already(Request(scope), '"a"') is has


def test_without_the_header_it_has_nothing() -> None:
    assert not has_already(Request({"type": "http", "headers": []}), '"a"')
