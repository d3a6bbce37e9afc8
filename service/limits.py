"""Refuse what cannot be read before anything reads it: broken addresses and bodies that are too large."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ApiError, known
from service.schemas import MAX_BODY

_DIGITS = 18
"""Of a declared length; Python does not convert thousands of them."""


class Limits:
    """ASGI middleware; answers 400 or 413 in the one error shape."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            await refusal.response()(scope, receive, send)
            return
        await self.app(scope, _counted(receive), send)


def _refusal(scope: Scope) -> ApiError | None:
    for part in (scope["query_string"], scope.get("raw_path") or b""):
        try:
            decoded = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            hint = "Percent-encode the UTF-8 bytes of the text."
            return ApiError(400, "invalid_encoding", "The address is not UTF-8.", hint)
        if "\0" in decoded:
            return ApiError(400, "invalid_encoding", "The address holds a NUL character.", "Leave it out.")
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and (len(declared) > _DIGITS or int(declared) > MAX_BODY):
        return known(413)
    return None


def _counted(receive: Receive) -> Receive:
    """receive, which refuses a body that turns out longer than allowed, whatever it declared."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY:
            # The framework passes on its own exception from within the reading of a body, and no other.
            raise HTTPException(413)
        return message

    return counted
