"""Every refusal in one JSON shape: {"error": {"code", "message", "hint"}}."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import RepereError
from service.api.schemas import MAX_BODY, MAX_QUERY
from service.middleware.headers import SECURITY
from service.search.stages import RequestAbandoned
from service.telemetry import logs


class ApiError(RepereError):
    """A refusal with its HTTP status."""

    def __init__(
        self, status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{message} {hint}")
        self.status, self.code, self.message, self.hint = status, code, message, hint
        self.headers = headers

    def response(self) -> JSONResponse:
        """The refusal as it goes over the wire."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        return JSONResponse({"error": error}, status_code=self.status, headers=self.headers)


BODY_SECONDS = 5
"""Seconds that a body may take to come."""
ECHOED = 100
"""Characters of what was sent that a refusal repeats at the most."""
SEE_API = "The API is described at /docs."
SEE_PARAMETERS = "The parameters and their bounds are described at /docs."
SEND_JSON = 'Send {"q": "…"} with the header Content-Type: application/json.'
_KNOWN = {
    400: ("invalid_json", "The body is not JSON.", SEND_JSON),
    404: ("not_found", "There is nothing at this address.", SEE_API),
    405: ("method_not_allowed", "This address does not take this method.", SEE_API),
    408: ("body_too_slow", f"The body did not come within {BODY_SECONDS} s.", "Send it at once."),
    413: (
        "body_too_large",
        f"The body is larger than {MAX_BODY // 1024} kB.",
        f"A question has at most {MAX_QUERY} characters.",
    ),
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def known(status: int) -> ApiError:
    """The refusal that a status stands for by itself."""
    return ApiError(status, *_KNOWN[status])


def unknown_parameter(name: str) -> ApiError:
    """The refusal of a parameter that does not exist."""
    return ApiError(422, "unknown_parameter", f"There is no parameter {echo(name)}.", SEE_PARAMETERS)


def echo(text: str) -> str:
    """What was sent, short and printable enough to be repeated in a sentence."""
    short = text if len(text) <= ECHOED else text[:ECHOED] + "…"
    return short if short.isprintable() and short else repr(short)


def install(app: FastAPI) -> None:
    """Have the app answer every error in the one shape, and never with a stack trace."""
    app.add_exception_handler(ApiError, _refusal)
    app.add_exception_handler(RequestAbandoned, _abandoned)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)  # in the middleware itself
    app.add_middleware(Unforeseen)


async def _refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return error.response()


async def _abandoned(_: Request, __: Exception) -> JSONResponse:
    """Answer a request that nobody waits for any more; the connection is gone, so nobody reads this."""
    return ApiError(503, "timeout", "The request was abandoned.", "Send it again.").response()


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return known(400).response()
    names = [str(part) for part in first["loc"] if part not in ("query", "body", "path")]
    if not names:
        message = "The body is not a JSON object that holds a question."
        return ApiError(422, "invalid_body", message, SEND_JSON).response()
    name = echo(".".join(names))
    if first["type"] == "extra_forbidden":
        return unknown_parameter(".".join(names)).response()
    if first["type"] == "missing":
        return ApiError(422, "missing_parameter", f"{name} is missing.", SEE_PARAMETERS).response()
    reason = first["msg"].removeprefix("Value error, ")
    return ApiError(422, "invalid_parameter", f"{name}: {reason}.", SEE_PARAMETERS).response()


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    fallback = ("refused", str(error.detail), SEE_API)
    response = ApiError(error.status_code, *_KNOWN.get(error.status_code, fallback)).response()
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_allowed(request))
    return response


def _allowed(request: Request) -> list[str]:
    """Methods the address takes. The router itself names only those of the first route that fits it."""
    scopes = {
        method: {"type": "http", "method": method, "path": request.scope["path"], "root_path": ""}
        for method in _METHODS
    }
    routes = request.app.router.routes
    return [m for m in _METHODS if any(route.matches(scopes[m])[0] is Match.FULL for route in routes)]


async def _unforeseen(_: Request, __: Exception) -> JSONResponse:
    response = unforeseen().response()
    response.headers.update(SECURITY)  # the framework answers this outside of every middleware
    return response


def unforeseen() -> ApiError:
    """The refusal of a request that failed in a way nobody thought of; the log says more of it."""
    message = "Something failed on this side; the service's log says what."
    hint = f"Try again; if it goes on, look for {logs.REQUEST_ID.get()} in the log."
    return ApiError(500, "internal", message, hint)


class Unforeseen:
    """ASGI middleware, the innermost: the failures of routes are logged and answered as any refusal is.

    The framework would answer them beyond all other middleware, and have the server log them without an id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, told)
        except Exception:
            if begun or scope["type"] != "http":
                raise
            route = getattr(scope.get("route"), "path", "?")
            logging.getLogger(__name__).exception("%s %s failed", scope["method"], route)
            await unforeseen().response()(scope, receive, send)
