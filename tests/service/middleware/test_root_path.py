"""The service answers under a path of a proxy's, whether the proxy takes it off or not."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from service.middleware.root_path import RootPath


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(Request(scope).scope["path"])(scope, receive, send)


@pytest.mark.parametrize(
    ("root", "asked", "seen"),
    [
        ("", "/search", "/search"),
        ("/a", "/a/search", "/search"),
        ("/a", "/a/", "/"),
        ("/a", "/search", "/search"),
        ("/search", "/search/search", "/search"),
        ("/a", "/ab/search", "/ab/search"),
        ("/a/b", "/a/b/a/b/é", "/a/b/é"),
    ],
)
def test_the_path_is_taken_off_once(root: str, asked: str, seen: str) -> None:
    assert TestClient(RootPath(echo, root)).get(asked).text == seen


def test_the_path_alone_leads_to_the_page() -> None:
    answer = TestClient(RootPath(echo, "/a")).get("/a?q=b%26c", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/a/?q=b%26c")
