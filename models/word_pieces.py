"""Cuts texts into word pieces as the model's own tokenizer.json does, in a fifth of the memory.

The tokenizers library holds the 250 000 pieces of this model in 280 MB, sentencepiece in 50 MB. Both look for
the likeliest pieces of a word; what comes before that (normalisation, special tokens, the marks of spaces) is
done here, once for each word, for the pieces of a word do not depend on its neighbours.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor
from tokenizers import Regex
from tokenizers.normalizers import Precompiled, Replace
from tokenizers.normalizers import Sequence as Steps

from models.errors import ModelCorrupt
from models.files import write_atomically

PIECES, RULES = "pieces.model", "pieces.json"
"""Files that write() makes of tokenizer.json: the pieces for sentencepiece, and what is done before them."""
SPACE = "▁"
"""Stands before each word in the place of the space."""
BLANKS = " \t\n\r\u00a0\u202f"
"""Common characters of which a model's normalisation may make a space."""
REMEMBERED = 1 << 15
"""Words whose pieces are remembered, some 5 MB."""

NORMAL, UNKNOWN, CONTROL, UNIGRAM = 1, 2, 3, 1
"""Numbers of sentencepiece_model.proto: types of a piece, and the type of the model."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What tokenizer.json says beside its pieces."""

    charsmap: str
    """The compiled table of normalisation, in base64."""
    special: dict[str, int]
    """Tokens that are found in a text as they stand → their ids."""
    opening: list[int]
    """Ids before a text."""
    closing: list[int]
    """Ids after a text."""


class WordPieces:
    """A tokenizer; its methods may be called from several threads at once."""

    def __init__(self, folder: Path) -> None:
        """Open what write() left in a folder. Raises ModelCorrupt."""
        try:
            rules = Rules(**json.loads((folder / RULES).read_text(encoding="utf-8")))
            self._pieces = SentencePieceProcessor(model_file=str(folder / PIECES))
            charsmap = Precompiled(base64.b64decode(rules.charsmap))
        except Exception as error:  # sentencepiece and tokenizers raise nothing more precise
            raise ModelCorrupt(f"The tokenizer in {folder} cannot be read: {error}.") from error
        self._rules = rules
        self._normalise = Steps([charsmap, Replace(Regex(" {2,}"), " ")]).normalize_str
        spaces = "".join(blank for blank in BLANKS if self._normalise(blank) == " ")
        self._whitespace = re.compile(f"[{spaces}]+")
        printable = "".join(map(chr, range(0x21, 0x7F)))
        self._ascii_stays = self._normalise(printable) == printable
        self._special = re.compile("(" + "|".join(map(re.escape, rules.special)) + ")")
        self._known: dict[str, tuple[int, ...] | None] = {}

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text's pieces, without those that open and close it."""
        if "<" not in text:  # every special token holds one
            return self._plain(text)
        found: list[int] = []
        for part in self._special.split(text):
            special = self._rules.special.get(part)
            found += self._plain(part) if special is None else [special]
        return found

    def framed(self, text: str, most: int) -> list[int]:
        """Return the ids of a text with those around it, cut to `most`; the closing ones stay."""
        opening, closing = self._rules.opening, self._rules.closing
        return [*opening, *self.ids(text)[: most - len(opening) - len(closing)], *closing]

    def _plain(self, text: str) -> list[int]:
        if not text:
            return []
        words = self._whitespace.split(text)
        ends_in_space = not words[-1]
        words = [word for word in words if word]
        self._learn(words)
        found: list[int] = []
        for word in words:
            pieces = self._known.get(word)
            if pieces is None:  # or forgotten meanwhile, by another thread
                return self._whole(text)
            found += pieces
        return [*found, *self._encode([""])[0]] if ends_in_space else found

    def _learn(self, words: Sequence[str]) -> None:
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        if not new:
            return
        if len(self._known) + len(new) > REMEMBERED:
            self._known.clear()
        normal = {word: self._normal(word) for word in new}
        apart = [word for word in new if _stands_alone(word, normal[word])]
        self._known |= dict.fromkeys(new)
        pieces = self._encode([normal[word] for word in apart])
        self._known |= dict(zip(apart, map(tuple, pieces), strict=True))

    def _normal(self, word: str) -> str:
        if self._ascii_stays and word.isascii() and word.isprintable():
            return word
        return self._normalise(word)

    def _whole(self, text: str) -> list[int]:
        """Return the ids of a text that must be normalised as a whole."""
        normal = self._normalise(text).replace(" ", SPACE)
        words = normal.removeprefix(SPACE).split(SPACE) if normal else []
        return [piece for pieces in self._encode(words) for piece in pieces]

    def _encode(self, words: list[str]) -> list[list[int]]:
        pieces: list[list[int]] = self._pieces.encode([SPACE + word for word in words], num_threads=1)
        return pieces


def _stands_alone(word: str, normal: str) -> bool:
    """Return whether a word's normal form does not depend on what stands around it, nor changes that."""
    first = word[0]
    joins = unicodedata.category(first) in ("Mn", "Mc", "Me", "Cf", "Sk", "Lm")
    return bool(normal) and not joins and " " not in normal and SPACE not in normal


def write(tokenizer: Path, folder: Path) -> None:
    """Write PIECES and RULES, made of a tokenizer.json, into a folder.

    Raises ModelCorrupt when the tokenizer is not of the kind of XLM-RoBERTa's, OSError.
    """
    try:
        said = json.loads(tokenizer.read_text(encoding="utf-8"))
        rules = _rules(said)
        pieces, unknown = said["model"]["vocab"], said["model"]["unk_id"]
        content = _sentencepiece_model(pieces, unknown, set(rules.special.values()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelCorrupt(f"{tokenizer} cannot be read: {error}.") from error
    (folder / PIECES).write_bytes(content)
    write_atomically(folder / RULES, json.dumps(asdict(rules)) + "\n")


def _rules(said: dict[str, Any]) -> Rules:
    match said:
        case {
            "added_tokens": [*added],
            "normalizer": {
                "type": "Sequence",
                "normalizers": [
                    {"type": "Precompiled", "precompiled_charsmap": str(charsmap)},
                    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
                ],
            },
            "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": first}}, {"Sequence": _}, {"SpecialToken": {"id": last}}],
                "special_tokens": frame,
            },
            "model": {"type": "Unigram"},
        }:
            special = {each["content"]: each["id"] for each in added}
            if all("<" in token for token in special):
                return Rules(charsmap, special, frame[first]["ids"], frame[last]["ids"])
    raise ValueError("it is not a Unigram tokenizer with the steps of XLM-RoBERTa's")


def _sentencepiece_model(pieces: list[tuple[str, float]], unknown: int, special: set[int]) -> bytes:
    """Return a ModelProto of sentencepiece_model.proto that holds the pieces and normalises nothing."""
    content = bytearray()
    for number, (piece, score) in enumerate(pieces):
        kind = UNKNOWN if number == unknown else CONTROL if number in special else NORMAL
        content += _field(
            1, _field(1, piece.encode()) + b"\x15" + struct.pack("<f", score) + _number(3, kind)
        )
    # No piece but the unknown one has a role here: -1, as ten bytes, says that there is none.
    absent = b"\xff" * 9 + b"\x01"
    trained = _number(3, UNIGRAM) + _number(40, unknown)
    trained += b"".join(_varint(role << 3) + absent for role in (41, 42, 43))
    normalised = _field(1, b"identity") + b"".join(_number(each, 0) for each in (3, 4, 5))
    return bytes(content) + _field(2, trained) + _field(3, normalised)


def _varint(value: int) -> bytes:
    start = bytearray()
    while value > 0x7F:
        start.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(start) + bytes([value])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)
