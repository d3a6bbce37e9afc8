"""Read a question: what was asked, and the other ways in which it may be meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from indexer.passages.acronyms import LONGEST, Acronym
from indexer.passages.analysis import fold, words
from service.search import spelling

MOST = 3
"""Variants of a question that are searched, the one that was asked among them."""


_SHORT = re.compile(r"[\w&.-]*\w")
"""What may be an acronym."""
_NUMERAL = re.compile(r" [IVXivx]{1,4}\b")
"""What may stand behind one: "PASS II"."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its variants; the first is what was asked."""

    variants: tuple[str, ...]
    """Texts to encode and to take words from; a passage counts by the variant it fits best."""
    corrected: Mapping[str, str]
    """Word as asked → corpus word it was also tried as."""
    expanded: Mapping[str, str]
    """Acronym as asked → its long form, or the reverse."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the index knows that helps to read a question."""

    known: Callable[[str], bool]
    """Whether a passage holds a folded word in some form."""
    neighbours: spelling.Neighbours
    long_forms: Mapping[str, str]
    """Folded acronym → its long form."""
    short_forms: Mapping[str, str]
    """Folded words of a long form, joined by spaces → its acronym."""


def both_ways(acronyms: Iterable[Acronym]) -> tuple[dict[str, str], dict[str, str]]:
    """(long_forms, short_forms) of Knowledge; where there are several, the one said most often."""
    long_forms: dict[str, str] = {}
    short_forms: dict[str, str] = {}
    for acronym in acronyms:
        long_forms.setdefault(fold(acronym.short), acronym.long)
        short_forms.setdefault(" ".join(words(acronym.long)), acronym.short)
    return long_forms, short_forms


def read(asked: str, knowledge: Knowledge) -> Question:
    """The question and its variants: as the corpus spells, acronyms written out, long names cut short."""
    plain = _unshouted(" ".join(unicodedata.normalize("NFC", asked).split()), knowledge)
    corrected = spelling.corrections(
        [word for word in words(plain) if word not in dictionary()], knowledge.known, knowledge.neighbours
    )
    variants = [plain]
    if corrected:
        variants.append(_replaced(plain, corrected))
    expanded: dict[str, str] = {}
    for written, other, variant in _swapped(variants[-1], knowledge):
        expanded[written] = other
        variants.append(variant)
    return Question(tuple(dict.fromkeys(variants))[:MOST], dict(corrected), expanded)


def _unshouted(text: str, knowledge: Knowledge) -> str:
    """A question typed all in capitals, in small letters: the model hears shouting as another language.

    A lone acronym or two are no shouting, and those that the corpus explains stay as they are.
    """

    def explained(word: str) -> bool:
        return fold(word) in knowledge.long_forms and fold(word) not in dictionary()

    if text != text.upper():
        return text
    others = _SHORT.sub(lambda word: "" if explained(word[0]) else word[0], text)
    if sum(len(word) > 3 for word in re.findall(r"[^\W\d_]+", others)) < 2:
        return text
    return _SHORT.sub(lambda word: word[0] if explained(word[0]) else word[0].lower(), text)


def _replaced(text: str, corrected: Mapping[str, str]) -> str:
    return re.sub(r"[^\W\d_]+", lambda word: corrected.get(fold(word.group()), word.group()), text)


def _swapped(text: str, knowledge: Knowledge) -> Iterable[tuple[str, str, str]]:
    """(what is written, its other form, the text with the other form) for every acronym and long form."""
    for word in _SHORT.finditer(text):
        numeral = _NUMERAL.match(text, word.end())
        for end in [numeral.end(), word.end()] if numeral else [word.end()]:
            short = text[word.start() : end]
            long = knowledge.long_forms.get(fold(short))
            # "os", "as": a short word in small letters that everyone uses is not meant as an acronym
            if long and (short != short.lower() or fold(short) not in dictionary()):
                yield short, long, text[: word.start()] + long + text[end:]
                break
    folded = list(words(text))
    for start in range(len(folded)):
        for end in range(start + 2, min(len(folded), start + LONGEST + 1) + 1):
            named = " ".join(folded[start:end])
            if short_form := knowledge.short_forms.get(named):
                yield named, short_form, " ".join([*folded[:start], short_form, *folded[end:]])


@cache
def dictionary() -> frozenset[str]:
    """French and English words, folded: a question may use them whether the corpus does or not.

    Loaded once, in about a second.
    """
    from spellchecker import SpellChecker

    return frozenset(
        fold(word) for code in ("fr", "en") for word in SpellChecker(language=code).word_frequency.dictionary
    )
