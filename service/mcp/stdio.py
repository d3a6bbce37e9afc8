"""The protocol over standard input and output, for an assistant that starts the service itself."""

from __future__ import annotations

from contextlib import nullcontext

import anyio
from anyio import to_thread
from mcp.server.stdio import stdio_server
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import memory
from service.api.opened import Opened
from service.mcp.server import build_server
from service.mcp.tools import Asking
from service.search.batching import QuestionEncoder
from service.search.collections import Collections
from service.settings import Settings
from service.telemetry import logs
from service.telemetry.query_log import QueryLog


def serve(settings: Settings) -> None:
    """Serve the index until the input ends. What is logged goes to standard error."""
    logs.configure(settings.log_format)
    threadpool_limits(1, user_api="blas")  # as in service/server.py
    memory.use_few_heaps()
    collections = Collections.of(
        settings.index,
        lambda: QuestionEncoder(settings.choice.load(use="questions"), settings.question_cache),
        ranking=settings.ranking,
    )
    log = QueryLog(settings.query_log) if settings.query_log else None
    collections.start()
    try:
        with log or nullcontext():
            anyio.run(_serve, collections, log, settings)
    finally:
        collections.stop()


async def _serve(collections: Collections, log: QueryLog | None, settings: Settings) -> None:
    to_thread.current_default_thread_limiter().total_tokens = settings.concurrency

    def asking() -> Asking:
        """Return what answers, as soon as it is known whether anything does."""
        collections.wait(settings.timeout)
        return Asking(Opened.by(collections), log, None)

    server = build_server(asking)
    async with stdio_server() as (requests, answers):
        await server.run(requests, answers, server.create_initialization_options())
