"""Inline Markdown → raw text in which each character remembers the source it came from.

markdown-it gives the lines a block spans, but not the offsets of the tokens inside it. Its inline rules do
have them: each is called at a position and leaves another. So each rule is wrapped in one that records both
on the tokens it makes, which is exact where searching the text again would guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt, rules_block, rules_inline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from indexer.readers.text.cleaning import Rewrite
from indexer.readers.text.html_text import strip_tags, with_raised_text
from indexer.records import CleanText

Rule = Callable[[StateInline, bool], bool]

RULES: dict[str, Rule] = {
    "text": rules_inline.text,
    "newline": rules_inline.newline,
    "escape": rules_inline.escape,
    "backticks": rules_inline.backtick,
    "strikethrough": rules_inline.strikethrough.tokenize,
    "emphasis": rules_inline.emphasis.tokenize,
    "link": rules_inline.link,
    "image": rules_inline.image,
    "autolink": rules_inline.autolink,
    "html_inline": rules_inline.html_inline,
    "entity": rules_inline.entity,
}

MARKS = re.compile(r"[\[\]*_`<!&~\\]")
NOTE = re.compile(r"(?<![\\`])\[\^[^\]\[\s`]{1,40}\](?::[ \t]*)?")
"""Call of a note, or the label of one, as Markdown's extensions write them: "[^1]"."""
MOST_WORK = 20_000_000
"""Characters × marks above which a block keeps its markup: some inline rules are quadratic in them."""


def inline_parser() -> MarkdownIt:
    """Return a parser of CommonMark, tables and strikethrough whose inline tokens know their positions.

    Indented code is off: articles indent paragraphs far more often than they show code. Links of any scheme
    are links: nothing is followed or rendered here, only their text is kept.
    """
    parser = MarkdownIt("commonmark", {"maxNesting": 300}).enable(["table", "strikethrough"])
    parser.disable(["code"])
    parser.block.ruler.at("reference", _reference)
    parser.core.ruler.disable(["inline", "text_join"])
    parser.inline.ruler2.disable("fragments_join")
    parser.validateLink = _any_link  # type: ignore[method-assign, assignment]
    for name, rule in RULES.items():
        parser.inline.ruler.at(name, _recording(rule))
    return parser


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read the address of a link, but not a note ("[^1]: Voir"), which looks like one and is text."""
    at = state.bMarks[start] + state.tShift[start]
    return not state.src.startswith("[^", at) and rules_block.reference(state, start, end, silent)


def _any_link(_url: str) -> bool:
    return True


def _recording(rule: Rule) -> Rule:
    """Return the rule, made to record on each token its start ("at") and its end ("to")."""

    def recording_rule(state: StateInline, silent: bool) -> bool:
        if silent:
            return rule(state, True)
        begin, before, waiting = state.pos, len(state.tokens), len(state.pending)
        if not rule(state, False):
            return False
        fresh = [token for token in state.tokens[before:] if "at" not in token.meta]
        if fresh and waiting and fresh[0].type == "text":  # what was waiting, flushed to make room
            fresh.pop(0).meta["at"] = begin - waiting
        if "".join(token.content for token in fresh) == state.src[begin : state.pos]:
            for token in fresh:  # delimiters, one token each
                token.meta |= {"at": begin, "to": begin + len(token.content)}
                begin += len(token.content)
            return True
        for token in fresh:
            if token.type == "link_open":
                token.meta |= {"at": begin, "to": begin + 1}
            elif token.type == "link_close":
                token.meta |= {"at": state.pos - 1, "to": state.pos}
            elif token.type != "text":
                token.meta |= {"at": begin, "to": state.pos}
        return True

    return recording_rule


def inline_text(parser: MarkdownIt, content: CleanText, references: dict[str, object]) -> CleanText:
    """Return the raw text of inline content: no markup, "\\n" at hard breaks, a space at soft ones.

    What is too much for the inline rules, by its length or by brackets a thousand deep, keeps its markup.
    """
    if len(content) * len(MARKS.findall(content.text)) > MOST_WORK:
        return content
    plain = with_raised_text(_without_notes(content))
    try:
        tokens = parser.inline.parse(plain.text, parser, references, [])
    except RecursionError:
        return content
    return CleanText.join(_parts(tokens, plain), "")


def _without_notes(content: CleanText) -> CleanText:
    """Return inline content without the calls of notes and the labels of the notes themselves."""
    rewrite = Rewrite(content)
    for note in NOTE.finditer(content.text):
        rewrite.replace(note.start(), note.end(), "")
    return rewrite.done()


def _parts(tokens: Sequence[Token], content: CleanText) -> list[CleanText]:
    """Return the text of each token, in source order."""
    parts = []
    for token, start, end in sorted(_spans(tokens), key=lambda span: span[1]):
        written = content.slice(start, end)
        if token.type == "image":
            parts.extend(_parts(token.children or [], content.slice(start + len("!["), end)))
        elif token.type == "html_inline":
            parts.append(strip_tags(written))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(_replacement(" " if token.type == "softbreak" else "\n", written))
        elif token.type == "code_inline":
            parts.append(_code(token, written))
        elif token.content:
            parts.append(written if written.text == token.content else _replacement(token.content, written))
    return parts


def _spans(tokens: Sequence[Token]) -> list[tuple[Token, int, int]]:
    """Return each token with its start and end.

    A text pushed outside any rule (at the end of a block or of a link's text) begins where the token before
    it ends; an address that markdown-it has rewritten ends where its link does.
    """
    spans, reached = [], 0
    for index, token in enumerate(tokens):
        start = token.meta.get("at", reached)
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if after is not None and after.type == "link_close" and after.markup == "autolink":
            end = after.meta["at"]
        else:
            end = token.meta.get("to", start + len(token.content))
        spans.append((token, start, end))
        reached = max(reached, end)  # a lone "~" comes after the pair it stands before
    return spans


def _replacement(text: str, written: CleanText) -> CleanText:
    """Return text that replaces a part of the source, each character standing for all of that part."""
    return CleanText(text, [written.start] * len(text), [written.end] * len(text))


def _code(token: Token, written: CleanText) -> CleanText:
    """Return the text between backticks, less the one space that may pad it at either end."""
    fence = len(token.markup)
    inner = written.slice(fence, len(written) - fence)
    pad = (len(inner) - len(token.content)) // 2
    inner = inner.slice(pad, len(inner) - pad)
    return CleanText(inner.text.replace("\n", " "), inner.starts, inner.ends)
