"""Split clean text into sentences by rule, with a table of abbreviations a language.

Statistical and ready-made splitters were tried and cut French at "Pr. Nejjari", "M. El Mandjra" or
"300 av. J.-C.": every such cut loses the sentence that answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Words that end in a full stop without ending a sentence, folded to lower case, the stop left out.
ABBREVIATIONS = {
    "fr": """m mm mme mmes mlle mlles me mgr pr prs dr drs prof st ste av apr j.-c cf ex p pp art al alin
        vol n no nos tél fax env min max chap fig tab éd coll ed hab dép réf ref sq sqq ibid op cit
        janv févr avr juil sept oct nov déc bd boul lt col gén cdt adj resp dir""",
    "en": """mr mrs ms dr prof st vs e.g i.e etc fig figs eq no nos vol pp ch sec dept univ inc ltd co
        corp jr sr approx est al jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k ph.d""",
}
_ABBREVIATIONS = frozenset(word for words in ABBREVIATIONS.values() for word in words.split())

# A run of final marks, the quotes and brackets that close with it, then space: a sentence may end here.
_STOP = re.compile(r"""[.!?…؟。]+(?:\s?[»”’"')\]]+)*(?=\s)""")
_WORD_BEFORE = re.compile(r"[^\s(«“\"'’\[]+$")
# What a sentence begins with: a capital, a digit, or an opening mark before one, or a script without case.
_OPENING = re.compile(r"""[\s«“"'‘(\[—–-]*(?P<first>\w)""")


def split(text: str) -> list[tuple[int, int]]:
    """Spans [start, end) of the sentences of text, in order, white space at either end left out.

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
    for stop in _STOP.finditer(text, start, end):
        following = _OPENING.match(text, stop.end(), end)
        if following is None or following["first"].islower():
            continue
        if stop.group() == "." and _is_abbreviation(text, start, stop.start()):
            continue
        yield stop.end()


def _is_abbreviation(text: str, start: int, stop: int) -> bool:
    """Whether the full stop at text[stop] belongs to the word before it."""
    word = _WORD_BEFORE.search(text, max(start, stop - 24), stop)
    if word is None:
        return False
    bare = word.group()
    # "J. Dupont", "A.B. Dupont": initials. A lone capital after a number ("vitamine 12 A.") is rare.
    return bare.lower() in _ABBREVIATIONS or re.fullmatch(r"(?:[A-ZÀ-Þ]\.-?)*[A-ZÀ-Þ]", bare) is not None
