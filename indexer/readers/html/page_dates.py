"""The date of publication of a page: as it declares it, as its text marks it, or as htmldate finds it."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from indexer.readers.html.json_ld import LinkedData
from indexer.readers.html.metas import Metas
from indexer.readers.html.walk import BLOCKS
from indexer.readers.metadata.dates import declared_date, iso_date
from indexer.readers.metadata.header import LONGEST_LINE
from indexer.records import PartialDate

DATE_NAMES = (
    "article.published.time og.article.published.time datepublished citation.publication.date"
    " citation.online.date citation.date citation.year prism.publicationdate prism.coverdate dc.issued"
    " dc.date.issued dc.date.available dc.available dc.date.published dc.date.publication dc.date"
    " dc.date.created dc.created eprints.date sailthru.date parsely.pub.date article.published"
    " og.pubdate pubdate publishdate publish.date publication.date datepublication article.date.original"
    " date.published rnews.datepublished date"
).split()
"""Names of <meta> elements with the date of publication, the surest first."""
ADDRESS_DATE = re.compile(r"://[^?#]*?/((?:19|20)\d\d)(?P<gap>[/-]?)(\d\d?)(?P=gap)(\d\d?)(?=/|\Z)")
"""The day of publication in the address of a page: "…/2019/10/18/titre"."""
NEWS = re.compile(r"/(?:news|actu\w*|aktuell\w*|articles?|blog|press\w*|communiques?)/|/(?:19|20)\d\d/")
"""Folders in the addresses of pages that are published on a day."""
FEED = re.compile(r"rss|atom")
FROM_THE_WEB = re.compile(r"(?:https?:)?//")
REVISED = re.compile(r"modif|updat|revis|maj|edited", re.IGNORECASE)


def page_date(
    page: HtmlElement, metas: Metas, data: LinkedData, address: str, found: PartialDate | None
) -> PartialDate | None:
    """Return the date of a page: in its address, declared, or else the one found in its text.

    Where several declarations agree the finest counts. An address holds the day at the place of publication,
    where a declaration may hold that of another time zone.
    """
    in_address = ADDRESS_DATE.search(address)
    published = in_address and iso_date("-".join(part.zfill(2) for part in in_address.group(1, 3, 4)))
    if published:
        return published
    marked = page.xpath("//*[@itemprop='datePublished']")
    values = (
        *metas.each(DATE_NAMES),
        *(work.get("datePublished") for work in data.works),
        *(element.get("datetime") or element.get("content") or element.text for element in marked),
    )
    dates = [date for value in values if isinstance(value, str) and (date := declared_date(value))]
    if not dates:
        return found or _time(page)
    return max((date for date in dates if date.iso.startswith(dates[0].iso)), key=lambda date: len(date.iso))


def evidenced(iso: str, source: str) -> PartialDate | None:
    """Return as much of a day as stands in a page's source: htmldate makes a day of a month or a year."""
    year, month, day = iso.split("-")
    number, any_year = rf"(?<!\d)0?{int(day)}(?!\d)", rf"(?:{year}|(?<!\d){year[2:]}(?!\d))"
    near = rf"{any_year}.{{0,100}}?{number}|{number}.{{0,100}}?{any_year}|{year}{month}{day}"
    if re.search(near, source, re.DOTALL):
        return iso_date(iso)
    return iso_date(year if month == "01" and day == "01" else f"{year}-{month}")


def is_published(page: HtmlElement, metas: Metas, data: LinkedData, address: str) -> bool:
    """Return whether a page shows signs of having been published on a day, as a page of a manual does not."""
    if (
        data.works
        or NEWS.search(address)
        or metas.first(("og.type", "og.title", "og.url", "og.site.name", "twitter.card"))
    ):
        return True
    for element in page.iter("article", "time", "link", "script"):
        if element.tag in ("article", "time"):
            return True
        if FEED.search(element.get("type") or "") or FROM_THE_WEB.match(element.get("src") or ""):
            return True
    return False


def _time(page: HtmlElement) -> PartialDate | None:
    """Return the date of the first <time> in a short line, such as one under a title."""
    for element in page.iter("time"):
        names = f"{element.get('class', '')} {element.get('itemprop', '')}"
        if not REVISED.search(names) and _stands_alone(element):
            return declared_date(element.get("datetime") or element.text)
    return None


def _stands_alone(element: HtmlElement) -> bool:
    """Return whether an element stands in a short line, such as one under a title, and not within prose."""
    block = next((above for above in element.iterancestors() if above.tag in BLOCKS), None)
    if block is None or block.tag == "body":
        return True
    length = 0
    for text in block.itertext():
        length += len(text.strip())
        if length > LONGEST_LINE:
            return False
    return True
