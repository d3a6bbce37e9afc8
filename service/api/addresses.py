"""Addresses of the service as others write them down: absolute, under the path that a proxy gives it."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from fastapi import Request


def base(request: Request) -> str:
    """Return the address of the service as it was asked for, with "/" at its end."""
    root: str = request.app.state.settings.root_path
    return f"{request.url.scheme}://{request.headers['host']}{root}/"


def of(request: Request, kind: str, source: str, **parameters: str | None) -> str:
    """Return the address of something of a document, such as its file: kind/source?parameters."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{base(request)}{kind}/{quote(source)}{'?' if query else ''}{query}"


def page(request: Request, **parameters: str | None) -> str:
    """Return the address of the search page with these parameters."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{base(request)}{'?' if query else ''}{query}"
