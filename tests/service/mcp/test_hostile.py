"""The Model Context Protocol against who means no good: one clear answer each, and the next is answered."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from models.encoder import Vectors
from service.app import build_app
from service.mcp.tools import BY_NAME
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import wait_until_ready
from tests.service.contract import LEAK
from tests.serving import serving, wait_until
from tests.standin import StandInEncoder

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
DEEP: Any = []
for _ in range(500):
    DEEP = [DEEP]


def call(name: Any, arguments: Any, **others: Any) -> dict[str, Any]:
    """Return the message that calls a tool."""
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params, **others}


def said(client: TestClient, message: Any) -> str:
    """Return what is answered, which is never a fault of the service, tells nothing of it, and is short."""
    answer = client.post("/mcp", content=json.dumps(message), headers=HEADERS)
    assert answer.status_code < 500, answer.text
    assert not LEAK.search(answer.text), answer.text
    return answer.text


@pytest.mark.parametrize(
    "message",
    [
        call("search", "robot"),
        call("search", ["robot"]),
        call("search", 5),
        call("search", {"query": ["robot"]}),
        call("search", {"query": {"query": "robot"}}),
        call("search", {"query": DEEP}),
        call("search", {"query": "robot", "k": 10**400}),
        call("search", {"query": "robot", "k": -1}),
        call("search", {"query": "robot", "q": "chirurgie"}),
        call("search", {"query": "robot", **{f"n{n}": n for n in range(2000)}}),
        call("search", {"query": "\ud800"}),
        call("search", {"query": "a\0b"}),
        call("search", {"query": "robot", "generation": "g999"}),
        call("x" * 30_000, {}),
        call("search\n", {}),
        call(None, {}),
        call({"name": "search"}, {}),
        call("fetch", {"id": "x" * 30_000}),
        call("fetch", {"id": "..%2f..%2fetc%2fpasswd"}),
        call("fetch", {"id": "oncologie.txt", "part": 10**9}),
        call("similar", {"passage_id": "' OR 1=1 --"}),
        call("check_quote", {"quotation": "(a+)+$ " * 1000}),
        call("check_quote", {"quotation": "[…]" * 3000}),
        call("list_documents", {"offset": 2**60}),
        call("search", {"query": "robot"}, jsonrpc="1.0"),
        call("search", {"query": "robot"}, method="tools/destroy"),
        [call("search", {"query": "robot"})] * 1000,
    ],
)
def test_it_is_refused_in_a_sentence_and_the_next_is_answered(articles: TestClient, message: Any) -> None:
    answer = said(articles, message)
    assert len(answer) < 2000 and ("error" in answer or "isError" in answer), answer
    assert '"results"' in said(articles, call("search", {"query": "robot", "k": 1}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = sorted({field for tool in BY_NAME.values() for field in tool.arguments.model_fields} | {"query"})


@settings(deadline=None, max_examples=40)
@given(name=st.sampled_from([*BY_NAME, "other"]), arguments=st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_arguments_are_answered_or_refused(
    articles: TestClient, name: str, arguments: dict[str, Any]
) -> None:
    assert "Something failed on this side" not in said(articles, call(name, arguments))


class Waiting(StandInEncoder):
    """Encodes a question that says so only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def queries(self, texts: Sequence[str]) -> Vectors:
        if any("attends" in text for text in texts):
            self.asked.set()
            self.go.wait(30)
        return super().queries(texts)


def test_a_client_that_leaves_frees_its_place(index: Path) -> None:
    encoder = Waiting()
    live = IndexWatcher(index, lambda: encoder)
    chosen = Settings(index=index, concurrency=1, queue=0)
    with serving(build_app(live, chosen)) as port:
        wait_until_ready(live)
        body = json.dumps(call("search", {"query": "attends"})).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        with socket.create_connection(("127.0.0.1", port)) as leaving:
            start = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}\r\n\r\n"
            leaving.sendall(start.encode() + body)
            assert encoder.asked.wait(30)
        encoder.go.set()

        def answered() -> bool:
            message = call("search", {"query": "robot"})
            answer = httpx2.post(f"http://127.0.0.1:{port}/mcp", json=message, headers=HEADERS)
            return answer.status_code == 200 and '"results"' in answer.text

        wait_until(answered)
