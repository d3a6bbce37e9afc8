"""GET /docs: the API's description for people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.api.docs_page import page

router = APIRouter()

NOWHERE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"}
"""The page may load nothing, its icon excepted: what a browser does with it stays between the two."""


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Every operation with its parameters, examples and answers."""
    return HTMLResponse(page(request.app.openapi()), headers=NOWHERE)
