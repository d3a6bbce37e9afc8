"""Spans: one a request and one a stage below it, in the trace of the client, and nothing that was asked."""

from __future__ import annotations

import re
import threading
import tomllib
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import pytest
from starlette.testclient import TestClient

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.search.observer import Observer
from service.telemetry import spans, tracing
from service.telemetry.spans import Tracing
from tests.conftest import ROOT, client_of, wait_until_ready
from tests.standin import StandInEncoder
from tests.test_licences import is_permissive, licence

STAGES = ["read", "encode", "candidates", "score", "fetch"]
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, NOT_SAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
CLOSE = 5_000_000
"""Nanoseconds by which a stage that is timed by another clock may seem to lie outside of its request."""


class Traced:
    """A client of a traced app, and the spans that were made."""

    def __init__(self, client: TestClient, exporter: InMemorySpanExporter) -> None:
        self.client, self._exporter = client, exporter

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> list[ReadableSpan]:
        """The spans that a request makes, in the order of their end."""
        self._exporter.clear()
        self.client.get(path, headers=dict(headers or {}))
        return list(self._exporter.get_finished_spans())


@pytest.fixture
def traced(index: Path) -> Iterator[Traced]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces = Tracing(provider)
    live = IndexWatcher(index, StandInEncoder, traces.observing(Observer(), None))
    with client_of(build_app(live, tracing=traces)) as client:
        wait_until_ready(live)
        assert (
            not exporter.get_finished_spans()
        )  # the question that an index is tried with is nobody's request
        yield Traced(client, exporter)


def test_a_search_is_a_span_with_its_stages_below(traced: Traced) -> None:
    *stages, request = traced.get("/search?q=formation", {"X-Request-ID": "abc"})
    assert (request.name, request.kind, request.parent) == ("GET /search", SpanKind.SERVER, None)
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/search",
        "http.response.status_code": 200,
        "repere.request_id": "abc",
    }
    assert [stage.name for stage in stages] == STAGES
    begin, end = request.start_time, request.end_time
    assert begin and end and request.context
    for stage in stages:
        assert stage.parent and stage.context and stage.start_time and stage.end_time
        assert stage.parent.span_id == request.context.span_id
        assert stage.context.trace_id == request.context.trace_id
        assert begin - CLOSE <= stage.start_time <= stage.end_time <= end + CLOSE


def test_it_joins_the_trace_of_the_client(traced: Traced) -> None:
    *_, request = traced.get("/search?q=formation", {"traceparent": SAMPLED, "tracestate": "a=1"})
    assert request.context and request.parent
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{request.parent.span_id:016x}" == PARENT and request.parent.is_remote
    assert request.context.trace_state.get("a") == "1"


def test_what_the_client_does_not_sample_is_not_sampled_here(traced: Traced) -> None:
    assert traced.get("/search?q=formation", {"traceparent": NOT_SAMPLED}) == []


@pytest.mark.parametrize(
    "header",
    ["", "00", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01", SAMPLED.upper() + "x", "0" * 9999],
)
def test_a_header_that_is_none_begins_a_trace_of_its_own(traced: Traced, header: str) -> None:
    *_, request = traced.get("/search?q=formation", {"traceparent": header})
    assert request.context and f"{request.context.trace_id:032x}" != TRACE
    assert request.parent is None


def test_two_requests_are_two_traces(traced: Traced) -> None:
    first, second = (traced.get("/search?q=robots")[-1].context for _ in range(2))
    assert first and second and first.trace_id != second.trace_id


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [
        ("/documents", "GET /documents", 200),
        ("/documents/oncologie.txt", "GET /documents/{source:path}", 200),
        ("/documents/nothing", "GET /documents/{source:path}", 404),
        ("/search", "GET /search", 422),
        ("/nowhere/secret", "GET", 404),
    ],
)
def test_other_requests_are_one_span_by_their_route(
    traced: Traced, path: str, name: str, status: int
) -> None:
    (request,) = traced.get(path)
    assert request.name == name and request.attributes
    assert request.attributes["http.response.status_code"] == status
    assert request.status.status_code is StatusCode.UNSET  # a client's fault is none of ours


def test_failures_are_marked(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the question was: formation")

    monkeypatch.setattr("service.search.searcher.Searcher.search", fail)
    (request,) = traced.get("/search?q=formation")
    assert request.attributes and request.attributes["http.response.status_code"] == 500
    assert request.status.status_code is StatusCode.ERROR
    assert not request.events and "formation" not in request.to_json()


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/metrics"])
def test_what_monitoring_asks_is_no_span(traced: Traced, path: str) -> None:
    assert traced.get(path) == []


def test_no_question_and_no_name_is_in_a_span(traced: Traced) -> None:
    headers = {"Authorization": "Bearer repere_secret", "baggage": "user=camille"}
    made = [*traced.get("/search?q=formation+secrète", headers), *traced.get("/documents/oncologie.txt")]
    told = " ".join(span.to_json() for span in made)
    assert len(made) == 7
    assert not [word for word in ("formation", "oncologie", "repere_secret", "camille") if word in told]


def test_the_frameworks_own_spans_which_hold_questions_are_not_made(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    live = IndexWatcher(index, StandInEncoder)
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        assert client.get("/search?q=formation").status_code == 200
    assert not exporter.get_finished_spans()


def test_every_report_is_passed_on() -> None:
    heard: list[tuple[str, object]] = []

    class Listener(Observer):
        def __getattribute__(self, name: str) -> Any:
            return lambda *given, **named: heard.append((name, (*given, *named.values())))

    observer = Tracing(TracerProvider(shutdown_on_exit=False)).observing(Listener(), "laws")
    hooks = [name for name in vars(Observer) if not name.startswith("_")]
    observer.stage("read", 0.5)
    observer.batch(3)
    observer.cache(1, 2)
    observer.reload(succeeded=False)
    observer.watched()
    assert heard == [
        ("stage", ("read", 0.5)),
        ("batch", (3,)),
        ("cache", (1, 2)),
        ("reload", (False,)),
        ("watched", ()),
    ]
    assert {name for name, _ in heard} == set(hooks)


class Collector(BaseHTTPRequestHandler):
    """Takes spans as a collector does, and keeps what it was sent."""

    received: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=trial")
        yield server
        server.shutdown()


@pytest.mark.parametrize(("name", "expected"), [(None, b"repere"), ("search-fr", b"search-fr")])
def test_spans_are_sent_to_the_collector_by_the_time_it_stops(
    collector: HTTPServer, monkeypatch: pytest.MonkeyPatch, name: str | None, expected: bytes
) -> None:
    Collector.received.clear()
    if name:
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
    traces = tracing.start()
    assert traces
    with traces.tracer.start_as_current_span("GET /search"):
        traces.observing(Observer(), "laws").stage("encode", 0.01)
    traces.stop()
    ((path, body),) = Collector.received
    assert path == "/v1/traces"
    assert all(part in body for part in (b"GET /search", b"encode", b"laws", expected, b"trial"))


def test_a_collector_that_is_not_there_delays_the_end_little(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(spans, "STOP_SECONDS", 0.2)
    traces = tracing.start()
    assert traces
    traces.tracer.start_span("GET /search").end()
    begin = time.monotonic()
    traces.stop()
    assert time.monotonic() - begin < 2


def test_what_the_extra_brings_may_be_used_by_anybody() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting, brought = list(extra["optional-dependencies"]["otel"]), set()
    while waiting:
        name = re.split(r"[^A-Za-z0-9._-]", waiting.pop(), maxsplit=1)[0]
        if name in brought:
            continue
        brought.add(name)
        needed = metadata.requires(name) or []
        waiting += [each for each in needed if "extra ==" not in each and "python_version <" not in each]
    assert len(brought) > 8
    assert {name: licence(name) for name in brought if not is_permissive(licence(name))} == {}
