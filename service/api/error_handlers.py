"""Turn everything that a route raises into a refusal in the one shape, never into a stack trace."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indexer.errors import StoreUnavailable
from service.errors import SEE_PARAMETERS, SEND_JSON, ApiError, echo, refusal_for, unknown_parameter
from service.middleware import refusal_page
from service.middleware.headers import SECURITY
from service.middleware.policy import rule_for
from service.search.stages import RequestAbandoned
from service.telemetry import logs

STORE_RETRY = 5
"""Seconds after which a question may be sent again that the server with the index did not answer."""
_ENDINGS = (asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit)
"""What ends a request or the process, and is no failure of a route."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    rule = rule_for(request.scope["path"])
    linked = rule is not None and rule.policy.linked
    return refusal_page.answer(error, request.scope) if linked else error.response()


async def _abandoned(_: Request, __: Exception) -> JSONResponse:
    return ApiError(503, "timeout", "The request was given up.", "Send it again.").response()


def store_away(error: StoreUnavailable) -> ApiError:
    """Return the refusal of a question that the server with the index did not answer."""
    headers = {"Retry-After": str(STORE_RETRY)}
    hint = "GET /health says when questions are answered."
    return ApiError(503, "store_unavailable", str(error), hint, headers)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StoreUnavailable)
    return store_away(error).response()


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return refusal_of_validation(error.errors()[0]).response()


def refusal_of_validation(first: dict[str, Any]) -> ApiError:
    """Return the refusal of a request whose first fault is this one of pydantic's."""
    if first["type"] == "json_invalid":
        return refusal_for(400)
    place, *rest = first["loc"] or ("body",)
    names = [str(part) for part in ([] if place in ("query", "body", "path") else [place]) + rest]
    if not names:
        message = "The body is not a JSON object of parameters."
        return ApiError(422, "invalid_body", message, SEND_JSON)
    name = ".".join(names)
    if first["type"] == "extra_forbidden":
        return unknown_parameter(name)
    if first["type"] == "missing":
        return ApiError(422, "missing_parameter", f"{echo(name)} is missing.", SEE_PARAMETERS)
    reason = first["msg"].removeprefix("Value error, ")
    return ApiError(422, "invalid_parameter", f"{echo(name)}: {reason}.", SEE_PARAMETERS)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    response = refusal_for(error.status_code, str(error.detail)).response()
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_allowed(request))
    return response


def _allowed(request: Request) -> list[str]:
    """Return the methods of an address. The router itself names only those of the first route that fits."""
    scopes = {
        method: {"type": "http", "method": method, "path": request.scope["path"], "root_path": ""}
        for method in _METHODS
    }
    routes = request.app.router.routes
    return [m for m in _METHODS if any(route.matches(scopes[m])[0] is Match.FULL for route in routes)]


def internal_error() -> ApiError:
    """Return the refusal of a request that failed on this side."""
    message = "Something failed on this side; the service's log says what."
    hint = f"Try again; if it goes on, look for {logs.REQUEST_ID.get()} in the log."
    return ApiError(500, "internal", message, hint)


async def _failed(_: Request, __: Exception) -> JSONResponse:
    response = internal_error().response()
    response.headers.update(SECURITY)  # the framework answers this outside of every middleware
    return response


HANDLERS: dict[int | type[Exception], Any] = {
    ApiError: _refusal,
    RequestAbandoned: _abandoned,
    StoreUnavailable: _unavailable,
    RequestValidationError: _invalid,
    HTTPException: _http,
    Exception: _failed,  # a failure in the middleware itself
}
"""Exception → the coroutine that answers it in the one shape."""


class InternalErrors:
    """ASGI middleware, the innermost: logs a route's failure with its request id and answers 500.

    The framework would answer it beyond all other middleware, and have the server log it without an id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except _ENDINGS:
            raise
        except BaseException:  # a library of Rust that panics raises no Exception
            if started or scope["type"] != "http":
                raise
            route = getattr(scope.get("route"), "path", "?")
            logging.getLogger(__name__).exception("%s %s failed", scope["method"], route)
            await internal_error().response()(scope, receive, send)
