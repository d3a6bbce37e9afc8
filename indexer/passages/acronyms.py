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
"""Words a long form may have."""


@dataclass(frozen=True, slots=True)
class Acronym:
    """A short form and a long form that the corpus says mean the same."""

    short: str
    long: str
    count: int
    """How often the corpus says so."""


def mine(texts: Iterable[str]) -> list[Acronym]:
    """Every pair in the texts, most often said first; what differs only in case or accents is one."""
    counts: Counter[tuple[str, str]] = Counter()
    spelt: dict[tuple[str, str], tuple[str, str]] = {}
    for text in texts:
        for short, long in pairs(text):
            key = (fold(short), " ".join(words(long)))
            spelt.setdefault(key, (short, long))
            counts[key] += 1
    return [Acronym(*spelt[key], count) for key, count in counts.most_common()]


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """The (short, long) pairs that brackets in the text define, in reading order."""
    for bracket in _BRACKETED.finditer(text):
        before = text[max(0, bracket.start() - 200) : bracket.start()].rstrip()
        before = re.split(r"[.!?;:\n()]\s", before)[-1]
        parts = [part.strip(" «»“”\"'") for part in _PARTS.split(bracket[1])]
        for part in parts:
            if is_short(part):
                long = long_form(part, before)
                # "(WHO, World Health Organization)": the bracket itself holds the long form
                longs = [long] if long else [each for each in parts if spells(part, each)]
                yield from ((part, each) for each in longs)
        outside = _SHORT_BEFORE.search(before)
        if outside and is_short(outside[1]):
            yield from ((outside[1], part) for part in parts if spells(outside[1], part))


def is_short(text: str) -> bool:
    """Whether a text looks like an acronym: short, begins with a capital, at least two capitals or digits."""
    strong = sum(char.isupper() or char.isdigit() for char in text)
    return bool(_IS_SHORT.match(text)) and strong >= 2 and any(char.isupper() for char in text[:2])


def spells(short: str, text: str) -> bool:
    """Whether the whole of a text is a long form of short."""
    return not is_short(text) and long_form(short, text) == text.strip(" «»“”\"'")


def long_form(short: str, before: str) -> str | None:
    """The words at the end of `before` that short stands for; None when they do not spell it."""
    letters = "".join(char for char in fold(short) if char.isalnum())
    numeral = re.search(r" ([IVX]{1,4})$", short)
    if numeral:  # "PASS II": the numeral counts the thing and is not spelt by its words
        letters = letters[: -len(numeral[1])]
    found_words = list(_WORD.finditer(before))[-LONGEST - 4 :]
    bare = [fold(_ELISION.sub("", word.group())) for word in found_words]
    # A tail that spells nothing may be one word long, as in "École nationale – Maroc (EN)".
    first = _spelt(letters, bare)
    if first is None and bare:
        first = _spelt(letters, bare[:-1])
    if first is None:
        return None
    found = re.sub(r"\s*\(.*", "", before[found_words[first].start() :])
    found = _ELISION.sub("", found.strip(" «»“”\"'–—-"))
    return found if len(found.split()) > 1 and len(found) > len(short) + 3 else None


def _spelt(letters: str, words: list[str]) -> int | None:
    """The word from which on all words together spell the letters; None when there is none.

    From right to left; every word gives one to three of its letters, its first among them, and small
    words may give none. Two thirds of the letters have to begin words.
    """

    def search(left: int, at: int, begins: int) -> int | None:
        """Spell letters[:left] with words[: at + 1]."""
        if left == 0:
            return at + 1 if begins * 3 >= len(letters) * 2 else None
        if at < 0:
            return None
        word = words[at]
        if word in SMALL_WORDS and (found := search(left, at - 1, begins)) is not None:
            return found
        if _ROMAN.get(word) == letters[left - 1]:
            return search(left - 1, at - 1, begins + 1)
        if word in SMALL_WORDS and left == 1:
            return None  # a long form does not begin with "de"
        for count in range(1, min(3, left) + 1):
            fits = _stands_in(letters[left - count : left], word)
            if fits and (found := search(left - count, at - 1, begins + 1)) is not None:
                return found
        return None

    return search(len(letters), len(words) - 1, 0)


def _stands_in(run: str, word: str) -> bool:
    """Whether a word begins with the first letter of a run and holds the others after it, in order."""
    at = 0
    for letter in run:
        at = word.find(letter, at) + 1
        if at == 0:
            return False
    return word.startswith(run[0])
