"""GET /opensearch.xml and GET /manifest.webmanifest: the page as a browser's search field and as an app."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service.api import addresses
from service.api.routes.common import only_parameters

NAME = "Repère"
DESCRIPTION = "Recherche par le sens dans un corpus d’articles"
COLOUR = "#175e54"
"""Of the icon's ground."""
CACHE = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False, dependencies=[only_parameters()])


@router.get("/opensearch.xml")
async def opensearch(request: Request) -> Response:
    """What a browser needs to ask from its address bar (OpenSearch 1.1); the feed stands beside the page."""
    here = escape(addresses.base(request))
    description = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">'
        f"<ShortName>{NAME}</ShortName><Description>{DESCRIPTION}</Description>"
        "<InputEncoding>UTF-8</InputEncoding>"
        f'<Image width="32" height="32" type="image/svg+xml">{here}static/icon.svg</Image>'
        f'<Url type="text/html" template="{here}?q={{searchTerms}}"/>'
        f'<Url type="application/atom+xml" template="{here}feed?q={{searchTerms}}"/>'
        "</OpenSearchDescription>\n"
    )
    return Response(description, media_type="application/opensearchdescription+xml", headers=CACHE)


@router.get("/manifest.webmanifest")
async def manifest() -> Response:
    """What a browser needs to install the page; addresses in it are relative to its own."""
    described = {
        "name": NAME,
        "short_name": NAME,
        "description": DESCRIPTION,
        "start_url": "./",
        "scope": "./",
        "display": "minimal-ui",
        "theme_color": COLOUR,
        "background_color": "#ffffff",
        "icons": [{"src": "static/icon.svg", "type": "image/svg+xml", "sizes": "any"}],
    }
    return JSONResponse(described, headers=CACHE, media_type="application/manifest+json")
