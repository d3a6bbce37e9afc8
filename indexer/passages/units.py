"""What is embedded of a sentence: the whole, and the parts of it that could answer by themselves.

A long sentence says several things, and a heading that lost its line break hangs on the sentence after
it; a part of its own lets a question find the one thing it asks for. Parts serve only to find: what is
shown and cited is always the whole sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right

CLAUSES = (
    (re.compile(r"\s*[;:]\s+|\s[–—]\s"), 12, 5),
    (re.compile(r"(?<=[,;:])\s+|\s[–—]\s|\s(?=\()|(?<=\))\s"), 16, 6),
)
"""(mark between clauses, words a sentence has at least to be looked into, words a clause has at least).

Coarse first, then fine, down to the items of an enumeration; a shorter clause stays with its neighbour.
"""
# A word that opens a sentence, in the middle of one and capitalised before a plain word: a heading came
# before it. "Contexte Les soins …", "Methods We studied …".
_OPENER = re.compile(
    r"(?<=[a-zà-ÿ0-9)])\s+(?=(?:L[’'](?=[a-zà-ÿ])|(?:Le|La|Les|Un|Une|Des|Il|Elle|Ils|Elles|On|Nous|Ce|Cet|Cette|Ces"
    r"|En|Dans|Pour|Depuis|Selon|Après|Lorsque|Si|Plusieurs|The|This|These|It|In|We|There|A|An)\s[a-zà-ÿ0-9]"
    r"|(?:D|C|J|N|S|Qu|Lorsqu)[’'][a-zà-ÿ]))"
)
# After these a capital begins a name ("le journal Le Monde"), not a sentence.
_NAMING = frozenset(
    """
    de du des la le les l un une à au aux dans par pour sur sous et ou en que journal film roman album
    titre quotidien magazine livre intitulé intitulée revue hebdomadaire chanson série appelé appelée
    groupe
    """.split()
)


def parts(sentence: str) -> list[tuple[int, int]]:
    """Spans [start, end) of a sentence's parts, none for a sentence that says one thing."""
    found = [span for rule in CLAUSES for span in _clauses(sentence, *rule)] + _after_headings(sentence)
    return list(dict.fromkeys(found))


def _clauses(sentence: str, mark: re.Pattern[str], long: int, short: int) -> list[tuple[int, int]]:
    """Parts at every mark, in a sentence of at least `long` words, each of at least `short`."""
    if len(sentence.split()) < long:
        return []
    return _long_enough(sentence, [(each.start(), each.end()) for each in mark.finditer(sentence)], short)


def _after_headings(sentence: str) -> list[tuple[int, int]]:
    """A heading and the sentence it hangs on."""
    cuts = []
    words = [word.span() for word in re.finditer(r"\S+", sentence)]
    ends = [end for _, end in words]
    for opener in _OPENER.finditer(sentence):
        before = bisect_right(ends, opener.start())  # words; counted so that it takes linear time
        after = len(words) - before
        start, end = words[before - 1]
        last = re.split(r"[’']", sentence[start:end])[-1].lower()
        if last not in _NAMING and before >= 2 and after >= 3:
            cuts.append((opener.start(), opener.end()))
    return _pieces(sentence, cuts)


def _long_enough(sentence: str, cuts: list[tuple[int, int]], short: int) -> list[tuple[int, int]]:
    """The pieces between cuts, leaving out every cut beside a piece of fewer than `short` words."""
    kept: list[tuple[int, int]] = []
    begin = 0
    for cut_start, cut_end in cuts:
        if len(sentence[begin:cut_start].split()) >= short:
            kept.append((cut_start, cut_end))
            begin = cut_end
    while kept and len(sentence[kept[-1][1] :].split()) < short:
        kept.pop()
    return _pieces(sentence, kept)


def _pieces(sentence: str, cuts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if not cuts:
        return []
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(sentence)]
    return list(zip(starts, ends, strict=True))
