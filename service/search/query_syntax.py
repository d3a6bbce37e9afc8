"""The query language that people type: "a phrase", -word, sauf X, sans X, title:, author: and source:.

No text is an error: what is no syntax is text. Words such as AND, OR, ET and OU stay words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pyparsing as pp

from indexer.passages.analysis import PREFIX, terms
from indexer.passages.phrases import STEMMING, phrase_words
from indexer.store.filters import Filters

Kind = Literal["phrase", "excluded", "without", "title", "author", "source"]

LEAST_BESIDE_PHRASES = 2
"""Words beside its phrases, stop words aside, from which on a question says more than they do."""
LONGEST_QUESTION = 15
"""Words of a question in which "sauf X" and "sans X" are taken for syntax; a longer text states something."""
MOST_WORDS = 8
"""Words that can be excepted by "sauf" or "sans", articles before them aside; more are a clause."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A part of a question that was understood as syntax."""

    kind: Kind
    value: str
    """Text of the phrase, of the excluded words or of the field, without quotes and marks."""
    passages: int | None = None
    """Number of passages that meet this condition by itself; None where they have not been counted."""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A question, taken apart."""

    text: str
    """What is left to encode and to match, the words of phrases among it; "" where there is only syntax."""
    understood: tuple[Understood, ...] = ()
    """The syntax, in the order in which it stands in the question."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """Texts that stood in quotes."""
        return self._values("phrase")

    @property
    def excluded(self) -> tuple[str, ...]:
        """Words and phrases that no hit may hold."""
        return self._values("excluded")

    @property
    def without(self) -> tuple[str, ...]:
        """What hits should do without; it stays in the text."""
        return self._values("without")

    @property
    def title(self) -> tuple[str, ...]:
        """Words of the document's title."""
        return self._values("title")

    @property
    def author(self) -> tuple[str, ...]:
        """Words of the document's author."""
        return self._values("author")

    @property
    def source(self) -> tuple[str, ...]:
        """Parts of a path of the document, or patterns of one."""
        return self._values("source")

    def _values(self, kind: Kind) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.value for part in self.understood if part.kind == kind))

    def confine(self, filters: Filters) -> Filters:
        """Return the filters with the conditions of the question added."""
        return replace(
            filters,
            phrases=filters.phrases + self.phrases,
            excluded=filters.excluded + self.excluded,
            titles=filters.titles + self.title,
            authors=filters.authors + self.author,
            paths=filters.paths + self.source,
        )


def conditions(parsed: ParsedQuery, filters: Filters, count: Callable[[Filters], int]) -> Filters:
    """Return the filters with the conditions of a question added.

    A phrase that no passage holds is left out where the question says more than it: a name in quotes, or a
    quote in another language than the corpus, should not hide what the rest of the question finds.
    """
    confined = parsed.confine(filters)
    if not parsed.phrases or count(confined):
        return confined
    quoted = {word for phrase in parsed.phrases for word in phrase_words(phrase)}
    rest = [word for word in phrase_words(parsed.text) if word not in quoted]
    if len(terms(rest, PREFIX)) < LEAST_BESIDE_PHRASES:
        return confined
    return replace(confined, phrases=filters.phrases)


def counted(understood: Sequence[Understood], count: Callable[[Filters], int]) -> tuple[Understood, ...]:
    """Return the parts with the number of passages that each by itself allows, where it is a filter.

    So an answer without hits can say which phrase no passage holds.
    """
    return tuple(
        part
        if part.kind == "without"
        else replace(part, passages=count(ParsedQuery("", (part,)).confine(Filters())))
        for part in understood
    )


def parse(text: str) -> ParsedQuery:
    """Take a question apart; without any syntax its text stays as it is. Takes time linear in its length.

    In a question to be answered with yes or no, "sauf X" and "sans X" are part of what is asked: "Are shops
    closed except pharmacies?" is answered by what says that pharmacies are open. So they are in a text of
    more than LONGEST_QUESTION words.
    """
    if not _SYNTAX.search(text):
        return ParsedQuery(text)
    tokens: list[_Token] = list(_GRAMMAR.parse_string(text))
    is_statement = len(text.split()) > LONGEST_QUESTION
    if is_statement or (_YES_OR_NO.search(text) and not _ASKING.search(text)):
        return _assembled(text, tokens, exceptions=False)
    parsed = _assembled(text, tokens, exceptions=True)
    # "Sauf la pédiatrie": an exception from nothing is a question like any other.
    return parsed if parsed.text else _assembled(text, tokens, exceptions=False)


@dataclass(frozen=True, slots=True)
class _Token:
    """A stretch of a question."""

    text: str
    kind: Kind | None = None
    """Kind of syntax that it is, or that a word of exception announces; None: text."""
    value: str = ""
    """The syntax without quotes and marks; "" for text and for a word of exception."""


def _assembled(text: str, tokens: Sequence[_Token], *, exceptions: bool) -> ParsedQuery:
    """Return what tokens say; without `exceptions`, words of exception are words."""
    left: list[str] = []
    understood: list[Understood] = []
    at = 0
    while at < len(tokens):
        token, end = tokens[at], at + 1
        values = [token.value] if token.value else []
        if exceptions and token.kind and not token.value:
            values, end = _excepted(tokens, at)
        if token.kind:
            understood += [Understood(token.kind, value) for value in values]
        if token.kind == "phrase":
            left.append(token.value)
        elif not values or token.kind == "without":
            left += [each.value or each.text for each in tokens[at:end]]
        at = end
    if not understood:
        return ParsedQuery(text)
    plain = " ".join("".join(left).split())
    return ParsedQuery(plain if phrase_words(plain) else "", tuple(understood))


def _excepted(tokens: Sequence[_Token], at: int) -> tuple[list[str], int]:
    """Return (what the word of exception at a place excepts, where that ends); nothing in a clause."""
    before = "".join(token.text for token in tokens[max(at - 2, 0) : at]).casefold()
    if _in_set_phrase(before, tokens[at].text.casefold(), _head(tokens, at + 2)):
        return [], at + 1
    values: list[str] = []
    most, place, end_of_last = MOST_WORDS, at + 1, at + 1
    while True:
        value, end = _noun_phrase(tokens, place)
        # "sauf grippe et effets secondaires": what is longer than the first is asked for, and not excepted.
        if not 0 < (length := len(phrase_words(value))) <= most:
            return values, end_of_last
        values.append(value)
        most, end_of_last = length, end
        if _head(tokens, end + 1) not in _JOINING:
            return values, end
        place = end + 2


def _noun_phrase(tokens: Sequence[_Token], at: int) -> tuple[str, int]:
    """Return (the words from a place to where a noun phrase ends, without those that lead in; that end)."""
    place = at
    while _between(tokens, place) or (place < len(tokens) and tokens[place].text.casefold() in _LEADING):
        place += 1
    if place < len(tokens) and tokens[place].kind == "phrase":
        return tokens[place].value, place + 1
    begin = end = place
    while place < min(len(tokens), begin + 2 * MOST_WORDS + 2) and _goes_on(tokens, place):
        end = place + 1
        place += 2 if _between(tokens, place + 1) else 1
    return "".join(token.text for token in tokens[begin:end]), end


def _goes_on(tokens: Sequence[_Token], at: int) -> bool:
    """Return whether the token at a place is one more word of a noun phrase."""
    word = _head(tokens, at)
    place_follows = word in _BEFORE_PLACES and _surface(tokens, at + 2)[:1].isupper()
    return bool(word) and word not in _ENDS and not place_follows


def _between(tokens: Sequence[_Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].text.isspace()


def _surface(tokens: Sequence[_Token], at: int) -> str:
    """Return the word at a place; "" where there is no word."""
    if not 0 <= at < len(tokens) or tokens[at].kind:
        return ""
    text = tokens[at].text
    return text if text[0].isalnum() else ""


def _head(tokens: Sequence[_Token], at: int) -> str:
    """Return the word at a place in lower case, only the elided one where it begins with that."""
    return re.split("['’]", _surface(tokens, at).casefold())[0]


def _in_set_phrase(before: str, introducing: str, following: str) -> bool:
    """Return whether a word of exception begins a clause or is part of a set phrase, as in "sain et sauf"."""
    closed = introducing == "sauf" and before == "et "
    return closed or following in _CLAUSES or following in _SET_PHRASES.get(introducing, "").split()


_FIELDS: dict[str, Kind] = {
    "title": "title",
    "titre": "title",
    "author": "author",
    "auteur": "author",
    "auteure": "author",
    "autrice": "author",
    "source": "source",
}
_SET_PHRASES = {
    "sauf": "erreur indication mention avis stipulation disposition dispositions accord cas exception",
    "hors": "de d amm taxe taxes service contrat ligne connexion norme normes pair jeu saison sol forfait gel"
    " champ piste sujet délai délais temps circuit parcours ue union mariage",
    "sans": "doute cesse",
    "without": "doubt question",
}
"""Words of exception → words beside which they name no exception."""
_CLAUSES = frozenset(
    "si s quand lorsque lorsqu que qu dont où if when that who which while unless ou or".split()
)
"""Words that begin a clause after a word of exception."""
_LEADING = frozenset(
    """
    le la les un une des du de ce cet cette ces son sa ses leur leurs tout toute tous toutes en chez pour
    dans à au aux avec the a an any all of in for to at on with its their his her
    """.split()
)
"""Articles and prepositions before what is excepted."""
_ENDS = frozenset(
    """
    chez pour dans en par avec sans sauf hors pendant durant avant après depuis sur sous entre vers dès qui
    que qu dont où quand lorsque si comme mais est sont a ont peut in for at on with without except during
    before after since from by who which that when while if where but is are has have can et ou ni and or nor
    """.split()
)
"""Words before which what is excepted ends."""
_JOINING = frozenset("et ou ni and or nor".split())
"""Words between two things that are both excepted."""
_BEFORE_PLACES = frozenset("à au aux".split())
"""Words before which what is excepted ends where a name follows: "sauf grippe à Rabat"."""
_ASKING = re.compile(
    r"""\b(?:quel\w*|lequel|laquelle|lesquel\w*|où|quand|comment|combien|(?<!est-ce\ )qu(?:[ei]\b|['’])|quoi
    |pourquoi|what|which|who|whom|whose|where|when|how|why)""",
    re.IGNORECASE | re.VERBOSE,
)
"""A word that asks for more than yes or no."""
_YES_OR_NO = re.compile(
    r"""\best-ce\ qu | \w-(?:t-)?(?:ils?|elles?|on|je|tu|nous)\b | (?<!\brendez)-vous\b
    | ^\W*(?:is|are|was|were|do|does|did|can|could|may|might|must|should|will|would|has|have|am)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""A verb before its subject."""


_QUOTED = r"""(?:(?<!\w)"(?!\s)[^"]*(?<!\s)"(?!\w)|«[^«»]*»|[“„][^“”„]*[”“])"""
"""A text in quotes; a straight quote after a letter or digit is an inch, a second or a mistake."""
_MARKS = '"«»“”„ \t\r\n\u00a0\u202f'
_WORD = r"\w+(?:['’\-‐‑./]\w+)*"
_DASHED = re.compile(r"\w[-–](?=[\s,.;:?!)]|$)")
"""A dash that closes what another set off: "le diabète -type 2- chez l'adulte"."""
_EXCEPT = r"""
    (?:sauf|hormis|hors|except[ée]e?s?|except(?:\ for)?|excluding|other\ than|but\ not)\b
    |[àa]\ l['’](?:exception|exclusion)\ d(?:es?\b|u\b|['’])|mais\ pas\b(?!\ d(?:es?\b|u\b|['’]))
"""
"""Words before what no hit may hold."""
_WITHOUT = r"(?:sans|without|but\ no|with\ no)\b|mais\ pas\ d(?:es?\b|u\b|['’])"
"""Words before what hits should do without."""


def _grammar() -> pp.ParserElement:
    """Return the grammar: stretches of a question, of which every text has some."""
    fields = "|".join(_FIELDS)
    elements: dict[str, Callable[..., _Token]] = {
        rf"\s+|(?!(?:{_EXCEPT}|{_WITHOUT}|(?:{fields}):)){_WORD}|[^\w\s\"«“„-]": _text,
        _QUOTED: _phrase,
        rf"(?<![^\s(])-(?:(?P<quoted>{_QUOTED})|(?P<bare>(?=[^\W\d_]){_WORD})(?![\w:]))": _exclusion,
        rf"(?<![\w-])(?P<name>{fields}):(?:\ ?(?P<quoted>{_QUOTED})|(?P<bare>[^\s\"«“„]+))": _field,
        rf"(?<![\w-])(?P<excluded>{_EXCEPT})|(?<![\w-])(?:{_WITHOUT})": _exception,
        rf"{_WORD}|.": _text,
    }
    flags = re.IGNORECASE | re.VERBOSE | re.DOTALL
    alternatives = [pp.Regex(pattern, flags).set_parse_action(act) for pattern, act in elements.items()]
    return pp.ZeroOrMore(pp.MatchFirst(alternatives)).leave_whitespace().parse_with_tabs()


_SYNTAX = re.compile(
    rf"""["«“„] | (?<![^\s(])- | (?:{"|".join(_FIELDS)}): | {_EXCEPT} | {_WITHOUT}""",
    re.IGNORECASE | re.VERBOSE,
)
"""What some syntax begins with; the grammar takes a millisecond, which most questions can be spared."""


def _text(found: pp.ParseResults) -> _Token:
    return _Token(found[0])


def _phrase(found: pp.ParseResults) -> _Token:
    return _Token(found[0], "phrase", _value(found[0]))


def _exclusion(text: str, at: int, found: pp.ParseResults) -> _Token:
    """Return an excluded word or phrase; a stop word, as in "peut -on", and a word set off are text."""
    value = _value(found.quoted or found.bare)
    says_something = all(terms(phrase_words(value), analysis) for analysis in STEMMING)
    if not found.quoted and (not says_something or _DASHED.search(text, at)):
        raise pp.ParseException("text")
    return _Token(found[0], "excluded", value)


def _field(found: pp.ParseResults) -> _Token:
    value = _value(found.quoted or found.bare.rstrip(".,;?!)"))
    return _Token(found[0], _FIELDS[found.name.lower()], value)


def _exception(found: pp.ParseResults) -> _Token:
    return _Token(found[0], "excluded" if found.excluded else "without")


def _value(quoted: str) -> str:
    """Return a text without the quotes around it. Raises ParseException where it holds no word."""
    value = quoted.strip(_MARKS)
    if not phrase_words(value):
        raise pp.ParseException("text")
    return value


_GRAMMAR = _grammar()
