"""Compare a quotation with a text: word for word, whatever the typography, or nearly, with what differs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, LCSseq

LEAST_SIMILARITY = 0.75
"""Similarity from which on a text is nearly the quotation; below, half of the words are others."""
LEAST_EQUAL = 0.5
"""Share of the quotation's words that such a text holds unchanged."""
LONGEST_BY_LETTERS = 300
"""Characters of a quotation whose place is found by letters; that of a longer one is clear from its words."""
MARGIN = 40
"""Characters that are looked at around the best alignment, beside a quarter of the quotation."""
Hyphen = Literal["hard", "soft"]
"""A hyphen within a word: hard where it is part of the word, soft where only the end of a line needs it."""

_ONE_TO_ONE = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ`´ʹ＇", "'")
    | dict.fromkeys("«»“”„‟″〝〞＂", '"')
    | {"\u2015": "—", "−": "-", "‒": "-"}
)
"""Marks → the one that stands for all of their kind; before NFKC, which makes two characters of some."""
_LIGATURES = {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"}
"""Ligatures that Unicode counts as letters; NFKC undoes the others."""
_TATWEEL = "\u0640"
_SPECIAL = re.compile(r"[œŒæÆ\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_LINE_END = r"(?:[ \t]*[\r\n\v\f\u2028\u2029]\s*)"
_LETTER = r"[^\W\d_]"
_RULES = re.compile(
    rf"(?P<soft>\u00ad{_LINE_END}?)"
    rf"|(?P<hyphen>(?<={_LETTER})[-‐–](?P<broken>{_LINE_END})?(?={_LETTER}))"
    r"|(?P<dash>\s*[-‐–—]\s*)"
    r"|(?P<space>\s+)"
)
_OPENING = frozenset("([{\"'")
_CLOSING = frozenset(".,;:!?%)]}\"'")
"""Marks beside which languages and typesetters put spaces or none."""
_OMISSION = re.compile(r"\s*(?:\[\s*(?:…|\.{3})\s*\]|\(\s*(?:…|\.{3})\s*\))\s*")
_WORD = re.compile(r"\w+(?:'\w+)*'?|[^\w\s]")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text without its typography, with the place of each character in the text as it was."""

    raw: str
    """The text as it was."""
    text: str
    starts: Sequence[int]
    """[characters]: offset in `raw` of what each was made of."""
    ends: Sequence[int]
    """[characters]: offset one past it."""
    hyphens: Mapping[int, Hyphen]
    """Place of a character → the hyphen that stood before it, within a word, and was left out."""

    def piece(self, start: int, end: int) -> PlainText:
        """Return the characters from start to end."""
        inner = {place - start: kind for place, kind in self.hyphens.items() if start < place < end}
        return PlainText(self.raw, self.text[start:end], self.starts[start:end], self.ends[start:end], inner)

    def original(self, start: int, end: int) -> str:
        """Return what the characters from start to end were made of."""
        return self.raw[self.starts[start] : self.ends[end - 1]] if start < end else ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A piece in which a quotation and a text differ."""

    kind: Literal["replaced", "added", "omitted"]
    """added: only the quotation holds it; omitted: only the text does."""
    quoted: str
    """As the quotation has it; empty where it is omitted."""
    found: str
    """As the text has it; empty where it is added."""


@dataclass(frozen=True, slots=True)
class Match:
    """A place of a text at which a quotation stands."""

    start: int
    """Offset of its first character in the text."""
    end: int
    similarity: float
    """1 where it stands there word for word; else the share of characters that both have in order, 0 … 1."""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation, ready to be looked for."""

    whole: PlainText
    parts: tuple[PlainText, ...]
    """What stands between its marks of omission, […]; without any, the whole."""


def quotation(text: str) -> Quotation:
    """Return a quotation without the quotation marks around it and the full stop or comma that ends it.

    Raises ValueError when it holds no word.
    """
    parts = tuple(part for piece in _OMISSION.split(text) if (part := _trimmed(plain(piece))).text)
    if not any(character.isalnum() for part in parts for character in part.text):
        raise ValueError("it holds no word")
    return Quotation(_trimmed(plain(text)), parts)


def _trimmed(text: PlainText) -> PlainText:
    stripped = text.text.lstrip(" \"'.-")
    start = len(text.text) - len(stripped)
    return text.piece(start, start + len(stripped.rstrip(" \"'.,;:-")))


def plain(text: str) -> PlainText:
    """Return a text with one form of each letter, quotation mark, dash and space.

    Letters are composed and ligatures taken apart; what shows nothing is left out; so are hyphens within
    words, which are remembered, and spaces beside punctuation.
    """
    letters, starts, ends = _composed(text.translate(_ONE_TO_ONE))
    out: list[str] = []
    kept: list[int] = []
    hyphens: dict[int, Hyphen] = {}
    done = size = 0
    for match in _RULES.finditer(letters):
        out.append(letters[done : match.start()])
        kept.extend(range(done, match.start()))
        size += match.start() - done
        done = match.end()
        if match["soft"] is not None or match["hyphen"] is not None:
            hyphens[size] = "soft" if match["soft"] is not None or match["broken"] else "hard"
            continue
        mark = "-" if match["dash"] is not None else _space(letters, match.start(), match.end())
        if mark:
            out.append(mark)
            kept.append(match.start() + (match.group().find(match.group().strip()) if mark == "-" else 0))
            size += 1
    out.append(letters[done:])
    kept.extend(range(done, len(letters)))
    return PlainText(text, "".join(out), [starts[at] for at in kept], [ends[at] for at in kept], hyphens)


def _space(text: str, start: int, end: int) -> str:
    """Return what stands for the white space from start to end: nothing at the ends and beside marks."""
    if start == 0 or end == len(text) or text[start - 1] in _OPENING or text[end] in _CLOSING:
        return ""
    return " "


def _composed(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Return (a text in NFKC without ligatures and invisible characters; start, end of each in the text)."""
    if unicodedata.is_normalized("NFKC", text) and not _SPECIAL.search(text):
        return text, range(len(text)), range(1, len(text) + 1)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        cluster = _plain_cluster(text[start:end])
        out.append(cluster)
        starts.extend([start] * len(cluster))
        ends.extend([end] * len(cluster))
        start = end
    return "".join(out), starts, ends


def _plain_cluster(cluster: str) -> str:
    if cluster.isascii():
        return cluster
    composed = unicodedata.normalize("NFKC", _LIGATURES.get(cluster, cluster))
    return "".join(
        character
        for character in composed
        if character == "\u00ad" or (unicodedata.category(character) != "Cf" and character != _TATWEEL)
    )


def exact(wanted: Quotation, text: PlainText) -> Iterator[Match]:
    """Yield the places at which a text holds a quotation word for word; its parts in order, if it has any."""
    at = 0
    while (span := _next(wanted.parts[0], text, at)) is not None:
        first, (_, end) = span[0], span
        for part in wanted.parts[1:]:
            if (span := _next(part, text, end)) is None:
                return
            end = span[1]
        yield Match(text.starts[first], text.ends[end - 1], 1.0)
        at = end


def _next(part: PlainText, text: PlainText, at: int) -> tuple[int, int] | None:
    """Return (start, end) of the next place at which a text holds the words of a part."""
    size = len(part.text)
    while (start := text.text.find(part.text, at)) >= 0:
        if _whole_words(text, start, start + size) and _same_hyphens(part, text, start):
            return start, start + size
        at = start + 1
    return None


def _whole_words(text: PlainText, start: int, end: int) -> bool:
    return not any(
        0 < place < len(text.text)
        and place not in text.hyphens
        and text.text[place - 1].isalnum()
        and text.text[place].isalnum()
        for place in (start, end)
    )


def _same_hyphens(part: PlainText, text: PlainText, start: int) -> bool:
    """Return whether hyphens stand at the same places; one at the end of a line may be either."""
    places = set(part.hyphens) | {
        place - start for place in text.hyphens if start < place < start + len(part.text)
    }
    for place in places:
        kinds = {part.hyphens.get(place), text.hyphens.get(start + place)}
        if len(kinds) > 1 and "soft" not in kinds:
            return False
    return True


def near(wanted: Quotation, text: PlainText) -> Match | None:
    """Return the place of a text that is most like a quotation, with what differs; None when none is."""
    quoted, searched = wanted.whole.text.casefold(), text.text.casefold()
    if len(searched) != len(text.text):  # "ß" and "İ" are two letters when small: places would not fit
        quoted, searched = wanted.whole.text, text.text
    start, end = 0, len(searched)
    if len(quoted) < len(searched) and len(quoted) <= LONGEST_BY_LETTERS:
        found = fuzz.partial_ratio_alignment(quoted, searched, score_cutoff=100 * LEAST_EQUAL)
        if found is None:
            return None
        margin = MARGIN + len(quoted) // 4
        start, end = max(0, found.dest_start - margin), min(end, found.dest_end + margin)
    return _compared(wanted.whole, text.piece(start, end))


class _Word(NamedTuple):
    """A word or a mark of a text."""

    key: str
    """The word with its hyphens."""
    start: int
    end: int


class _Gap(NamedTuple):
    """Words between those that two texts share: of the quotation from `a` to `b`, of the text `c` to `d`."""

    a: int
    b: int
    c: int
    d: int


def _compared(quoted: PlainText, window: PlainText) -> Match | None:
    """Return how a quotation differs from the part of a window that is most like it; None: too much."""
    ours, theirs = _words(quoted), _words(window)
    blocks = _shared([word.key for word in ours], [word.key for word in theirs])
    if sum(size for _, _, size in blocks) < LEAST_EQUAL * len(ours):
        return None
    (a, c, _), (b, d, size) = blocks[0], blocks[-1]
    # What stands before the first shared word, and after the last, is as long as in the quotation.
    head = _Gap(0, a, max(0, c - a), c)
    tail = _Gap(b + size, len(ours), d + size, min(len(theirs), d + size + len(ours) - b - size))
    between = [_Gap(a + size, b, c + size, d) for (a, c, size), (b, d, _) in pairwise(blocks)]
    first, last = theirs[head.c].start, theirs[tail.d - 1].end
    similarity = Indel.normalized_similarity(quoted.text, window.text[first:last])
    if similarity < LEAST_SIMILARITY:
        return None
    differences = [_difference(gap, quoted, ours, window, theirs) for gap in (head, *between, tail)]
    told = tuple(difference for difference in differences if difference is not None)
    # A hyphen alone is no character of a plain text; nor is that a quotation word for word.
    return Match(window.starts[first], window.ends[last - 1], min(round(similarity, 4), 0.9999), told)


def _words(text: PlainText) -> list[_Word]:
    return [
        _Word(
            "".join(
                ("-" if text.hyphens.get(place) == "hard" and place > match.start() else "")
                + text.text[place]
                for place in range(match.start(), match.end())
            ),
            match.start(),
            match.end(),
        )
        for match in _WORD.finditer(text.text)
    ]


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return runs of words that both texts share, in order, as (place in ours, in theirs, words).

    Runs at the ends that stand apart by more than they hold are left out: a lone "de" somewhere before the
    quotation is not its first word.
    """
    blocks = [
        (step.src_start, step.dest_start, step.src_end - step.src_start)
        for step in LCSseq.opcodes(ours, theirs)
        if step.tag == "equal"
    ]

    def apart(first: tuple[int, int, int], second: tuple[int, int, int]) -> int:
        return (second[1] - first[1]) - (second[0] - first[0])

    while len(blocks) > 1 and apart(blocks[0], blocks[1]) > blocks[0][2]:
        del blocks[0]
    while len(blocks) > 1 and apart(blocks[-2], blocks[-1]) > blocks[-1][2]:
        del blocks[-1]
    return blocks


def _difference(
    gap: _Gap, quoted: PlainText, ours: Sequence[_Word], window: PlainText, theirs: Sequence[_Word]
) -> Difference | None:
    """Return what a gap holds; None when it is empty, or a hyphen that only the end of a line needs."""
    own, other = ours[gap.a : gap.b], theirs[gap.c : gap.d]
    if not own and not other:
        return None
    ends = [(words[0].start, words[-1].end) if words else (0, 0) for words in (own, other)]
    pieces = [text.piece(*span) for text, span in zip((quoted, window), ends, strict=True)]
    if pieces[0].text == pieces[1].text and _same_hyphens(pieces[0], pieces[1], 0):
        return None
    kind: Literal["replaced", "added", "omitted"] = (
        "replaced" if own and other else "added" if own else "omitted"
    )
    return Difference(kind, quoted.original(*ends[0]), window.original(*ends[1]))
