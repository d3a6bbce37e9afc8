"""TeX → the text of a LaTeX file, by way of pylatexenc: sections, paragraphs, lists, formulas as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pylatexenc import latex2text, latexwalker
from pylatexenc.latex2text import EnvironmentTextSpec, LatexNodes2Text, MacroTextSpec
from pylatexenc.latexwalker import LatexWalkerError
from pylatexenc.macrospec import std_macro

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.authors import author_names
from indexer.readers.plain_text import read_plain
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather, one_line
from indexer.records import BlockKind, Metadata

LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
MARK = "\ue000"
"""Private character that stands around a heading, behind its level, on its way through pylatexenc."""
HEADING = re.compile(f"{MARK}(\\d)([^{MARK}]*){MARK}")
DECLARED = ("title", "author", "date")
REFERENCES = tuple(
    "cite citep citet citeauthor nocite ref eqref pageref label autoref cref Cref thanks index"
    " bibliography".split()
)
"""Macros whose text is no text of the document."""
FRENCH = {"og": "« ", "fg": " »", "ier": "er", "iere": "re", "ieme": "e", "no": "n° ", "numero": "n° "}
"""Macros of babel's French, which pylatexenc does not know."""
LEFT_OUT = ("thebibliography", "tikzpicture", "comment", "filecontents", "pgfpicture")
BABEL = re.compile(r"\\og(?:\{\}|(?![a-zA-Z])[ \t]*)|\\(fg|iere|ier|ieme|numero|no)(?:\{\}|(?![a-zA-Z]))")
"""These macros; TeX swallows the space behind the opening quotation mark."""
TIE = re.compile(r"(?<!\\)~")
AND = "\ue001"


def read_tex(data: bytes) -> Extraction:
    """Read a LaTeX file. Raises Unreadable when it is no text or nested beyond reason."""
    source = BABEL.sub(lambda macro: FRENCH[macro.group(1) or "og"], decode(data))
    declared: dict[str, str] = {}
    try:
        text = _converter(declared).latex_to_text(TIE.sub("\u00a0", source), latex_context=_syntax())
    except (LatexWalkerError, RecursionError, ValueError, IndexError):
        raise Unreadable("its TeX cannot be followed; the PDF made of it can be read") from None
    title = one_line(declared.get("title", ""))
    names = (one_line(name) for name in re.split(f"{AND}|\n", declared.get("author", "")))
    raw = [RawBlock(BlockKind.HEADING, title, 1), RawBlock(BlockKind.PARAGRAPH, declared.get("date", ""))]
    source_text, blocks = gather([*raw, *_raw_blocks(text)])
    return Extraction("tex", source_text, blocks, Metadata(title, authors=author_names(names)))


def _converter(declared: dict[str, str]) -> LatexNodes2Text:
    """Return what turns LaTeX into text, and puts title, author and date into `declared`.

    pylatexenc passes the converter to a replacement that has a parameter of the name l2tobj.
    """

    def keep(name: str) -> Callable[[Any, Any], str]:
        def replacement(node: Any, l2tobj: Any) -> str:
            declared.setdefault(name, _argument(node, l2tobj))
            return ""

        return replacement

    def heading(level: int) -> Callable[[Any, Any], str]:
        return lambda node, l2tobj: f"\n\n{MARK}{level}{_argument(node, l2tobj)}{MARK}\n\n"

    known = latex2text.get_default_latex_context_db()
    known.add_context_category(
        "document",
        prepend=True,
        macros=[
            *(MacroTextSpec(name, simplify_repl=keep(name)) for name in DECLARED),
            *(MacroTextSpec(name, simplify_repl=heading(level)) for name, level in LEVELS.items()),
            *(
                MacroTextSpec(name, simplify_repl="")
                for name in (*REFERENCES, "maketitle", "tableofcontents")
            ),
            MacroTextSpec("footnote", simplify_repl=lambda node, l2tobj: f" ({_argument(node, l2tobj)})"),
            MacroTextSpec("and", simplify_repl=AND),
        ],
        environments=[EnvironmentTextSpec(name, discard=True) for name in LEFT_OUT],
    )
    return LatexNodes2Text(latex_context=known, math_mode="text", keep_comments=False)


def _syntax() -> Any:
    """Return the macros that pylatexenc parses, with those of REFERENCES, which have one argument."""
    known = latexwalker.get_default_latex_context_db()
    macros = [std_macro(name, "[{") for name in REFERENCES]
    known.add_context_category("document", prepend=True, macros=macros)
    return known


def _argument(node: Any, l2tobj: Any) -> str:
    """Return the text of a macro's last argument."""
    arguments = node.nodeargd.argnlist if node.nodeargd is not None else ()
    last = arguments[-1] if arguments else None
    return str(l2tobj.nodelist_to_text([last])) if last is not None else ""


def _raw_blocks(text: str) -> Iterator[RawBlock]:
    """Yield the headings that are marked in a text, and the blocks between them."""
    end = 0
    for mark in HEADING.finditer(text):
        yield from _plain(text[end : mark.start()])
        yield RawBlock(BlockKind.HEADING, one_line(mark.group(2)), int(mark.group(1)))
        end = mark.end()
    yield from _plain(text[end:])


def _plain(text: str) -> Iterator[RawBlock]:
    return (RawBlock(block.kind, block.content.text, block.level) for block in read_plain(text))
