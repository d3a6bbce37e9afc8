"""Turn text into the terms that words are matched by, one analysis a language, from one table."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

import Stemmer

from indexer.characters import INVISIBLE, without_invisible
from indexer.months import MONTH_NUMBER

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
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ı": "i"}
    | {chr(zero + digit): str(digit) for zero in (0x660, 0x6F0) for digit in range(10)}
)
"""Ligatures as two letters, and Arabic digits as Latin ones."""

# Figures. The patterns have no groups of their own, so that _TOKEN.findall returns whole tokens.
_GAP = "[ \u00a0\u2007\u2009\u202f]"
_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:1[5-9]|2[01])[0-9]{2}"
_NTH = "(?:er|ᵉʳ|st|nd|rd|th)"
_NAMED = "(?i:" + "|".join(sorted(MONTH_NUMBER, key=len, reverse=True)) + r")(?!\w)\.?"
_NAMED = _NAMED.replace("e", "[eé]").replace("u", "[uû]")
_DAY_AND_MONTH = [rf"(?:{_DAY}{mark}{_MONTH}|{_MONTH}{mark}{_DAY}){mark}" for mark in ("/", r"\.", "-")]
_DATES = [
    *(rf"{both}{_YEAR}(?!\w|[/.]\d)" for both in _DAY_AND_MONTH),
    rf"{_DAY}/{_MONTH}/[0-9]{{2}}(?!\w|[/.-]\d)",
    *(rf"{_YEAR}{mark}{_MONTH}{mark}{_DAY}(?=T\d\d:|(?!\w|[/.-]\d))" for mark in ("/", r"\.", "-")),
    rf"{_DAY}{_NTH}?{_GAP}(?:of{_GAP})?{_NAMED},?{_GAP}{_YEAR}(?!\w)",
    rf"{_DAY}[-/]{_NAMED}[-/]{_YEAR}(?!\w)",
]
_DATE_BY_MONTH = rf"{_NAMED}{_GAP}{_DAY}{_NTH}?(?:,{_GAP}?|{_GAP}){_YEAR}(?!\w)"
_PLANS = {"1": ("", 10), "33": ("0", 9), "41": ("0", 9), "44": ("0", 10), "212": ("0", 9), "213": ("0", 9)}
"""Country code → (what stands for it in a call from within the country, digits after it)."""
_STEP = r"[ \u00a0\u202f.-]?"
_ABROAD = r"(?:\(?\+|00" + _STEP + ")"
_PHONES = [
    *(
        rf"{_ABROAD}{code}\)?{_STEP}(?:\(0\){_STEP})?\d(?:{_STEP}\d){{{digits - 1}}}(?!\d)"
        for code, (_, digits) in _PLANS.items()
    ),
    rf"\+\d{{1,3}}{_STEP}\d{{1,4}}(?:{_STEP}\d{{2,4}}){{2,4}}(?!\d)",
    *(rf"0[1-9](?:{mark}[0-9]{{2}}){{4}}(?!\d)" for mark in (_GAP, r"\.", "-", "/")),
    rf"0[1-9][0-9]{{2}}{_STEP}[0-9]{{2}}(?:{_STEP}[0-9]{{2}}){{2}}(?!\d)",
    rf"0[1-9][0-9]{{2}}{_STEP}[0-9]{{3}}{_STEP}[0-9]{{3}}(?!\d)",
    rf"0[1-9][0-9](?:{_STEP}[0-9]{{4}}){{2}}(?!\d)",
    r"(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[0-9]{3}[.-][0-9]{4}(?!\d)",
]
_TIMES = [rf"(?<!:)(?:[01]?[0-9]|2[0-3])(?:{_GAP}?[hH]{_GAP}?|:)[0-5][0-9](?![\d:])"]
_LISTS = "".join(f"(?<!{word}s )" for word in ("article", "page", "chapitre", "chapter", "section", "numéro"))
"""Words before two numbers in a row that are no thousands: "les articles 12 500"."""
_THOUSANDS = [
    rf"{_LISTS}[1-9][0-9]{{0,2}}(?:{_GAP}[0-9]{{3}})+(?:[.,]\d+)?(?![.,]?\d)",
    r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,\d+)?(?![.,]?\d)",
    r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.\d+)?(?![.,]?\d)",
]
_UNIT = "|".join(
    """
    g l L m h V W [mkµμn]g [mcd]?l mL dL [mckdnµμ]m [mckd]?m[²³23] ha k?cal kJ mmol mol mEq UI IU [kMG]?Wh
    [kMG]W [kMG]?Hz [kMGT][obB] mmHg h?Pa mn min sec ms ans? jours mois EUR USD MAD DHS? [Dd]hs?
    """.split()
)
"""Units that may be glued to a number."""
_JOINTS = "'’\\-‐‑./&_"
_WORD = rf"\w+(?:[{_JOINTS}]\w+)*"
_TOKEN = re.compile(
    rf"(?=[JFMASONDjfmasond]\w{{2,8}}\.?{_GAP}\d){_DATE_BY_MONTH}|[^\W\d]\w*(?:[{_JOINTS}]\w+)*"
    rf"|(?=[\d+(])(?:{'|'.join([*_DATES, *_PHONES, *_TIMES, *_THOUSANDS])}"
    rf"|\d+(?:[.,]\d+)+|\d+(?:[/-]\d+)*(?=(?:{_UNIT})(?!\w)))|{_WORD}"
)
_KIND = re.compile(
    rf"(?P<date>{'|'.join([*_DATES, _DATE_BY_MONTH])})|(?P<phone>{'|'.join(_PHONES)})"
    rf"|(?P<time>{'|'.join(_TIMES)})|(?P<thousands>{'|'.join(_THOUSANDS)})|(?P<decimal>\d+(?:[.,]\d+)+)"
)
_PIECE = re.compile(rf"[^{_JOINTS}]+")
_DIGIT = re.compile(r"\d")
_DATE_PIECE = re.compile(rf"(\d+)(?:{_NTH}(?!\w))?|[^\W\d_]+")

_INVISIBLE = re.compile(f"[{INVISIBLE}]")

# A corpus says the same words over and over: each is taken apart and stemmed once.
_REMEMBERED = 1 << 17


@lru_cache(maxsize=_REMEMBERED)
def fold(text: str) -> str:
    """Return a text in lower case, without accents, ligatures as two letters: "Œdème" → "oedeme"."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(char for char in plain if not unicodedata.combining(char))


def words(text: str) -> Iterator[str]:
    """Yield the folded words of a text in order; elided articles left out, compounds in parts.

    "l’après-COVID-19" → apres, covid, 19, aprescovid19: the parts, since either may be asked for, and the
    compound where it holds a digit, since a code is one thing. A number is one word however it is written:
    "1 500", "1.500" → 1500; "75mg" → 75, mg; "05 22 48 65 00", "+33 5 22 48 65 00" → 0522486500;
    "12 mars 2019", "12/03/2019" → 2019-03-12 after day, month and year. Decimals have a point.
    """
    return chain.from_iterable(map(_words_of, _TOKEN.findall(_plain(text))))


def spans(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield (folded words, start, end) for each piece of a text: all its `words`, in their order.

    text[start:end] is what the words stand for. A compound with digits and a date come after their parts,
    so that their spans cover those of the parts.
    """
    found, places = tokens(text)
    for token in found:
        begin = token.start()
        for word, start, end in pieces(token[0]):
            yield (word,), places[begin + start], places[begin + end]


def tokens(text: str) -> tuple[Iterator[re.Match[str]], Sequence[int]]:
    """Return (tokens, places): what a text is cut into, and where its characters stand.

    Each token is found in the plain text, which has NFC and no invisible characters; places[i] is the offset
    in the text itself of character i of the plain text. The words of a token: see pieces.
    """
    plain = _plain(text)
    places: Sequence[int] = range(len(text) + 1) if plain == text else _places(text)
    return _TOKEN.finditer(plain), places


def spellings(text: str) -> Iterator[tuple[str, str]]:
    """Yield (folded word, the word as it is written) for each word of a text that is all letters."""
    return chain.from_iterable(map(_spellings_of, _TOKEN.findall(_plain(text))))


def numbers(text: str) -> frozenset[str]:
    """Return the figures of a text as `words` writes them: dates, phone numbers, times, other numbers.

    A number of a single digit is left out, and so is one that belongs to a name ("COVID-19").
    """
    return frozenset(chain.from_iterable(map(_figures_of, _TOKEN.findall(_plain(text)))))


def _plain(text: str) -> str:
    """Return a text in NFC without invisible characters."""
    return unicodedata.normalize("NFC", without_invisible(text))


def _places(text: str) -> list[int]:
    """Return the place in the text where each character of the plain text begins, and the text's length."""
    places: list[int] = []
    cluster, begin = "", 0
    for place, char in enumerate(text):
        if _INVISIBLE.match(char):
            continue
        longer = unicodedata.normalize("NFC", cluster + char)
        alone = unicodedata.normalize("NFC", char)
        if cluster and not unicodedata.combining(char) and longer == cluster + alone:
            places += [begin] * len(cluster)
            cluster, begin = alone, place
        else:
            cluster, begin = longer, begin if cluster else place
    return [*places, *[begin] * len(cluster), len(text)]


@lru_cache(maxsize=_REMEMBERED)
def _words_of(token: str) -> tuple[str, ...]:
    return tuple(word for word, _, _ in pieces(token))


@lru_cache(maxsize=_REMEMBERED)
def _spellings_of(token: str) -> tuple[tuple[str, str], ...]:
    return tuple((word, token[start:end]) for word, start, end in pieces(token) if word.isalpha())


@lru_cache(maxsize=_REMEMBERED)
def _figures_of(token: str) -> tuple[str, ...]:
    kind, figures = _kind(token), _words_of(token)
    if kind is None and any(char.isalpha() for char in token):
        return ()
    if kind == "date":
        year, _, day = figures[-1].split("-")
        figures = (year, str(int(day)), figures[-1])  # a month in figures may be a word elsewhere
    return tuple(word for word in figures if len(word) > 1)


def _kind(token: str) -> str | None:
    """Return which kind of figure a token is, a group of _KIND; None for a word and for plain digits."""
    figure = _KIND.fullmatch(token) if _DIGIT.search(token) else None
    return figure and figure.lastgroup


@lru_cache(maxsize=_REMEMBERED)
def pieces(token: str) -> tuple[tuple[str, int, int], ...]:
    """Return (folded word, start, end) of each word that one of the tokens of a text stands for."""
    kind = _kind(token)
    if kind is None:
        return tuple(_pieces_of_word(token))
    if kind == "date":
        return tuple(_pieces_of_date(token))
    return tuple((word, 0, len(token)) for word in _NUMBERS[kind](fold(token)))


def _pieces_of_word(token: str) -> list[tuple[str, int, int]]:
    parts = list(_PIECE.finditer(token))
    if len(parts) > 1 and fold(parts[0][0]) in _ELISIONS:
        parts = parts[1:]
    pieces = [(fold(part[0]), part.start(), part.end()) for part in parts]
    if len(parts) > 1 and _DIGIT.search(token):
        pieces.append(("".join(word for word, _, _ in pieces), parts[0].start(), len(token)))
    return pieces


def _pieces_of_date(token: str) -> list[tuple[str, int, int]]:
    """Return day, month and year in the order in which they are written, then the date in ISO 8601."""
    parts = [(match, fold(match[0])) for match in _DATE_PIECE.finditer(token)]
    figures = [int(match[1]) for match, _ in parts if match[1]]
    names = [MONTH_NUMBER[word] for _, word in parts if word in MONTH_NUMBER]
    if names:
        day, month, year = figures[0], names[0], figures[1]
    elif figures[0] > 31:
        year, month, day = figures
    else:
        day, month, year = figures
        if month > 12:
            day, month = month, day
    if year < 100:
        year += 2000 if year < 50 else 1900
    pieces = [(str(int(match[1])) if match[1] else word, *match.span()) for match, word in parts]
    return [*pieces, (f"{year}-{month:02}-{day:02}", 0, len(token))]


def _phone(token: str) -> list[str]:
    """Return a phone number as it is dialled within its country, or with its country code where unknown."""
    digits = re.sub(r"\D", "", token.replace("(0)", ""))
    if "+" in token or digits.startswith("00"):
        digits = digits.removeprefix("00")
        for code, (within, count) in _PLANS.items():
            if digits.startswith(code) and len(digits) == len(code) + count:
                return [within + digits[len(code) :]]
    return [digits]


def _time(token: str) -> list[str]:
    """Return "8 h 30", "8:30" → 8h30, and "8h00" → 8, h as "8 h" is written."""
    hours, minutes = re.findall(r"\d+", token)
    return [str(int(hours)), "h"] if minutes == "00" else [f"{int(hours)}h{minutes}"]


def _thousands(token: str) -> list[str]:
    """Return one number for groups of three digits: "1.234,5" → 1234.5."""
    mark = next(char for char in token if not char.isdigit())
    return [token.replace(mark, "").replace(",", ".")]


_NUMBERS: dict[str, Callable[[str], list[str]]] = {
    "phone": _phone,
    "time": _time,
    "thousands": _thousands,
    "decimal": lambda token: [token.replace(",", ".")],
}
"""Kind of a figure → the words of its folded token."""


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
