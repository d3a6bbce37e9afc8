"""An entry of a reference library, and what the formats have in common: types, dates, tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from indexer.readers.metadata.dates import declared_date, iso_date
from indexer.readers.text.gathering import one_line
from indexer.readers.text.html_text import strip_tags
from indexer.records import CleanText, Metadata, PartialDate

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@dataclass(frozen=True, slots=True)
class Entry:
    """A work as a reference library describes it."""

    metadata: Metadata
    files: tuple[str, ...] = ()
    """Paths of its files as the library writes them, with forward slashes; absolute or from its folder."""


def date_of(year: str, month: str = "", day: str = "") -> PartialDate | None:
    """Return a date of its parts as libraries write them: "2019", "oct" or "10", "18"; None for none."""
    whole = iso_date(year.strip().replace("/", "-").strip("-"))
    if whole and len(whole.iso) > 4:
        return whole
    numbers = re.findall(r"\d+", year)
    if not numbers or len(numbers[0]) != 4:
        return declared_date(year)
    parts = [numbers[0]]
    name = month.strip().strip("#{}").lower()[:3]
    number = (
        str(MONTHS.index(name) + 1) if name in MONTHS else month.strip() if month.strip().isdigit() else ""
    )
    if number:
        parts.append(number.zfill(2))
        if day.strip().isdigit():
            parts.append(day.strip().zfill(2))
    elif len(numbers) > 1:
        parts += [part.zfill(2) for part in numbers[1:3]]
    found = (iso_date("-".join(parts[:length])) for length in range(len(parts), 0, -1))
    return next(filter(None, found), None)


def tags_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the keywords in texts that may each hold several, parted by ; or else by commas."""
    tags = (tag for text in texts for tag in re.split(r"[;\n]" if ";" in text else r"[,\n]", text))
    return tuple(dict.fromkeys(tag for each in tags if (tag := one_line(each).strip(" *"))))


def plain_text(text: str) -> str:
    """Return an abstract or title without the HTML that programs put in it, a paragraph a line."""
    if "<" in text and ">" in text:
        text = strip_tags(CleanText.verbatim(text, 0, len(text))).text
    return "\n".join(line for part in text.split("\n") if (line := one_line(part)))


def file_path(path: str) -> str:
    """Return a path or file: address as a path with forward slashes."""
    path = path.strip()
    if path.lower().startswith("file:"):
        path = unquote(urlsplit(path).path)
    return path.replace("\\", "/").removeprefix("internal-pdf://")
