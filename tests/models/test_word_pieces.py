"""The tokenizer of the fast engine against the tokenizers library, with the same tokenizer.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models import word_pieces
from models.errors import ModelCorrupt
from models.load import ModelChoice
from models.word_pieces import WordPieces
from tests.models import tokenizer as tiny

PIECES = [
    ("▁", -2.0),
    ("▁a", -1.0),
    ("a", -1.5),
    ("b", -2.0),
    ("ab", -2.5),
    ("▁ab", -2.2),
    ("é", -3.0),
    ("m", -4.0),
    ("mm", -5.0),
]
ODD = [
    *("", " ", "   ", "\n", "a", " a", "a ", "a  b", "a\n b", "a \n", "a\r\nb", "\ta", "▁", "▁a▁ ▁b", "a▁"),
    *("a</s>b", "<s>", "<unk>a", "a <s> b", "<", "<a>", "</s", "abab aab", "zzz", "z a z", "émmm", "mmm"),
    *(
        "a\u00a0b",
        "a\u202fb",
        "l’a",
        "« a »",
        "a\u0301 \u0301a",
        "\x01",
        "a \x01",
        "a\u200bb",
        "\ufeffa",
        "👩‍👩‍👧 👍🏽",
    ),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[WordPieces, Tokenizer]:
    folder = tmp_path_factory.mktemp("tiny")
    path = tiny.write(folder / "tokenizer.json", PIECES)
    word_pieces.write(path, folder)
    return WordPieces(folder), Tokenizer.from_file(str(path))


@pytest.mark.parametrize("text", ODD)
def test_a_text_has_the_ids_that_the_library_gives(pair: tuple[WordPieces, Tokenizer], text: str) -> None:
    ours, library = pair
    assert ours.framed(text, 10_000) == library.encode(text).ids
    assert ours.ids(text) == library.encode(text, add_special_tokens=False).ids


@given(st.text(st.sampled_from("ab mé▁\n<s>/x\u0301"), max_size=30))
@settings(max_examples=300)
def test_any_text_has_the_ids_that_the_library_gives(pair: tuple[WordPieces, Tokenizer], text: str) -> None:
    ours, library = pair
    assert ours.ids(text) == library.encode(text, add_special_tokens=False).ids


def test_a_text_is_cut_and_stays_closed(pair: tuple[WordPieces, Tokenizer]) -> None:
    ours, _ = pair
    assert ours.framed("a a a a a", 4) == [0, 4, 4, 1]
    assert ours.framed("a", 4) == [0, 4, 1]


def test_words_are_forgotten_and_learnt_again(
    pair: tuple[WordPieces, Tokenizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_pieces, "REMEMBERED", 3)
    ours, library = pair
    texts = ["a b ab ba a", "bb aa ab", "é a mm", "a b ab ba a"] * 50
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ours.ids, texts))
    assert found == [library.encode(text, add_special_tokens=False).ids for text in texts]


def no_steps(said: dict[str, Any]) -> None:
    said["normalizer"] = None


def no_table(said: dict[str, Any]) -> None:
    said["normalizer"]["normalizers"][0]["precompiled_charsmap"] = "x"


def other_model(said: dict[str, Any]) -> None:
    said["model"]["type"] = "BPE"


def no_pieces(said: dict[str, Any]) -> None:
    del said["model"]["vocab"]


@pytest.mark.parametrize("harm", [no_steps, no_table, other_model, no_pieces])
def test_another_tokenizer_is_refused(tmp_path: Path, harm: Callable[[dict[str, Any]], None]) -> None:
    said = tiny.said(PIECES)
    harm(said)
    (tmp_path / "tokenizer.json").write_text(json.dumps(said), encoding="utf-8")

    def make() -> WordPieces:
        word_pieces.write(tmp_path / "tokenizer.json", tmp_path)
        return WordPieces(tmp_path)

    with pytest.raises(ModelCorrupt, match="cannot be read"):
        make()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[WordPieces, Tokenizer]:
    folder, path = tmp_path_factory.mktemp("real"), ModelChoice().folder() / "tokenizer.json"
    word_pieces.write(path, folder)
    return WordPieces(folder), Tokenizer.from_file(str(path))


@pytest.mark.slow
@given(
    st.one_of(
        st.text(max_size=40), st.lists(st.sampled_from([*ODD, "…", "ﬁn", "m²", "½", "ｶﾞ"])).map(" ".join)
    )
)
@settings(max_examples=1000, deadline=None)
def test_the_default_models_ids(real: tuple[WordPieces, Tokenizer], text: str) -> None:
    ours, library = real
    # Sorted: of two ways to cut a word that are as likely (m|mm, mm|m), rounding decides.
    assert sorted(ours.ids(text)) == sorted(library.encode(text, add_special_tokens=False).ids)
