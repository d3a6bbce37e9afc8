"""Addresses of the service as others write them down: absolute, under the path that a proxy gives it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from fastapi import Request


def base(request: Request) -> str:
    """Return the address of the service as it was asked for, with "/" at its end."""
    root: str = request.app.state.settings.root_path
    return f"{request.url.scheme}://{request.headers['host']}{root}/"


def of(request: Request, kind: str, source: str, **parameters: str | None) -> str:
    """Return the address of something of a document, such as its file: kind/source?parameters."""
    return f"{base(request)}{kind}/{quote(source)}{_query(parameters)}"


def page(request: Request, **parameters: str | None) -> str:
    """Return the address of the search page with these parameters."""
    return f"{base(request)}{_query(parameters)}"


def _query(parameters: Mapping[str, str | None]) -> str:
    """Return the parameters that have a value, with "?" before them where there are any."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"?{query}" if query else ""
