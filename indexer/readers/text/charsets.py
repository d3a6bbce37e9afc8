"""Bytes that are no UTF-8 → the encoding of one byte a character that makes words of them; text coded twice.

The same byte is "é" in one encoding and a low quotation mark or a capital in another, so each candidate is
scored by where its characters stand: accented letters within words, marks at their edges.
"""

from __future__ import annotations

import re
from itertools import islice

CODECS = ("cp1252", "iso8859-15", "cp850", "mac-roman")
"""Encodings of Western Europe, the likeliest first; it is chosen where several make the same of the bytes."""
FRENCH = frozenset("àâçéèêëîïôœùûüÀÂÇÉÈÊËÎÏÔŒÙÛÜäöÄÖß")
"""With the umlauts of names."""
WESTERN = frozenset("áãåæìíñòóõøúÿÁÃÅÆÌÍÑÒÓÕØÚŸ¡¿")
WORDS = frozenset("àÀ")
"""Letters that are words by themselves."""
MARKS = frozenset("«»‘’“”–—…•·°€£§©®™µ²³×±½¼¾\u00a0ªº¹")
MOST_CHARACTERS = 20_000
"""Characters beyond ASCII of a text that are looked at."""
FOREIGN_CODECS = ["cp1251", "cp1253", "cp1255", "cp1256", "koi8_r"]
"""Encodings of Cyrillic, Greek, Hebrew and Arabic."""
FOREIGN = 0.5
"""Share of the letters beyond ASCII above which a text is in another script than Latin."""
LEAST_COHERENCE = 0.3
"""How sure charset-normalizer has to be of a language, from 0 to 1."""
SAMPLE = 20_000
"""Bytes from which another script is told."""
LEAST_SCORE = 0.2
"""Mean score of the characters below which bytes are no text of Western Europe."""

BEYOND_ASCII = re.compile(r"(.?)([^\x00-\x7f])(?=(.?))", re.DOTALL)

TWICE = re.compile(
    "[\u00c2\u00c3\u00c5]"
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc \u2013-\u203a\u20ac\u2122]"
    "|\u00e2(?:\u20ac|\u0080|\u201a|\u2020)[^\\w\\s]?"
)
"""What becomes of "é", "’" or "€" in UTF-8 that is read as Windows-1252 and written as UTF-8 again."""
FEWEST_TWICE, LEAST_TWICE = 2, 0.5
"""Such sequences, and the share of the characters beyond ASCII in them, of a text that was encoded twice."""


def best_codec(data: bytes) -> str | None:
    """Return the encoding that makes most sense of bytes that are no UTF-8, None where none makes any."""
    foreign = _foreign_codec(data)
    if foreign:
        return foreign
    scores = {codec: _score(data, codec) for codec in CODECS}
    codec = max(CODECS, key=lambda codec: scores[codec])
    return codec if scores[codec] >= LEAST_SCORE else None


def _foreign_codec(data: bytes) -> str | None:
    """Return the encoding of a text in another script, most of whose letters are beyond ASCII, else None."""
    sample = data[:SAMPLE]
    beyond = sum(byte >= 0x80 for byte in sample)
    if beyond <= FOREIGN * sum(byte > 0x40 for byte in sample):
        return None
    from charset_normalizer import from_bytes

    guess = from_bytes(sample, cp_isolation=FOREIGN_CODECS).best()
    return guess.encoding if guess is not None and guess.coherence >= LEAST_COHERENCE else None


def decoded_once(text: str) -> str:
    """Return a text that was encoded twice as it was meant, and any other text unchanged."""
    twice = TWICE.findall(text[: 10 * MOST_CHARACTERS])
    beyond = len(re.findall(r"[^\x00-\x7f]", text[: 10 * MOST_CHARACTERS]))
    if len(twice) < FEWEST_TWICE or sum(map(len, twice)) < LEAST_TWICE * beyond:
        return text
    from ftfy import fix_encoding

    return "".join(fix_encoding(line) for line in text.splitlines(keepends=True))


def _score(data: bytes, codec: str) -> float:
    """Return how well the characters beyond ASCII stand where they stand: 1 at the most, on average."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return -1.0
    matches = islice(BEYOND_ASCII.finditer(text), MOST_CHARACTERS)
    scores = [_character_score(*match.groups()) for match in matches]
    return sum(scores) / len(scores) if scores else 0.0


def _character_score(before: str, char: str, after: str) -> float:
    """Return how likely a character is between two others, from -1 to 1 for a French letter in a word."""
    if char in FRENCH or char in WESTERN:
        if char.isupper() and before.islower():
            return -1.0
        if char.islower() and before.isupper() and not after.islower():
            return -0.5
        if not before.isalnum() and not after.isalnum() and char.isalpha() and char not in WORDS:
            return -1.0
        return 1.0 if char in FRENCH else 0.5
    inside = before.isalpha() and after.isalpha()
    if char in MARKS:
        return 0.8 if char == "’" and inside else -1.0 if inside else 0.5
    return -1.0 if inside or not char.isprintable() else -0.5
