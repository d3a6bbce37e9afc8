"""GET /read/{source}: a document's own page, for links and for citation programs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import escape
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from indexer.store.catalogue import DocumentEntry, PassageEntry
from service.api import addresses
from service.api.routes.common import CurrentSearcher, only_parameters
from service.api.routes.documents import unknown_source
from service.api.routes.originals import Source
from service.api.schemas import ReadRequest
from service.middleware.refusal_page import prefers_french
from service.references import csl, meta_tags

STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:6vh auto;padding:0 1rem}"
    "h1{font-size:1.5rem;line-height:1.25}blockquote{border-left:.25rem solid;margin:1rem 0;padding:0 1rem;"
    "white-space:pre-line}.by,.where{opacity:.8}nav a{margin-right:1.5rem}body{overflow-wrap:anywhere}"
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Language",
}
WORDS = {
    True: {
        "search": "Ouvrir dans la recherche",
        "original": "Le fichier d’origine",
        "web": "Sur le web",
        "page": "page",
        "gone": "Le passage cité n’est plus dans ce document, qui a changé depuis.",
    },
    False: {
        "search": "Open in the search",
        "original": "The original file",
        "web": "On the web",
        "page": "page",
        "gone": "The passage that was cited is no longer in this document, which has changed since.",
    },
}
"""Whether in French → the page's words."""

router = APIRouter(include_in_schema=False)


@router.head("/read/{source:path}", dependencies=[only_parameters(ReadRequest)])
@router.get("/read/{source:path}", dependencies=[only_parameters(ReadRequest)])
def read(
    source: Source, asked: Annotated[ReadRequest, Query()], request: Request, searcher: CurrentSearcher
) -> HTMLResponse:
    """What the document says of itself, and the passage that is cited; its address holds nothing else."""
    stored = searcher.index.catalogue.document(unicodedata.normalize("NFC", source))
    if stored is None:
        raise unknown_source(source)
    document, _, passages = stored
    chosen = next((each for each in passages if each.passage_id == asked.passage), None)
    return HTMLResponse(_page(request, document, chosen, asked), headers=HEADERS)


def _page(request: Request, document: DocumentEntry, passage: PassageEntry | None, asked: ReadRequest) -> str:
    french = prefers_french(request.scope)
    words = WORDS[french]
    own = addresses.of(request, "read", document.source, collection=asked.collection)
    original = addresses.of(request, "originals", document.source, collection=asked.collection)
    place = {"collection": asked.collection, "doc": document.source}
    work = csl.item(document, own)
    described = meta_tags.tags(work, original if document.format == "pdf" else None)
    cited = passage.passage_id if passage else None
    web = document.metadata.address
    links: dict[str, str] = {
        addresses.page(request, **place, passage=cited): words["search"],
        **({} if "#" in document.source else {original: words["original"]}),
        **({web: words["web"]} if web and _is_web(web) else {}),
    }
    parts = [
        f'<!doctype html>\n<html lang="{"fr" if french else "en"}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(document.title)}</title>",
        f'<link rel="icon" href="{addresses.base(request)}static/icon.svg" type="image/svg+xml">',
        f'<link rel="canonical" href="{escape(own)}">',
        '<link rel="schema.DC" href="http://purl.org/dc/elements/1.1/">',
        *(f'<meta name="{name}" content="{escape(content)}">' for name, content in described),
        f'<script type="application/ld+json">{meta_tags.json_ld(work)}</script>',
        f"<style>{STYLE}</style></head>",
        f'<body><main><h1 dir="auto">{escape(document.title)}</h1>',
        *_byline(document),
        *_quoted(passage, document, words, gone=asked.passage is not None and passage is None),
        "<nav>",
        *(f'<a href="{escape(address)}">{label}</a>' for address, label in links.items()),
        "</nav></main></body></html>\n",
    ]
    return "\n".join(parts)


def _byline(document: DocumentEntry) -> Iterator[str]:
    metadata = document.metadata
    date = metadata.date.iso if metadata.date else ""
    said = [document.author or "", date, metadata.container, metadata.publisher]
    if any(said):
        yield f'<p class="by" dir="auto">{escape(" · ".join(filter(None, said)))}</p>'
    yield f'<p class="where">{escape(document.source)}</p>'


def _quoted(
    passage: PassageEntry | None, document: DocumentEntry, words: dict[str, str], *, gone: bool
) -> Iterator[str]:
    if gone:
        yield f"<p><strong>{words['gone']}</strong></p>"
    if passage is None:
        if document.metadata.abstract:
            yield f'<blockquote dir="auto">{escape(document.metadata.abstract)}</blockquote>'
        return
    page = passage.passage.page
    label = document.page_label(page) or page
    where = [*passage.passage.section, *([f"{words['page']} {label}"] if label else [])]
    if where:
        yield f'<p class="where" dir="auto">{escape(" › ".join(where))}</p>'
    yield f'<blockquote dir="auto">{escape(passage.passage.text)}</blockquote>'


def _is_web(address: str) -> bool:
    """Return whether an address that a document declares may stand in a link: a script's may not."""
    return address.lower().startswith(("http://", "https://"))
