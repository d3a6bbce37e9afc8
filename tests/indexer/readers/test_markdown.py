"""Markdown → blocks of clean text with exact spans."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.markdown import read_markdown
from indexer.records import BlockKind

H, P, LI, TR, C = (
    BlockKind.HEADING,
    BlockKind.PARAGRAPH,
    BlockKind.LIST_ITEM,
    BlockKind.TABLE_ROW,
    BlockKind.CODE,
)


def texts(source: str) -> list[str]:
    return [block.content.text for block in read_markdown(source)]


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ("**gras** et _penché_", "gras et penché"),
        ("1<sup>er</sup> Forum", "1er Forum"),
        ("5×10<sup>9</sup>, texte<sup>12</sup>, CO<sub>2</sub>", "5×10⁹, texte, CO2"),
        ("<p>5×10<sup>9</sup></p>", "5×10⁹"),
        ("Texte[^1] et mot[^note-2].", "Texte et mot."),
        ("[^1]: Mot", "Mot"),
        ("[^1]: La note\n    suite.", "La note suite."),
        ("`[^a]` et [^ b]", "[^a] et [^ b]"),
        ("[texte](http://a.b 'titre') suite", "texte suite"),
        ("[a **b** c](x) d", "a b c d"),
        ("[cité][1] fin\n\n[1]: http://a.b", "cité fin"),
        ("[mmm@x.ma](mailto:mmm@x.ma)", "mmm@x.ma"),
        ("[clic](javascript:alert) ici", "clic ici"),
        ("<http://www.mmm.ma/a%20b> fin", "http://www.mmm.ma/a b fin"),
        ("<moi@x.ma>", "moi@x.ma"),
        ("![un *logo*](a.png) fin", "un logo fin"),
        ("A &amp; B &eacute; &#233;", "A & B é é"),
        (r"5 \* 3 \q \\ fin", r"5 * 3 \q \ fin"),
        ("a `code *x*` b", "a code *x* b"),
        ("a `` `x` `` b", "a `x` b"),
        ("un <!-- secret --> deux", "un deux"),
        ("un<br>deux", "un\ndeux"),
        ("un  \ndeux\\\ntrois\nquatre", "un\ndeux\ntrois quatre"),
        ("**un** \ndeux", "un deux"),
        ("seul * et ** et 2*3*4 ~~non~~", "seul * et ** et 234 non"),
        ("**non fermé", "**non fermé"),
        ("#hashtag", "#hashtag"),
        ("    retrait", "retrait"),
        ("e\u0301te\u0301", "été"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<div>Un <b>mot</b> &amp; <i\nclass=x>deux</i></div>", "Un mot & deux"),
        ("~~~\nx  y\n~~~", "x y"),
    ],
)
def test_no_markup_is_left(source: str, clean: str) -> None:
    assert texts(source) == [clean]


def test_structure() -> None:
    source = (
        "# Titre #\n\nSous-titre\n---\n\n> cité\n> deux\n\n- un\n  - deux\n\n    suite\n1. trois\n\n"
        "| a | b\\|c |\n|---|---|\n| d **e** | |\n\n```py\nx = 1\n```\n"
    )
    assert [(block.kind, block.level, block.content.text) for block in read_markdown(source)] == [
        (H, 1, "Titre"),
        (H, 2, "Sous-titre"),
        (P, 0, "cité deux"),
        (LI, 1, "un"),
        (LI, 2, "deux"),
        (LI, 2, "suite"),
        (LI, 1, "trois"),
        (TR, 0, "a | b|c"),
        (TR, 0, "d e"),
        (C, 0, "x = 1"),
    ]


@pytest.mark.parametrize(
    ("source", "piece", "cited"),
    [
        ("# Un **mot** ici #", "mot", "mot"),
        ("> un\r\n> [deux](http://deux) trois", "deux", "deux"),
        ("x **a****b** *c* _d_ e", "e", "e"),
        ("x ~~~a~~~ b", "b", "b"),
        ("a &eacute; b", "é", "&eacute;"),
        (r"a \* b", "*", r"\*"),
        ("| a | b |\n|-|-|\n| a | b \\| c |", "|", "\\|"),
        ("![x *logo*](u) fin", "logo", "logo"),
        ("[un\n`deux` trois](u) fin", "deux", "deux"),
        ("[un\ndeux trois](u) fin", "deux", "deux"),
        ("un `code` fin", "code", "code"),
        ("<http://a.b/é> fin", "fin", "fin"),
        ("- a\n\n      b **c**", "c", "c"),
    ],
)
def test_spans_cite_the_source(source: str, piece: str, cited: str) -> None:
    content = read_markdown(source)[-1].content
    at = content.text.rindex(piece)
    assert source[content.starts[at] : content.ends[at + len(piece) - 1]] == cited


MARKS = "ab é\n*_~`[]()<>!\\&;#-+1.>|: \u0301\t"


@given(st.text(st.sampled_from(MARKS), max_size=80))
def test_letters_stand_where_their_spans_say(source: str) -> None:
    for block in read_markdown(source):
        content = block.content
        assert list(content.starts) == sorted(content.starts)
        for char, start, end in zip(content.text, content.starts, content.ends, strict=True):
            assert 0 <= start < end <= len(source)
            assert char not in "ab" or source[start:end] == char


@given(
    st.lists(
        st.sampled_from(["mot", "**", "*", "_", "`", "[", "](u)", "![", " ", "\n", "~~", "<b>", "&amp;"])
    )
)
def test_pieces_of_markup_never_displace_words(parts: list[str]) -> None:
    source = "".join(parts)
    for block in read_markdown(source):
        content = block.content
        at = content.text.find("mot")
        while at >= 0:
            assert source[content.starts[at] : content.ends[at + 2]] == "mot"
            at = content.text.find("mot", at + 3)


@pytest.mark.parametrize(
    "source",
    [
        "mot " * 250_000,
        "\n" * 100_000,
        ">" * 100_000,
        "> " * 50_000 + "x",
        "[" * 100_000,
        "![" * 50_000,
        "[a](" * 30_000,
        "*" * 100_000 + "a",
        "**a " * 50_000,
        "<!-- " * 50_000,
        "x `a``b" * 20_000,
    ],
    ids=lambda source: repr(source[:6]),
)
def test_odd_texts_take_linear_time(source: str) -> None:
    began = time.perf_counter()
    read_markdown(source)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "source",
    [
        "> " * 60 + "perdu",
        "- " * 60 + "perdu",
        "".join("  " * depth + "- a\n" for depth in range(99)) + "  " * 99 + "- perdu",
        " " * 500 + "perdu",
    ],
    ids=["quotes", "lists", "indented lists", "indented"],
)
def test_no_text_is_lost_in_deep_nesting(source: str) -> None:
    assert any("perdu" in text for text in texts(source))
