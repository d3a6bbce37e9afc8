"""Dates in French and English text and in metadata fields: in figures or spelt, to the day, month or year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as calendar_date

from indexer.months import MONTH_NUMBER
from indexer.records import PartialDate

EARLIEST, LATEST = 1800, 2100
"""Years outside which four digits are not the date of an article."""

PLAIN_LETTERS = str.maketrans(
    "àâäéèêëîïôöùûüçÀÂÄÉÈÊËÎÏÔÖÙÛÜÇᵉʳˢᵗʰᵈⁿ\u00a0\u2009\u202f", "aaaeeeeiioouuucAAAEEEEIIOOUUUCersthdn   "
)
"""Replacements of accented letters, raised letters ("1ᵉʳ") and no-break spaces, one for one."""

ROMAN = "I II III IV V VI VII VIII IX X XI XII".split()

_month = "(?:" + "|".join(sorted(MONTH_NUMBER, key=len, reverse=True)) + r")\b\.?"
_day = r"\d{1,2}(?:\s?(?:er|st|nd|rd|th|°))?"
_to = r"(?:\s{0,2}[-–—/&]\s{0,2}|\s{1,2}(?:et|au?|and|to)\s{1,2})"
_quarter = "(?:1er|[2-4]e(?:me)?|(?:prem|deux|trois|quatr)ie(?:me|r)|(?:I{1,3}|IV)e?r?)\\strimestre"
_quarter += "|(?:1st|2nd|3rd|4th|first|second|third|fourth)\\squarter"
_gap = r"(?:\s{1,2}|\s?,\s{0,2}|\s{1,2}(?:de|of)\s{1,2})"

DATE = re.compile(
    rf"""
    (?<![\w./-]) (?:
        (?P<iso>\d{{4}}-\d\d(?:-\d\d)?) (?=T\d\d:|(?![\w/-]))
      | (?P<y>\d{{4}})(?P<cut>[/-])(?P<m>\d{{1,2}})(?P=cut)(?P<d>\d{{1,2}}) (?![\w/-])
      | (?P<y_>\d{{4}})\.(?P<m_>\d\d)\.(?P<d_>\d\d) (?!\.?\w|[/-])
      | (?P<a>\d{{1,2}})(?P<mark>[/.-])(?P<b>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}) (?![\w/-])
      | (?P<day4>\d{{1,2}})(?P<bar>[/.-])(?P<month4>(?-i:{"|".join(ROMAN)})|{_month})(?P=bar)
        (?P<year4>\d{{4}}) (?![\w/-])
      | (?P<day1>{_day}) (?:,\s?{_day}){{0,3}} (?:{_gap}(?P<month0>{_month}))? (?:{_to}{_day})? {_gap}
        (?P<month1>{_month}) {_gap}(?P<year1>\d{{4}}) (?!\w)
      | (?P<month2>{_month}) {_gap}(?P<day2>{_day})(?:{_to}(?:(?P<month5>{_month}){_gap})?{_day})? {_gap}
        (?P<year2>\d{{4}}) (?!\w)
      | (?P<month3>{_month}) (?:{_to}(?P<month6>{_month}))? {_gap}(?P<year3>\d{{4}}) (?!\w)
      | (?:[TQ][1-4]|{_quarter}) {_gap}(?P<quarter>\d{{4}}) (?!\w)
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)

DECLARED = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?=T|\s|\Z)", re.ASCII)
DECLARED_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DateMatch:
    """A date and its place in the text that was searched."""

    date: PartialDate
    start: int
    """Offset of its first character."""
    end: int
    """Offset one past its last character."""


def find_dates(text: str) -> Iterator[DateMatch]:
    """Yield the dates of a text in order, of a range its first day; impossible ones (31/02) are skipped."""
    for match in DATE.finditer(plain_letters(text)):
        date = _date_of({name: value for name, value in match.groupdict().items() if value})
        if date:
            yield DateMatch(date, match.start(), match.end())


def plain_letters(text: str) -> str:
    """Return a text without French accents, of the same length."""
    return text.translate(PLAIN_LETTERS)


def iso_date(text: str) -> PartialDate | None:
    """Return the date written as "2019", "2019-10" or "2019-10-18"; None for any other text."""
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text, re.ASCII):
        return None
    year, month, day = (int(part) for part in (text + "-01-01").split("-")[:3])
    try:
        calendar_date(year, month, day)
    except ValueError:
        return None
    return PartialDate(text) if EARLIEST <= year <= LATEST else None


def declared_date(text: str | None) -> PartialDate | None:
    """Return the date in a metadata field: "2019", "2019-10", "2019/10/18", "20191018", "18 octobre 2019"."""
    text = (text or "").strip()
    match = DECLARED.match(text) or DECLARED_BASIC.match(text)
    if match:
        return iso_date("-".join(part.zfill(2) for part in match.groups() if part))
    return next((match.date for match in find_dates(text[:100])), None)


def _date_of(parts: dict[str, str]) -> PartialDate | None:
    """Return the date of a match of DATE, given its groups that are not empty; None when it is impossible."""
    match parts:
        case {"iso": iso}:
            return iso_date(iso)
        case {"y": year, "m": month, "d": day} | {"y_": year, "m_": month, "d_": day}:
            return _date(year, int(month), int(day))
        case {"a": first, "b": second, "year": year}:
            # Day first, as in French, unless only the other order makes a date.
            return _date(year, int(second), int(first)) or _date(year, int(first), int(second))
        case {"day1": day, "month1": month, "year1": year}:
            first = parts.get("month0", month)
            return _date(_first_year(year, first, month), _number(first), _day_number(day))
        case {"month2": month, "day2": day, "year2": year}:
            year = _first_year(year, month, parts.get("month5", month))
            return _date(year, _number(month), _day_number(day))
        case {"month3": month, "year3": year}:
            return iso_date(f"{_first_year(year, month, parts.get('month6', month))}-{_number(month):02}")
        case {"month4": month, "day4": day, "year4": year}:
            return _date(year, _number(month), int(day))
        case _:
            return iso_date(parts["quarter"])


def _date(year: str, month: int, day: int) -> PartialDate | None:
    return iso_date(f"{year}-{month:02}-{day:02}")


def _first_year(year: str, first: str, last: str) -> str:
    """Return the year in which a range from one month to another begins that ends in the given year."""
    return year if _number(first) <= _number(last) else str(int(year) - 1)


def _number(month: str) -> int:
    if month in ROMAN:
        return ROMAN.index(month) + 1
    return MONTH_NUMBER[month.rstrip(".").lower()]


def _day_number(day: str) -> int:
    return int(day[:2]) if day[:2].isdigit() else int(day[0])
