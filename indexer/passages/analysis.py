"""Turn text into the terms that words are matched by, one analysis a language, from one table."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

import Stemmer

_FRENCH_STOPS = """
a ai aient ait alors apres as au aucun aucune aussi autre autres aux avaient avait avant avec avez avoir
avons ayant c ca car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci comme comment
combien d dans de depuis des dit donc dont du elle elles en encore entre es est et etaient etait etant
ete etes etre eu eux faire fait faut fois font furent fut hors ici il ils j je jusqu l la laquelle le
lequel les lesquelles lesquels leur leurs lors lorsqu lorsque lui m ma mais me meme memes mes moi moins
mon n ne ni nos notre nous on ont or ou par pas pendant peut peuvent plus pour pourquoi puis puisqu qu
quand que quel quelle quelles quels qui quoi s sa sans se selon sera serait seront ses si soit sommes son
sont sous suis sur t ta te tes toi ton tous tout toute toutes tres tu un une vers voici voila vos votre
vous y
"""
_ENGLISH_STOPS = """
a about above after again against all am an and any are as at be because been before being below between
both but by can could did do does doing down during each few for from further had has have having he her
here hers him his how i if in into is it its just many may me might more most much must my no nor not now
of off on once only or other our out over own same shall she should so some such t than that the their
them then there these they this those through to too under until up very was we were what when where
which while who whom whose why will with within without would you your
"""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """One way in which the words of a text become terms."""

    name: str
    """Also the name of its field in the index of words."""
    stops: frozenset[str]
    """Words that say nothing of what a text is about, folded."""
    stemmer: str | None = None
    """Name of a Snowball algorithm."""
    prefix: int | None = None
    """Letters kept of each word: what slips and endings mostly leave alone."""


_STOPS = {"fr": frozenset(_FRENCH_STOPS.split()), "en": frozenset(_ENGLISH_STOPS.split())}

PREFIX = Analysis("prefix", _STOPS["fr"] | _STOPS["en"], prefix=5)
"""The coarsest: what any other takes for one term, it mostly does too."""
ANALYSES = (
    Analysis("fr", _STOPS["fr"], stemmer="french"),
    Analysis("en", _STOPS["en"], stemmer="english"),
    PREFIX,
)
"""The analyses every passage gets and every question is read by. A language more is a line more here."""

_ELISIONS = frozenset(
    """
    c d j l m n s t qu jusqu lorsqu puisqu quoiqu presqu quelqu
    """.split()
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:['’\-‐‑./&_]\w+)*")
_JOINT = re.compile(r"['’\-‐‑./&_]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ı": "i"})


# A corpus says the same words over and over: each is taken apart and stemmed once.
_REMEMBERED = 1 << 17


@lru_cache(maxsize=_REMEMBERED)
def fold(text: str) -> str:
    """Lower case, without accents, ligatures as two letters: "Œdème" → "oedeme"."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return "".join(char for char in plain if not unicodedata.combining(char))


def words(text: str) -> Iterator[str]:
    """The folded words of a text in order; elided articles left out, compounds in parts.

    "l’après-COVID-19" → apres, covid, 19, aprescovid19: the parts, since either may be asked for, and the
    whole where it holds a digit, since a code is one thing. Numbers keep their decimals, with a point.
    """
    return chain.from_iterable(map(_parts, _TOKEN.findall(unicodedata.normalize("NFC", text))))


@lru_cache(maxsize=_REMEMBERED)
def _parts(surface: str) -> tuple[str, ...]:
    if surface[0].isdigit() and not _JOINT.search(surface.replace(".", "")):
        return (fold(surface).replace(",", "."),)
    parts = [part for part in _JOINT.split(surface) if part]
    if len(parts) > 1 and fold(parts[0]) in _ELISIONS:
        parts = parts[1:]
    folded = [fold(part) for part in parts]
    if len(parts) > 1 and any(char.isdigit() for char in surface):
        folded.append(fold("".join(parts)))
    return tuple(folded)


def terms(folded: Iterable[str], analysis: Analysis) -> list[str]:
    """The terms of folded words by one analysis: stop words out; what holds a digit stays whole."""
    return [term for word in folded if (term := _term(word, analysis))]


@lru_cache(maxsize=len(ANALYSES) * _REMEMBERED)
def _term(word: str, analysis: Analysis) -> str | None:
    if word in analysis.stops:
        return None
    if any(char.isdigit() for char in word):
        return word
    if analysis.stemmer is None:
        return word[: analysis.prefix]
    with _STEMMING:  # a Snowball stemmer keeps state, so one thread uses it at a time
        return _stemmer(analysis.stemmer).stemWord(word) or word


_STEMMING = threading.Lock()


@cache
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm)
