"""Mine acronyms and their long forms: "Centre hospitalier universitaire (CHU)" and "CHU (centre …)".

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical
text", PSB 2003: the letters of the short form are looked for from right to left in the words before
it, and the first letter has to begin a word. Two things are added for text as it is found here: a Roman
numeral answers to its digit ("Mohammed VI" in UM6SS), and most letters have to begin words, which keeps
chance matches out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from indexer.passages.analysis import fold, words

# Two to ten letters or digits, at least two of them capitals, perhaps with a numeral behind: "PASS II".
_SHORT = r"(?:[A-ZÀ-Þ][\wÀ-ÿ&./-]{1,11}|[A-ZÀ-Þ]\d)(?: [IVX]{1,4})?"
_BRACKETED = re.compile(r"\(([^()\n]{2,160})\)")
_IS_SHORT = re.compile(rf"{_SHORT}$")
_SHORT_BEFORE = re.compile(rf"(?<![\w-])({_SHORT})\s*$")
_PARTS = re.compile(r"\s*[;,/:=]\s*|\s+(?:ou|or|soit|en anglais|en français|in French|in English)\s+")
_WORD = re.compile(r"[\w’']+(?:-[\w’']+)*")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)[’']", re.IGNORECASE)
SMALL_WORDS = frozenset(
    """
    de du des d la le les l et en à a au aux pour par sur dans the of and for in on to with un une
    """.split()
)
LONGEST = 12
"""Words of the longest long form."""


@dataclass(frozen=True, slots=True)
class Acronym:
    """A short form and a long form that the corpus says mean the same."""

    short: str
    long: str
    count: int
    """Times that the corpus says so."""


def mine(texts: Iterable[str]) -> list[Acronym]:
    """Return every pair of the texts, most frequent first; pairs that differ in case or accents are one."""
    counts: Counter[tuple[str, str]] = Counter()
    spelt: dict[tuple[str, str], tuple[str, str]] = {}
    for text in texts:
        for short, long in pairs(text):
            key = (fold(short), " ".join(words(long)))
            spelt.setdefault(key, (short, long))
            counts[key] += 1
    return [Acronym(*spelt[key], count) for key, count in counts.most_common()]


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the (short, long) pairs that brackets in a text define, in reading order."""
    for bracket in _BRACKETED.finditer(text):
        before = text[max(0, bracket.start() - 200) : bracket.start()].rstrip()
        before = re.split(r"[.!?;:\n()]\s", before)[-1]
        parts = [part.strip(" «»“”\"'") for part in _PARTS.split(bracket[1])]
        for part in parts:
            if is_short(part):
                long = long_form(part, before)
                # "(WHO, World Health Organization)": the bracket itself holds the long form
                longs = [long] if long else [other for other in parts if spells(part, other)]
                yield from ((part, long) for long in longs)
        outside = _SHORT_BEFORE.search(before)
        if outside and is_short(outside[1]):
            yield from ((outside[1], part) for part in parts if spells(outside[1], part))


def is_short(text: str) -> bool:
    """Return whether a text looks like an acronym: short, a capital first, two capitals or digits or more."""
    capitals = sum(char.isupper() or char.isdigit() for char in text)
    return bool(_IS_SHORT.match(text)) and capitals >= 2 and any(char.isupper() for char in text[:2])


def spells(short: str, text: str) -> bool:
    """Return whether all of a text is one long form of `short`."""
    return not is_short(text) and long_form(short, text) == text.strip(" «»“”\"'")


def long_form(short: str, before: str) -> str | None:
    """Return the words at the end of `before` that `short` stands for; None when they do not spell it."""
    letters = "".join(char for char in fold(short) if char.isalnum())
    numeral = re.search(r" ([IVX]{1,4})$", short)
    if numeral:  # "PASS II": the numeral counts the thing and is not spelt by its words
        letters = letters[: -len(numeral[1])]
    last_words = list(_WORD.finditer(before))[-LONGEST - 4 :]
    bare = [fold(_ELISION.sub("", word.group())) for word in last_words]
    # A tail that spells nothing may be one word long, as in "École nationale – Maroc (EN)".
    first = _spelt(letters, bare)
    if first is None and bare:
        first = _spelt(letters, bare[:-1])
    if first is None:
        return None
    long = re.sub(r"\s*\(.*", "", before[last_words[first].start() :])
    long = _ELISION.sub("", long.strip(" «»“”\"'–—-"))
    return long if len(long.split()) > 1 and len(long) > len(short) + 3 else None


def _spelt(letters: str, words: list[str]) -> int | None:
    """Return the place of the word from which on all words spell the letters; None when there is none.

    They are read from right to left. Every word gives one to three of its letters, its first among them;
    small words may give none. Two thirds of the letters have to begin words. Each state is searched once:
    the ways to read "a a a a…" double with every word.
    """

    @cache
    def search(left: int, at: int, begins: int) -> int | None:
        """Return the first word of those in words[: at + 1] that spell letters[:left]."""
        if left == 0:
            return at + 1 if begins * 3 >= len(letters) * 2 else None
        if at < 0:
            return None
        word = words[at]
        if word in SMALL_WORDS and (first := search(left, at - 1, begins)) is not None:
            return first
        if _ROMAN.get(word) == letters[left - 1]:
            return search(left - 1, at - 1, begins + 1)
        if word in SMALL_WORDS and left == 1:
            return None  # a long form does not begin with "de"
        for count in range(1, min(3, left) + 1):
            fits = _stands_in(letters[left - count : left], word)
            if fits and (first := search(left - count, at - 1, begins + 1)) is not None:
                return first
        return None

    return search(len(letters), len(words) - 1, 0)


def _stands_in(run: str, word: str) -> bool:
    """Return whether a word begins with the first letter of a run and holds the others after it, in order."""
    at = 0
    for letter in run:
        at = word.find(letter, at) + 1
        if at == 0:
            return False
    return word.startswith(run[0])
