"""Split clean text into sentences by rule, with a table of abbreviations a language.

Statistical and ready-made splitters were tried and cut French at "Pr. Nejjari", "M. El Mandjra" or
"300 av. J.-C.": every such cut loses the sentence that answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Words that end in a full stop without ending a sentence, folded to lower case, the stop left out. "etc"
# is not among them: before a capital it has mostly ended one.
ABBREVIATIONS = {
    "fr": """m mm mme mmes mlle mlles me mgr pr prs dr drs prof st ste av apr j.-c cf ex pp al
        tél fax env éd coll ed hab dép réf ref sq sqq ibid op cit
        janv févr avr juil bd boul lt col gén cdt adj resp dir""",
    "en": """mr mrs ms dr prof st vs e.g i.e eq dept univ inc ltd co
        corp jr sr approx est jan feb mar apr jun jul aug u.s u.k ph.d""",
}
_ABBREVIATIONS = frozenset(word for words in ABBREVIATIONS.values() for word in words.split())

BEFORE_NUMBERS = """no nos n p pp art al alin vol ch chap sec fig figs tab min max janv févr avr juil sept oct
    nov déc dec"""
"""Words like them, but only before a number: "art. 3", and not "He loves art. The museum…"."""
_BEFORE_NUMBERS = frozenset(BEFORE_NUMBERS.split())

# A run of final marks, the quotes and brackets that close with it, then space: a sentence may end here.
# Chinese and Japanese put no space. No mark before the run and nothing given back ("++", "*+"): each
# character is looked at once, however long the run.
_STOP = re.compile(
    r"""(?<![.!?…؟])[.!?…؟]++(?:\s?[»”’"')\]]++(?!\S))*+(?=\s)|[。！？]++[」』”’]*+""",
)
_WORD_BEFORE = re.compile(r"[^\s(«“\"'’\[]+$")
# What a sentence begins with: a capital, a digit, or an opening mark before one, or a script without case.
_OPENING = re.compile(r"""[\s«“「『"'‘(\[—–-]*+(?P<first>\w)""")


def split(text: str) -> list[tuple[int, int]]:
    """Return the spans [start, end) of the sentences of text, in order, without white space at either end.

    Every character that is not white space stands in exactly one span. A line break always ends a
    sentence.
    """
    spans = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in [*_ends(text, line.start(), line.end()), line.end()]:
            piece = text[start:end]
            if piece.strip():
                lead = len(piece) - len(piece.lstrip())
                spans.append((start + lead, start + len(piece.rstrip())))
            start = end
    return spans


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    begin = start
    for stop in _STOP.finditer(text, start, end):
        following = _OPENING.match(text, stop.end(), end)
        if following is None or following["first"].islower():
            continue
        if stop.group() == "." and _goes_on(text, begin, stop.start(), following["first"]):
            continue
        begin = stop.end()
        yield begin


def _goes_on(text: str, begin: int, stop: int, first: str) -> bool:
    """Return whether the sentence begun at text[begin] goes on after the full stop at text[stop].

    The stop then belongs to the word before it; `first` is the first character of what follows.
    """
    word = _WORD_BEFORE.search(text, max(begin, stop - 24), stop)
    if word is None:
        return False
    bare = word.group().lower()
    if bare in _ABBREVIATIONS or (first.isdecimal() and bare in _BEFORE_NUMBERS):
        return True
    if word.start() - begin <= 1 and re.fullmatch(r"\d{1,3}|[a-z]", bare):
        return True  # "1. Le patient", "b. Objectives": the number of what follows
    # "J. Dupont", "A.B. Dupont": initials. A lone capital that ends a sentence ("vitamine C.") is rarer.
    return re.fullmatch(r"(?:[A-ZÀ-Þ]\.-?)*[A-ZÀ-Þ]", word.group()) is not None
