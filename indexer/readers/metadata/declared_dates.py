"""Dates as metadata write them: ISO 8601 and its relatives, as precise as what is written."""

from __future__ import annotations

import re

from indexer.readers.metadata.dates import find_dates, iso_date
from indexer.records import PartialDate

ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?=T|\s|\Z)", re.ASCII)
BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?!\d)", re.ASCII)


def declared_date(text: str | None) -> PartialDate | None:
    """The date a metadata field holds: "2019", "2019-10", "2019/10/18", "20191018", "18 octobre 2019"."""
    text = (text or "").strip()
    match = ISO.match(text) or BASIC.match(text)
    if match:
        return iso_date("-".join(part.zfill(2) for part in match.groups() if part))
    return next((found.date for found in find_dates(text[:100])), None)
