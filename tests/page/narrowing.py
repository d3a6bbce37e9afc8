"""Stands in for /facets and the filters of /search where the service has none; in use only until it has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Error, Page, Route

DIMENSIONS = {
    "languages": ("language",),
    "years": ("from", "to"),
    "formats": ("format",),
    "folders": ("source",),
}
FILTERS = tuple(name for names in DIMENSIONS.values() for name in names)


def stand_in(page: Page) -> None:
    """Answer both routes here, from what the service answers without filters."""
    page.route(lambda url: urlsplit(url).path in ("/search", "/facets"), _answer)


def _answer(route: Route) -> None:
    parts = urlsplit(route.request.url)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/search" and not set(FILTERS) & set(given):
        route.fallback()
        return
    asked = {"q": given["q"], "k": "100", "group": "document"}
    try:
        response = route.fetch(url=f"{parts.scheme}://{parts.netloc}/search?{urlencode(asked)}")
        found = response.json()
    except Error:
        return  # the page has closed, or asks something else by now
    if not response.ok:
        route.fulfill(response=response)
        return
    if parts.path == "/facets":
        route.fulfill(json=_facets(found, given))
        return
    found["hits"] = [hit for hit in found["hits"] if _passes(hit, given, FILTERS)][: int(given["k"])]
    route.fulfill(response=response, body=json.dumps(found))


def _facets(found: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    told = [hit for hit in found["hits"] if hit["relevance"]["class"] != "none"]
    values: dict[str, Callable[[dict[str, Any]], Any]] = {
        "languages": lambda hit: hit["language"],
        "years": lambda hit: (hit["date"] or "")[:4],
        "formats": lambda hit: hit["format"],
        "folders": lambda hit: hit["source"].rpartition("/")[0],
    }
    facets: dict[str, Any] = {}
    for dimension, own in DIMENSIONS.items():
        others = [name for name in FILTERS if name not in own]
        counts = Counter(values[dimension](hit) for hit in told if _passes(hit, given, others))
        entries = [(value, count) for value, count in counts.items() if value or dimension == "folders"]
        entries.sort(key=(lambda each: each) if dimension == "years" else (lambda each: (-each[1], each[0])))
        facets[dimension] = [{"value": value, "count": count} for value, count in entries]
    documents = sum(_passes(hit, given, FILTERS) for hit in told)
    return {"query": given["q"], "documents": documents, **facets, "index": found["index"]}


def _passes(hit: dict[str, Any], given: dict[str, str], names: Iterable[str]) -> bool:
    asked = {name: given[name] for name in names if name in given}
    year = (hit["date"] or "")[:4]
    return (
        hit["language"] in asked.get("language", hit["language"] or "").split(",")
        and hit["format"] in asked.get("format", hit["format"]).split(",")
        and fnmatchcase(hit["source"], asked.get("source", "*"))
        and (
            not {"from", "to"} & set(asked)
            or (asked.get("from", "") <= year <= asked.get("to", "9999") and year != "")
        )
    )
