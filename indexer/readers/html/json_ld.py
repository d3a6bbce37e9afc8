"""The JSON-LD of a page: the works it describes, and what their references to other objects stand for."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml.html import HtmlElement

Thing = Mapping[str, object]
"""A JSON-LD object: its properties by name."""

OTHERS = re.compile(
    r"Comment|CorrectionComment|UserComments|Answer|Question|Claim|WebSite|WebPageElement|\w*Organization|Person"
    r"|Product\w*|Offer|AggregateOffer|\w*Rating|\w*List|ListItem|\w*Action|ImageObject|MediaObject|VideoObject"
    r"|AudioObject|Clip|SoftwareApplication|MobileApplication|Place|PostalAddress|Thing|None|\w*Review|Quotation"
)
"""Types of schema.org whose objects have an author or a date but are not what a page is about.

All other types with an author or a date are works: schema.org has some two hundred, and more every year.
"""
PAGES = re.compile(r"\w*Page|WebContent|CollectionPage|MediaGallery|RealEstateListing|Blog")
"""Types of pages, which say less of the text than the work on them does."""
SAID_OF_WORKS = frozenset({"author", "creator", "datePublished", "headline"})
NAMESPACE = re.compile(r"^.*[/:#]", re.DOTALL)
ASIDE = re.compile(
    r"comment|review|citation|mentions|hasPart|relatedLink|itemListElement|isPartOf|image|video|about"
)
"""Properties whose objects are other works than the page's own."""
MOST_THINGS = 5000
"""Objects of a page that are looked at."""


@dataclass(frozen=True, slots=True)
class LinkedData:
    """What a page's JSON-LD describes."""

    works: Sequence[Thing]
    """Texts first, then pages, each in the order of the page."""
    by_id: Mapping[str, Thing]
    """Objects that have a name by their @id."""

    def resolved(self, value: object) -> Iterator[Thing | str]:
        """Yield the objects and texts in a property's value, with what references refer to in their place."""
        for each in islice(value if isinstance(value, list) else [value], MOST_THINGS):
            if isinstance(each, str):
                yield self.by_id.get(each, each)
            elif isinstance(each, Mapping):
                yield self.by_id.get(str(each.get("@id")), each) if "name" not in each else each

    def names(self, value: object) -> Iterator[str]:
        """Yield the names in a property's value: one or several, each a text or an object with a name."""
        for each in self.resolved(value):
            if isinstance(each, str):
                yield each
                continue
            name = each.get("name") or f"{each.get('givenName', '')} {each.get('familyName', '')}"
            yield from (
                part for part in (name if isinstance(name, list) else [name]) if isinstance(part, str)
            )


def linked_data(page: HtmlElement) -> LinkedData:
    """Return what the JSON-LD of a page describes; a script that is no JSON describes nothing."""
    texts: list[Thing] = []
    pages: list[Thing] = []
    by_id: dict[str, Thing] = {}
    for thing, is_own in islice(_things(page), MOST_THINGS):
        kinds = thing.get("@type")
        types = [NAMESPACE.sub("", str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])]
        if is_own and any(PAGES.fullmatch(kind) for kind in types):
            pages.append(thing)
        elif (
            is_own
            and not SAID_OF_WORKS.isdisjoint(thing)
            and not any(OTHERS.fullmatch(kind) for kind in types)
        ):
            texts.append(thing)
        if isinstance(thing.get("@id"), str) and ("name" in thing or "familyName" in thing):
            by_id.setdefault(str(thing["@id"]), thing)
    return LinkedData((*texts, *pages), by_id)


def _things(page: HtmlElement) -> Iterator[tuple[Thing, bool]]:
    """Yield every object of a page's JSON-LD, outer ones first, and whether it may be the page's own work."""
    for script in page.iter("script"):
        if script.get("type", "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        waiting = deque([(_parsed(script.text or ""), True)])
        while waiting:
            thing, is_own = waiting.popleft()
            if isinstance(thing, list):
                waiting.extend((each, is_own) for each in thing)
            elif isinstance(thing, dict):
                yield thing, is_own
                waiting.extend(
                    (value, is_own and not ASIDE.match(key))
                    for key, value in thing.items()
                    if isinstance(value, dict | list)
                )


def _parsed(text: str) -> object:
    """Return the value of a JSON text, which some pages wrap in comments; None where it is none."""
    try:
        value: object = json.loads(WRAPPING.sub("", text), strict=False)
    except (ValueError, RecursionError):
        return None
    return value


WRAPPING = re.compile(
    r"\A\s*(?:<!--|/\*.{0,20}?\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)+|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*\Z|;\s*\Z"
)
