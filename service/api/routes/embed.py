"""GET /embed.js: a search box that pages of other sites may load."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response

from service.api.routes import static_page

router = APIRouter(include_in_schema=False)

FILE = Path(__file__).parents[2] / "embed" / "embed.js"
HEADERS = {
    "Cross-Origin-Resource-Policy": "cross-origin",  # any page may load it; which may ask, cors_origins says
    "Cache-Control": "public, max-age=3600",
    "Vary": "Accept-Encoding",
}

_FILE = static_page.read(FILE)


@router.head("/embed.js")
@router.get("/embed.js")
async def script(request: Request) -> Response:
    """The script."""
    return static_page.answer(_FILE, request, HEADERS)
