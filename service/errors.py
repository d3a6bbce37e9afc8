"""Refusals: every one has a status and one JSON shape, {"error": {"code", "message", "hint"}}."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from models.errors import RepereError

MAX_QUERY = 1000
"""Characters that a question may have."""
MAX_QUOTATION = 10_000
"""Characters that a quotation to be verified may have."""
MAX_BODY = 64 * 1024
"""Bytes that the body of a request may have."""
BODY_SECONDS = 5
"""Seconds within which the body of a request has to arrive."""
MAX_ECHO = 100
"""Characters of a request's own text that a refusal repeats."""
SEE_API = "The API is described at /docs."
SEE_PARAMETERS = "The parameters and their bounds are described at /docs."
SEND_JSON = (
    'Send a JSON object, {"q": "…"} to /search, with the header Content-Type: application/json; see /docs.'
)


class ApiError(RepereError):
    """A refusal with its HTTP status and, where it needs them, headers of its own."""

    def __init__(
        self, status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{message} {hint}")
        self.status, self.code, self.message, self.hint = status, code, message, hint
        self.headers = headers

    def response(self) -> JSONResponse:
        """Return the refusal as it goes over the wire."""
        error = {"code": self.code, "message": self.message, "hint": self.hint}
        return JSONResponse({"error": error}, status_code=self.status, headers=self.headers)


_BY_STATUS = {
    400: ("invalid_json", "The body is not JSON.", SEND_JSON),
    404: ("not_found", "There is nothing at this address.", SEE_API),
    405: ("method_not_allowed", "This address does not take this method.", SEE_API),
    408: ("body_too_slow", f"The body did not come within {BODY_SECONDS} s.", "Send it at once."),
    413: (
        "body_too_large",
        f"The body is larger than {MAX_BODY // 1024} kB.",
        f"A question has at most {MAX_QUERY} characters, a quotation {MAX_QUOTATION}.",
    ),
}


def refusal_for(status: int, detail: str = "") -> ApiError:
    """Return the refusal that a status stands for; `detail` is its message where the status has none."""
    return ApiError(status, *_BY_STATUS.get(status, ("refused", detail, SEE_API)))


def unknown_parameter(name: str) -> ApiError:
    """Return the refusal of a parameter that does not exist."""
    return ApiError(422, "unknown_parameter", f"There is no parameter {echo(name)}.", SEE_PARAMETERS)


def echo(text: str) -> str:
    """Return text of a request short and printable enough to be repeated in a sentence."""
    short = text if len(text) <= MAX_ECHO else text[:MAX_ECHO] + "…"
    return short if short.isprintable() and short else repr(short)
