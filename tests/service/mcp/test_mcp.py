"""The Model Context Protocol by the SDK's own client, over HTTP and over standard input and output."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import mcp_types as types
import pytest
from anyio.from_thread import start_blocking_portal
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from starlette.testclient import TestClient

from indexer import index_folders
from indexer.building import build as builder
from service.app import build_app
from service.mcp.tools import BY_NAME, PART, _parts
from service.middleware import keys
from service.search.collections import Collections
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.telemetry.query_log import QueryLog, read_records
from tests.conftest import ROOT, wait_until_ready, write_articles
from tests.service.contract import LEAK, assert_refusal
from tests.serving import serving
from tests.standin import StandInChoice, StandInEncoder

STAND_IN = """\
import sys
from service.cli.main import main
from tests.standin import StandInEncoder, use_everywhere
use_everywhere(StandInEncoder())
sys.exit(main(["mcp", "--index", sys.argv[1]]))
"""
"""`repere mcp` with the stand-in for the model."""
QUOTE = "Les séances ont lieu le mardi à Rabat"
Session = Callable[[Client], Awaitable[None]]


@pytest.fixture
def port(index: Path) -> Iterator[int]:
    live = IndexWatcher(index, StandInEncoder)
    with serving(build_app(live)) as port:
        wait_until_ready(live)
        yield port


@pytest.fixture(scope="module")
def stdio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Session], None]]:
    """Run sessions one after the other over one process: each takes seconds to start."""
    folder = tmp_path_factory.mktemp("stdio")
    builder.build(write_articles(folder / "corpus"), folder / "index", StandInChoice())
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", STAND_IN, str(folder / "index")],
        cwd=str(ROOT),
        env={"PYTHONPATH": str(ROOT)},
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(server, mode="auto")) as client,
    ):
        yield lambda session: portal.call(session, client)


@pytest.fixture(params=["http", "http-legacy", pytest.param("stdio", marks=pytest.mark.slow)])
def ask(request: pytest.FixtureRequest) -> Iterator[Callable[[Session], None]]:
    """Run a session over one of the transports."""
    if request.param == "stdio":
        yield request.getfixturevalue("stdio")
        return
    port = request.getfixturevalue("port")
    mode = "legacy" if request.param == "http-legacy" else "auto"
    yield lambda session: anyio.run(_session, f"http://127.0.0.1:{port}/mcp", mode, session)


async def _session(server: Any, mode: str, session: Session) -> None:
    async with Client(server, mode=mode) as client:
        await session(client)


async def called(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    """Return a tool's structured result, which the client has checked against its schema."""
    result = await client.call_tool(name, arguments)
    assert isinstance(result, types.CallToolResult)
    assert not result.is_error, result.content
    (text,) = result.content
    assert isinstance(text, types.TextContent)
    assert json.loads(text.text) == result.structured_content
    structured: dict[str, Any] = result.structured_content
    return structured


async def refused(client: Client, name: str, arguments: dict[str, Any]) -> str:
    """Return what a tool says instead of a result."""
    result = await client.call_tool(name, arguments)
    assert isinstance(result, types.CallToolResult) and result.is_error
    (text,) = result.content
    assert isinstance(text, types.TextContent)
    assert not LEAK.search(text.text) and len(text.text) < 600
    return text.text


def test_a_session_searches_reads_and_checks(ask: Callable[[Session], None]) -> None:
    async def session(client: Client) -> None:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == list(BY_NAME)
        for tool in listed.tools:
            assert (
                tool.annotations and tool.annotations.read_only_hint and not tool.annotations.open_world_hint
            )
            assert (
                tool.output_schema and tool.description and tool.input_schema["additionalProperties"] is False
            )
        found = await called(client, "search", query="formation en oncologie", k=2)
        best = found["results"][0]
        assert (best["source"], best["date"]) == ("oncologie.txt", "2021-03-12")
        assert found["message"] and found["relevance"]["class"] == "uncalibrated"
        assert (await called(client, "search", q="formation en oncologie", k=2)) == found
        passage = await called(client, "fetch", id=best["id"])
        assert (passage["text"], passage["title"], passage["url"]) == (
            best["text"],
            best["title"],
            best["url"],
        )
        document = await called(client, "fetch", id="oncologie.txt")
        assert best["text"] in document["text"]
        assert document["metadata"]["parts"] == 1
        near = await called(client, "similar", passage_id=best["id"])
        assert best["id"] not in {each["id"] for each in near["results"]}
        documents = await called(client, "list_documents", format="markdown")
        assert [each["id"] for each in documents["documents"]] == ["santé/télémédecine.md"]
        counts = await called(client, "facets", q="formation")
        assert counts["documents"] == 3
        said = await called(client, "check_quote", quotation=QUOTE, source="oncologie.txt")
        assert said["verdict"] == "exact"
        wrong = await called(client, "check_quote", quotation=QUOTE.replace("mardi", "jeudi"))
        assert wrong["places"][0]["differences"] == [
            {"kind": "replaced", "quoted": "jeudi", "found": "mardi"}
        ]

    ask(session)


def test_documents_are_resources_and_there_is_a_prompt(ask: Callable[[Session], None]) -> None:
    async def session(client: Client) -> None:
        resources = (await client.list_resources()).resources
        assert [each.name for each in resources] == ["oncologie.txt", "robots.txt", "santé/télémédecine.md"]
        read = await client.read_resource(resources[2].uri)
        assert isinstance(read, types.ReadResourceResult)
        (contents,) = read.contents
        assert isinstance(contents, types.TextResourceContents)
        assert "Soigner à distance les régions sans médecin." in contents.text
        templates = (await client.list_resource_templates()).resource_templates
        assert templates[0].uri_template == "repere://documents/{+source}"
        (prompt,) = (await client.list_prompts()).prompts
        got = await client.get_prompt(prompt.name, {"question": "Où se forme-t-on ?"})
        assert isinstance(got, types.GetPromptResult)
        content = got.messages[0].content
        assert isinstance(content, types.TextContent)
        assert "Où se forme-t-on ?" in content.text and "check_quote" in content.text

    ask(session)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search", {"query": "a", "colour": "red"}, "no parameter colour. The tool's schema describes"),
        ("search", {}, "query is missing."),
        ("search", {"query": ""}, "query: "),
        ("search", {"query": "a", "k": 1000}, "k: "),
        ("search", {"query": "a", "min_relevance": "weak"}, "not calibrated"),
        ("search", {"query": "x" * 1001}, "query: "),
        ("fetch", {"id": "g" * 20}, "No document has the source gggg"),
        ("fetch", {"id": "../secret.txt"}, "No document has the source ../secret.txt"),
        ("fetch", {"id": "/etc/passwd"}, "No document has the source"),
        ("fetch", {"id": "oncologie.txt", "part": 2}, "oncologie.txt has 1 part, and no part 2."),
        ("fetch", {"id": "a\0b"}, "id: it holds the control character U+0000"),
        ("similar", {"passage_id": "of another corpus"}, "No passage has the id of another corpus."),
        ("list_documents", {"sort": "colour"}, "sort: "),
        (
            "check_quote",
            {"quotation": QUOTE, "source": "foreign.txt"},
            "No document has the source foreign.txt",
        ),
        ("check_quote", {"quotation": "mot " * 3000}, "quotation: String should have at most 10000"),
    ],
)
def test_what_a_tool_cannot_do_is_its_result_in_one_sentence(
    port: int, name: str, arguments: dict[str, Any], said: str
) -> None:
    async def session(client: Client) -> None:
        assert said in await refused(client, name, arguments)

    anyio.run(_session, f"http://127.0.0.1:{port}/mcp", "auto", session)


NOT_THERE: list[tuple[Callable[[Client], Awaitable[object]], str]] = [
    (lambda client: client.call_tool("delete", {}), "There is no tool delete."),
    (lambda client: client.read_resource("file:///etc/passwd"), "is no resource"),
    (lambda client: client.read_resource("repere://documents/../x"), "No document has the source ../x"),
    (lambda client: client.get_prompt("other", {}), "There is no prompt other."),
    (lambda client: client.get_prompt("answer_with_citations", {}), "a question of 1 to 1000"),
    (lambda client: client.list_resources(cursor="-1"), "The cursor"),
]


def test_what_is_not_there_is_an_error_and_the_session_goes_on(ask: Callable[[Session], None]) -> None:
    async def session(client: Client) -> None:
        for ask_for, said in NOT_THERE:
            with pytest.raises(MCPError) as error:
                await ask_for(client)
            assert said in error.value.message and not LEAK.search(error.value.message)

    ask(session)


def test_a_quotation_of_100_kb_is_refused_and_the_session_goes_on(ask: Callable[[Session], None]) -> None:
    async def session(client: Client) -> None:
        try:  # over HTTP the body is too large; over a pipe the argument is
            said = await refused(client, "check_quote", {"quotation": "mot " * 25_000})
        except MCPError as error:
            said = error.message
        assert said and not LEAK.search(said)
        assert (await called(client, "check_quote", quotation=QUOTE))["verdict"] == "exact"

    ask(session)


MESSAGE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search", "arguments": {"query": "oncologie", "k": 1}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@asynccontextmanager
async def keyed(port: int, key: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)
        async with Client(transport) as client:
            yield client


def test_the_same_keys_let_in(index: Path, tmp_path: Path) -> None:
    key = keys.create(tmp_path / "keys.json", "reader", "read")
    live = IndexWatcher(index, StandInEncoder)
    with serving(build_app(live, Settings(index=index, keys=tmp_path / "keys.json"))) as port:
        wait_until_ready(live)
        url = f"http://127.0.0.1:{port}/mcp"
        assert httpx2.post(url, json=MESSAGE, headers=ACCEPT).status_code == 401

        async def session() -> None:
            async with keyed(port, key) as client:
                assert (await called(client, "search", query="oncologie"))["results"]

        anyio.run(session)


def test_the_same_rates_hosts_bodies_and_methods(index: Path) -> None:
    live = IndexWatcher(index, StandInEncoder)
    settings = Settings(index=index, rate="2/minute")
    with TestClient(build_app(live, settings), "http://127.0.0.1", raise_server_exceptions=False) as client:
        wait_until_ready(live)
        assert_refusal(client.post("/mcp", json=MESSAGE, headers={**ACCEPT, "Host": "evil.org"}), 421)
        big = {**MESSAGE, "params": {"name": "search", "arguments": {"query": "x" * 100_000}}}
        assert_refusal(client.post("/mcp", json=big, headers=ACCEPT), 413, "body_too_large")
        for method in ("GET", "DELETE"):
            assert client.request(method, "/mcp", headers=ACCEPT).status_code == 405
        assert_refusal(client.post("/mcp", json=MESSAGE, headers=ACCEPT), 429, "too_many_requests")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"jsonrpc": "2.0"}', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_message_is_refused(articles: TestClient, body: bytes) -> None:
    answer = articles.post("/mcp", content=body, headers={**ACCEPT, "Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert not LEAK.search(answer.text)


def test_requests_are_logged_and_counted_and_questions_noted(
    index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "questions.jsonl"
    live = IndexWatcher(index, StandInEncoder)
    with TestClient(build_app(live, query_log=QueryLog(path)), "http://127.0.0.1") as client:
        wait_until_ready(live)
        with caplog.at_level(logging.INFO):
            answer = client.post("/mcp", json=MESSAGE, headers=ACCEPT)
        assert answer.json()["result"]["structuredContent"]["results"]
        assert answer.headers["x-request-id"]
        assert 'repere_requests_total{method="POST",route="/mcp",status="200"}' in client.get("/metrics").text
    logged = [record.getMessage() for record in caplog.records if record.name.endswith("access_log")]
    assert len(logged) == 1 and logged[0].startswith("POST /mcp 200 ")
    assert [record.question for record in read_records(path)] == ["oncologie"]


def test_without_an_index_a_tool_says_so(tmp_path: Path) -> None:
    live = IndexWatcher(tmp_path / "none", StandInEncoder)
    with TestClient(build_app(live, wait_until_settled=True), "http://127.0.0.1") as client:
        result = client.post("/mcp", json=MESSAGE, headers=ACCEPT).json()["result"]
    assert result["isError"] and "GET /health says when" in result["content"][0]["text"]


def test_a_long_document_is_cut_between_passages(index: Path, live: IndexWatcher, client: TestClient) -> None:
    assert live.searcher is not None
    (entry,) = live.searcher.index.catalogue.passages([0])
    parts = list(_parts([entry] * 500))
    assert len(parts) > 2 and all(len(part) <= PART + 2 * 500 for part in parts)
    assert "\n\n".join(parts) == "\n\n".join([entry.passage.text] * 500)
    assert list(_parts([])) == [""]


@pytest.mark.slow
def test_the_sdk_is_loaded_with_the_first_request_and_the_readers_never() -> None:
    code = (
        "import sys, service.server;"
        "print([name for name in sys.modules if name.split('.')[0] == 'mcp' or name == 'indexer.readers'])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert loaded.stdout.strip() == "[]"


def test_of_several_collections_each_result_names_its_own(corpus: Path, index: Path, tmp_path: Path) -> None:
    (corpus / "robots.txt").unlink()
    (corpus / "lois.txt").write_text("La loi\n\nLa loi sur la formation des robots.\n", encoding="utf-8")
    builder.build(corpus, tmp_path / "lois", StandInChoice())
    named = index_folders.read({"santé": str(index), "lois": str(tmp_path / "lois")})
    collections = Collections.of(named, StandInEncoder)

    async def session(client: Client) -> None:
        found = await called(client, "search", query="robots", k=10)
        assert {each["collection"] for each in found["results"]} == {"santé", "lois"}
        one = await called(client, "search", query="robots", collection="lois")
        assert {each["collection"] for each in one["results"]} == {"lois"}
        place = {"id": "robots.txt", "collection": "santé"}
        fetched = await called(client, "fetch", **place)
        assert fetched["metadata"]["collection"] == "santé"
        assert fetched["url"].endswith("?doc=robots.txt&collection=sant%C3%A9")
        said = await refused(client, "fetch", {"id": "robots.txt"})
        assert said.endswith("Send collection with one of: santé, lois.")
        assert "There is no collection nope." in await refused(
            client, "search", {"query": "a", "collection": "nope"}
        )
        listed = await called(client, "list_documents", collection="lois")
        assert [each["id"] for each in listed["documents"]] == [
            "lois.txt",
            "oncologie.txt",
            "santé/télémédecine.md",
        ]
        resources = (await client.list_resources()).resources
        assert len(resources) == 6
        assert resources[3].uri == "repere://documents/lois.txt?collection=lois"
        read = await client.read_resource(resources[3].uri)
        assert isinstance(read, types.ReadResourceResult)
        (contents,) = read.contents
        assert isinstance(contents, types.TextResourceContents)
        assert "La loi sur la formation des robots." in contents.text

    with serving(build_app(collections, wait_until_settled=True)) as port:
        anyio.run(_session, f"http://127.0.0.1:{port}/mcp", "auto", session)
