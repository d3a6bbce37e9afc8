"""Refuse what cannot be read before anything reads it: broken addresses, bodies too large or too slow."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.schemas import MAX_BODY
from service.errors import BODY_SECONDS, ApiError, known

_DIGITS = 18
"""Of a declared length; Python does not convert thousands of them."""


class Limits:
    """ASGI middleware; answers 400, 408 or 413 in the one error shape."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if declared.strip(b"0") or b"transfer-encoding" in headers:
            body = _Body(receive, send)
            receive, send = body.receive, body.send
        refusal = _refusal(scope, declared)
        if refusal is not None:
            await refusal.response()(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _refusal(scope: Scope, declared: bytes) -> ApiError | None:
    for part in (scope["query_string"], scope.get("raw_path") or b""):
        try:
            decoded = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            hint = "Percent-encode the UTF-8 bytes of the text."
            return ApiError(400, "invalid_encoding", "The address is not UTF-8.", hint)
        if "\0" in decoded:
            return ApiError(400, "invalid_encoding", "The address holds a NUL character.", "Leave it out.")
    if declared.isdigit() and (len(declared) > _DIGITS or int(declared) > MAX_BODY):
        return known(413)
    return None


class _Body:
    """A body on its way: refused when it is too long, whatever it declared, or too slow.

    An answer that does not wait for the body's end closes the connection, or what is left of the body would
    keep it for as long as the client likes.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._bytes = 0
        self._whole = False
        self._deadline: float | None = None

    async def receive(self) -> Message:
        """The next part. Raises what the framework passes on from within the reading of a body."""
        if self._whole:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408) from None
        self._whole = not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BODY:
            raise HTTPException(413)
        return message

    async def send(self, message: Message) -> None:
        """Pass on an answer."""
        if message["type"] == "http.response.start" and not self._whole:
            message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
        await self._send(message)
