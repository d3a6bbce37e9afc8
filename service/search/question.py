"""Read a question: what is asked, and the other ways in which it may be meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from indexer.characters import visible
from indexer.passages.acronyms import LONGEST, Acronym
from indexer.passages.analysis import PREFIX, fold, spans, words
from service.search import spelling
from service.search.courtesy import without_courtesy
from service.search.dictionary import dictionary

MOST = 3
"""Variants of a question that are searched, the one that was asked among them."""

_SHORT = re.compile(r"[\w&.-]*\w")
"""Text that may be an acronym."""
_NUMERAL = re.compile(r" [IVXivx]{1,4}\b")
"""Roman numeral that may follow an acronym: "PASS II"."""
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n])[\s\"'«“(]*$")


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its variants and with what the corpus knows of its words."""

    variants: tuple[str, ...]
    """Texts to encode and to take words from, the question itself first; the best fit of a passage counts."""
    corrected: Mapping[str, str]
    """Word as typed → the corpus word that is tried in its place, as the corpus writes it."""
    expanded: Mapping[str, str]
    """Acronym as typed → its long form, or the reverse."""
    uncertain: tuple[str, ...] = ()
    """Typed words whose correction may be another name or thing."""
    missing: tuple[str, ...] = ()
    """Content words as typed that no passage holds in any form, nor with a slip that is certain."""
    missing_names: tuple[str, ...] = ()
    """Missing words that are in no dictionary, or have a capital within a sentence."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Facts about an index that help to read a question."""

    known: Callable[[str], bool]
    """Whether a passage holds a folded word in some form, or the word is a stop word."""
    neighbours: spelling.Neighbours
    long_forms: Mapping[str, Acronym]
    """Folded acronym → the acronym, with the long form it most often has."""
    short_forms: Mapping[str, str]
    """Folded words of a long form, joined by spaces → its acronym."""
    beginnings: AbstractSet[str] = field(init=False)
    """First words of the long forms: few words of a question are one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "beginnings", {form.partition(" ")[0] for form in self.short_forms})


@dataclass(frozen=True, slots=True)
class _TypedWord:
    """A word of a question."""

    text: str
    """The word as it is typed."""
    folded: str
    start: int
    """Offset of its first character."""
    end: int
    """Offset one past its last character."""


def both_ways(acronyms: Iterable[Acronym]) -> tuple[dict[str, Acronym], dict[str, str]]:
    """Return (long_forms, short_forms) of Knowledge; of several, the one most often said."""
    long_forms: dict[str, Acronym] = {}
    short_forms: dict[str, str] = {}
    for acronym in acronyms:
        long_forms.setdefault(fold(acronym.short), acronym)
        short_forms.setdefault(" ".join(words(acronym.long)), acronym.short)
    return long_forms, short_forms


def read(asked: str, knowledge: Knowledge) -> Question:
    """Return a question and its variants: corrected, with acronyms explained, with long forms cut short.

    Invisible characters, courtesies and emoji are left out of all of them.
    """
    typed = unicodedata.normalize("NFC", visible(asked))
    plain = _unshouted(without_courtesy(typed, knowledge.known), knowledge)
    absent = [word for word in _typed_words(plain) if _is_absent(word.folded, knowledge)]
    corrected, uncertain = _corrections(absent, knowledge)
    missing = tuple(word for word in absent if word.text not in corrected or word.text in uncertain)
    names = (word.text for word in missing if word.folded not in dictionary() or _is_capitalised(word, plain))
    variants = [plain]
    if corrected:
        variants.append(_replaced(plain, absent, corrected))
    expanded: dict[str, str] = {}
    for written, other, variant in _swapped(variants[-1], knowledge):
        expanded[written] = other
        variants.append(variant)
    return Question(
        tuple(dict.fromkeys(variants))[:MOST],
        corrected,
        expanded,
        uncertain,
        tuple(dict.fromkeys(word.text for word in missing)),
        tuple(dict.fromkeys(names)),
    )


def _typed_words(text: str) -> Iterator[_TypedWord]:
    """Yield the content words of a text without its figures; compounds in parts only."""
    for (word,), start, end in spans(text):
        typed = text[start:end]
        if len(word) > 1 and word == fold(typed) and not word[0].isdigit() and word not in PREFIX.stops:
            yield _TypedWord(typed, word, start, end)


def _is_absent(word: str, knowledge: Knowledge) -> bool:
    """Return whether no passage holds a folded word in any form; names have no other forms.

    "Benkiran" and "Benkirane" have one stem, but may be two persons.
    """
    if not knowledge.known(word):
        return True
    if word in dictionary():
        return False
    meant = spelling.correction(word, knowledge.neighbours)
    return meant is not None and meant.word != word and meant.spelling[:1].isupper()


def _corrections(
    absent: Iterable[_TypedWord], knowledge: Knowledge
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return (typed word → corpus spelling, the typed words whose correction is uncertain)."""
    corrected: dict[str, str] = {}
    uncertain: list[str] = []
    for word in absent:
        if word.text in corrected or word.folded in dictionary():
            continue
        if meant := spelling.correction(word.folded, knowledge.neighbours):
            corrected[word.text] = meant.spelling
            if not spelling.is_certain(word.folded, meant.word):
                uncertain.append(word.text)
    return corrected, tuple(uncertain)


def _is_capitalised(word: _TypedWord, text: str) -> bool:
    """Return whether a word has a capital that neither begins a sentence nor comes from shouting."""
    return word.text[:1].isupper() and not _SENTENCE_START.search(text[: word.start])


def _replaced(text: str, absent: Iterable[_TypedWord], corrected: Mapping[str, str]) -> str:
    """Return a text with corrected words in place of the typed ones."""
    for word in reversed(list(absent)):
        text = text[: word.start] + corrected.get(word.text, word.text) + text[word.end :]
    return text


def _unshouted(text: str, knowledge: Knowledge) -> str:
    """Return a question typed all in capitals in small letters: the model hears shouting as another language.

    A lone acronym or two are no shouting, and those that the corpus explains stay as they are.
    """

    def is_explained(word: str) -> bool:
        return fold(word) in knowledge.long_forms and fold(word) not in dictionary()

    if text != text.upper():
        return text
    others = _SHORT.sub(lambda word: "" if is_explained(word[0]) else word[0], text)
    if sum(len(word) > 3 for word in _LETTERS.findall(others)) < 2:
        return text
    return _SHORT.sub(lambda word: word[0] if is_explained(word[0]) else word[0].lower(), text)


def _swapped(text: str, knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    """Yield (what is written, its other form, the text with the other form) for acronyms and long forms.

    A long form stands behind its acronym: passages that hold the acronym alone are not to lose it, and a
    long form by itself would outweigh whatever else is asked.
    """
    for word in _SHORT.finditer(text):
        numeral = _NUMERAL.match(text, word.end())
        for end in [numeral.end(), word.end()] if numeral else [word.end()]:
            short = text[word.start() : end]
            acronym = knowledge.long_forms.get(fold(short))
            if acronym and _is_meant(short, acronym, text):
                yield short, acronym.long, f"{text[:end]} ({acronym.long}){text[end:]}"
                break
    pieces = list(spans(text))
    for first, ((beginning,), _, _) in enumerate(pieces):
        if beginning not in knowledge.beginnings:
            continue
        for last in range(first + 1, min(len(pieces), first + LONGEST + 1)):
            named = " ".join(word for (word,), _, _ in pieces[first : last + 1])
            if short_form := knowledge.short_forms.get(named):
                start, end = pieces[first][1], pieces[last][2]
                yield text[start:end], short_form, text[:start] + short_form + text[end:]


def _is_meant(short: str, acronym: Acronym, text: str) -> bool:
    """Return whether a word stands for an acronym that has its letters.

    A word that everyone uses ("des", "Is") is one only with the capitals that the corpus gives it, and where
    capitals mean something: not in a question that has no small letter.
    """
    if not _is_everyday(fold(short)):
        return True
    shouted = text == text.upper() and any(len(word) > 3 for word in _LETTERS.findall(text))
    return short == acronym.short and not shouted


_EVERYDAY = 100
"""Occurrences from which on a word of the dictionary is more than a stray acronym such as "oms"."""


def _is_everyday(word: str) -> bool:
    return dictionary().frequency(word) >= _EVERYDAY
