"""Conditional requests: whether a client has the very answer that it would be sent (RFC 9110, 13.1.2)."""

from __future__ import annotations

from fastapi import Request


def has_already(request: Request, etag: str) -> bool:
    """Return whether the If-None-Match of a request names an ETag, quotes included, or any."""
    header = request.headers.get("if-none-match", "")
    return not {etag, "*"}.isdisjoint(tag.strip().removeprefix("W/") for tag in header.split(","))
