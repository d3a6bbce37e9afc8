"""Dates in French and English text: in figures or spelt, to the day, the month or, of a quarter, the year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from indexer.records import PartialDate

MONTHS = {
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "fr, short": "janv fevr - avr - - juil - sept oct nov dec",
    "fr, shorter": "jan fev - - - - juill - - - - -",
    "en": "january february march april may june july august september october november december",
    "en, short": "jan feb mar apr - jun jul aug sep oct nov dec",
}
"""Names of the twelve months, without accents; "-" where a language has no such form."""

MONTH_NUMBER = {
    name: number for names in MONTHS.values() for number, name in enumerate(names.split(), 1) if name != "-"
}

EARLIEST, LATEST = 1800, 2100
"""Years beyond which four figures are not the date of an article."""

PLAIN_LETTERS = str.maketrans(
    "àâäéèêëîïôöùûüçÀÂÄÉÈÊËÎÏÔÖÙÛÜÇᵉʳˢᵗʰᵈⁿ\u00a0\u2009\u202f", "aaaeeeeiioouuucAAAEEEEIIOOUUUCersthdn   "
)
"""Accents, raised letters ("1ᵉʳ") and no-break spaces, one for one."""

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


@dataclass(frozen=True, slots=True)
class Found:
    """A date and where it stands in the text searched."""

    date: PartialDate
    start: int
    end: int


def find_dates(text: str) -> Iterator[Found]:
    """Dates in order. Of a range, its first day. What no calendar holds (31/02/2020) is passed over."""
    for match in DATE.finditer(plain_letters(text)):
        found = _read({name: value for name, value in match.groupdict().items() if value})
        if found:
            yield Found(found, match.start(), match.end())


def plain_letters(text: str) -> str:
    """The text without French accents, as long as it was."""
    return text.translate(PLAIN_LETTERS)


def iso_date(text: str) -> PartialDate | None:
    """The date that "2019", "2019-10" or "2019-10-18" stands for; None when it is none."""
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text, re.ASCII):
        return None
    year, month, day = (int(part) for part in (text + "-01-01").split("-")[:3])
    try:
        date(year, month, day)
    except ValueError:
        return None
    return PartialDate(text) if EARLIEST <= year <= LATEST else None


def _read(parts: dict[str, str]) -> PartialDate | None:
    found = None
    match parts:
        case {"iso": iso}:
            found = iso_date(iso)
        case {"y": year, "m": month, "d": day}:
            found = _date(year, int(month), int(day))
        case {"y_": year, "m_": month, "d_": day}:
            found = _date(year, int(month), int(day))
        case {"a": first, "b": second, "year": year}:
            # Day first, as in French, unless only the other order makes a date.
            found = _date(year, int(second), int(first)) or _date(year, int(first), int(second))
        case {"day1": day, "month1": month, "year1": year}:
            first = parts.get("month0", month)
            found = _date(_begun(year, first, month), _number(first), _day_number(day))
        case {"month2": month, "day2": day, "year2": year}:
            year = _begun(year, month, parts.get("month5", month))
            found = _date(year, _number(month), _day_number(day))
        case {"month3": month, "year3": year}:
            found = iso_date(f"{_begun(year, month, parts.get('month6', month))}-{_number(month):02}")
        case {"month4": month, "day4": day, "year4": year}:
            found = _date(year, _number(month), int(day))
        case {"quarter": year}:
            found = iso_date(year)
    return found


def _date(year: str, month: int, day: int) -> PartialDate | None:
    return iso_date(f"{year}-{month:02}-{day:02}")


def _begun(year: str, first: str, last: str) -> str:
    """The year in which a range of months begins that ends in this one."""
    return year if _number(first) <= _number(last) else str(int(year) - 1)


def _number(month: str) -> int:
    if month in ROMAN:
        return ROMAN.index(month) + 1
    return MONTH_NUMBER[month.rstrip(".").lower()]


def _day_number(day: str) -> int:
    return int(day[:2]) if day[:2].isdigit() else int(day[0])
