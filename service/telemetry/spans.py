"""Spans of OpenTelemetry: one for a request, and below it one for each stage of its search.

They hold what the access log holds, and the trace that a request says it belongs to (W3C Trace Context):
neither questions nor names of documents, keys or addresses.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import VERSION
from service.middleware.access_log import METHODS
from service.middleware.policy import rule_for
from service.search.observer import Observer
from service.telemetry import logs

STOP_SECONDS = 2.0
"""Seconds that spans which are not sent yet are given when the service stops."""


class _Headers(Getter[Headers]):
    """How a propagator reads the headers of a request."""

    def get(self, carrier: Headers, key: str) -> list[str] | None:
        return carrier.getlist(key) or None

    def keys(self, carrier: Headers) -> list[str]:
        return list(carrier.keys())


_PROPAGATOR, _HEADERS = TraceContextTextMapPropagator(), _Headers()


@dataclass(frozen=True, slots=True)
class Tracing:
    """What traces the requests of one process."""

    provider: TracerProvider

    @property
    def tracer(self) -> Tracer:
        """What spans are made by."""
        return self.provider.get_tracer("repere", VERSION)

    def middleware(self) -> Middleware:
        """Return the middleware that makes a span of each request."""
        return Middleware(RequestSpans, tracer=self.tracer)

    def observing(self, observer: Observer, collection: str | None) -> Observer:
        """Return an observer that makes spans of a collection's stages, and passes all on to another."""
        return StageSpans(observer, self.tracer, collection)

    def stop(self) -> None:
        """Send the spans that wait, as far as that is possible in a short time."""
        # A collector that does not answer holds the SDK for half a minute; it is not waited for.
        stopping = Thread(target=self.provider.shutdown, name="spans-sender", daemon=True)
        stopping.start()
        stopping.join(STOP_SECONDS)


def sending() -> Tracing:
    """Return tracing that sends spans by OTLP; all of it is set by the standard's variables, OTEL_…"""
    about = Resource({"service.name": "repere", "service.version": VERSION})
    provider = TracerProvider(
        resource=Resource.create().merge(about).merge(OTELResourceDetector().detect()), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


class RequestSpans:
    """ASGI middleware, outside of the access log; makes no span of what only monitoring asks."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self.app, self._tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = rule_for(scope["path"]) if scope["type"] == "http" else None
        if scope["type"] != "http" or (rule is not None and rule.policy.quiet):
            await self.app(scope, receive, send)
            return
        # Any other is _OTHER, as the conventions for HTTP have it.
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        name = f"{method} {rule.template}" if rule else method
        context = _PROPAGATOR.extract(Headers(scope=scope), Context(), _HEADERS)
        attributes = {"http.request.method": method} | ({"http.route": rule.template} if rule else {})
        span = self._tracer.start_span(name, context, SpanKind.SERVER, attributes)

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note_status(span, message["status"])
            await send(message)

        # What an exception says may quote what nobody should read; the log alone tells it.
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                await self.app(scope, receive, send_noting)
            finally:
                span.set_attribute("repere.request_id", logs.REQUEST_ID.get())


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


class StageSpans(Observer):
    """Makes a span of each stage of a search under the request's, and passes every report on."""

    def __init__(self, observer: Observer, tracer: Tracer, collection: str | None) -> None:
        self._observer, self._tracer = observer, tracer
        self._attributes = {} if collection is None else {"repere.collection": collection}

    def stage(self, name: str, seconds: float) -> None:
        """Make a span that ends now, where there is one of a request: a new index is tried without."""
        self._observer.stage(name, seconds)
        if not get_current_span().is_recording():
            return
        end = time.time_ns()
        begin = end - int(seconds * 1e9)
        self._tracer.start_span(name, attributes=self._attributes, start_time=begin).end(end)

    def batch(self, texts: int) -> None:
        """Pass it on."""
        self._observer.batch(texts)

    def cache(self, hits: int, misses: int) -> None:
        """Pass it on."""
        self._observer.cache(hits, misses)

    def reload(self, *, succeeded: bool) -> None:
        """Pass it on."""
        self._observer.reload(succeeded=succeeded)

    def watched(self) -> None:
        """Pass it on."""
        self._observer.watched()
