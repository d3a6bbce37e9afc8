"""What a page says of itself: its title without the site's name, and its date of publication."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from indexer.documents import Block, BlockKind, PartialDate
from indexer.readers.declared_dates import declared_date
from indexer.readers.gathering import one_line
from indexer.readers.titles import LONGEST

PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "citation_publication_date",
    "citation_date",
    "dcterms.issued",
    "dc.date.issued",
    "dc.date",
    "dc.date.created",
    "dcterms.created",
    "dcterms.date",
    "sailthru.date",
    "parsely-pub-date",
    "pubdate",
    "publishdate",
    "publish_date",
    "date",
)
"""Names under which a page declares its date of publication, the surest first."""

WORKS = re.compile(r"(?:\w*Article|\w*Posting|Report|WebPage|Book|Chapter|Thesis|CreativeWork)")
"""Kinds of things whose date in JSON-LD is the page's."""

SITE_MARK = re.compile(r"\s+(?:\||·|•|»|::)\s+")
"""What parts a title from its site's name and nothing else."""
ANY_MARK = re.compile(r"\s+(?:\||·|•|»|::|-|–|—)\s+|\s*:\s+")


def page_title(page: HtmlElement, blocks: Sequence[Block]) -> str | None:
    """The title a page declares; its only heading of level 1 where the declared one holds it."""
    metas = _metas(page)
    title = metas.get("og:title") or metas.get("citation_title") or page.findtext(".//title") or ""
    declared = one_line(title)[:LONGEST].rstrip()
    headings = [
        one_line(block.content.text)
        for block in blocks
        if block.kind is BlockKind.HEADING and block.level == 1
    ]
    if len(headings) == 1 and (not declared or _letters(headings[0]) in _letters(declared)):
        return headings[0]
    return _without_site(declared, one_line(metas.get("og:site_name", ""))) or None


def page_date(page: HtmlElement) -> PartialDate | None:
    """The day, month or year a page declares it was published; None when it declares none."""
    metas = _metas(page)
    for value in (*(metas.get(name) for name in PUBLISHED), *_linked_data(page), *_marked(page)):
        found = declared_date(value)
        if found:
            return found
    return None


def _metas(page: HtmlElement) -> dict[str, str]:
    """What the page's <meta> elements say, by name in lower case; the first of each name."""
    metas: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if meta.get("content"):
            metas.setdefault(name.lower(), meta.get("content"))
    return metas


def _marked(page: HtmlElement) -> Iterator[str]:
    """Dates of publication marked in the text."""
    for element in page.xpath("//*[@itemprop='datePublished'] | //time[@pubdate]"):
        yield element.get("datetime") or element.get("content") or "".join(element.itertext())


def _linked_data(page: HtmlElement) -> Iterator[str]:
    """Dates of publication in the page's JSON-LD, the outermost first."""
    for script in page.xpath("//script[@type='application/ld+json']"):
        try:
            waiting = deque([json.loads(script.text or "", strict=False)])
        except (ValueError, RecursionError):
            continue
        while waiting:
            thing = waiting.popleft()
            if isinstance(thing, list):
                waiting.extend(thing)
            elif isinstance(thing, dict):
                kinds = thing.get("@type")
                date = thing.get("datePublished")
                works = kinds if isinstance(kinds, list) else [kinds]
                if isinstance(date, str) and any(WORKS.fullmatch(str(kind)) for kind in works):
                    yield date
                waiting.extend(value for value in thing.values() if isinstance(value, dict | list))


def _without_site(title: str, site: str) -> str:
    """A title without the name of its site, at either end."""
    if site:
        for mark in ANY_MARK.finditer(title):
            before, after = title[: mark.start()], title[mark.end() :]
            if _letters(after) == _letters(site):
                return before
            if _letters(before) == _letters(site):
                return after
    first, *rest = SITE_MARK.split(title)
    return first if rest and " " in first else title


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
