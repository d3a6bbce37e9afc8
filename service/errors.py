"""Every refusal in one JSON shape: {"error": {"code", "message", "hint"}}."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from models.errors import RepereError


class ApiError(RepereError):
    """A refusal with its HTTP status."""

    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.status, self.code, self.message, self.hint = status, code, message, hint

    def response(self) -> JSONResponse:
        """The refusal as it goes over the wire."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        return JSONResponse({"error": error}, status_code=self.status)


SEE_DOCS = "The parameters and their bounds are described at /docs."
_KNOWN = {
    404: ("not_found", "There is nothing at this address.", "The API is described at /docs."),
    405: ("method_not_allowed", "This address does not take this method.", "The API is described at /docs."),
}


def install(app: FastAPI) -> None:
    """Have the app answer every error in the one shape, and never with a stack trace."""
    app.add_exception_handler(ApiError, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


async def _refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return error.response()


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        message = "The body is not JSON."
        return ApiError(400, "invalid_json", message, 'Send {"q": "…"} as JSON.').response()
    where = [str(part) for part in first["loc"] if part not in ("query", "body", "path")]
    name = ".".join(where) or "the body"
    if first["type"] == "extra_forbidden":
        return ApiError(422, "unknown_parameter", f"There is no parameter {name}.", SEE_DOCS).response()
    if first["type"] == "missing":
        return ApiError(422, "missing_parameter", f"{name} is missing.", SEE_DOCS).response()
    reason = first["msg"].removeprefix("Value error, ")
    return ApiError(422, "invalid_parameter", f"{name}: {reason}.", SEE_DOCS).response()


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    fallback = ("refused", str(error.detail), "The API is described at /docs.")
    response = ApiError(error.status_code, *_KNOWN.get(error.status_code, fallback)).response()
    response.headers.update(error.headers or {})
    return response


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    logging.getLogger(__name__).error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = "Something failed on this side; the service's log says what."
    return ApiError(500, "internal", message, "Try again; if it goes on, look at the log.").response()
