"""The bytes of a page → its element tree, decoded as the page declares or its bytes show."""

from __future__ import annotations

import codecs
import re

from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from indexer.readers.extraction import Unreadable
from indexer.readers.text.charsets import decoded_once
from indexer.readers.text.decoding import decode

CHARSET = re.compile(
    rb"<(?:meta|\?xml)\b[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I
)
SAMPLE = 4096
"""Bytes at the top of a page in which it declares its encoding."""

SAMPLE_ZEROS = 0.1
"""Share of zero bytes at the top of a page from which it is UTF-16 or no text."""
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

CODECS = re.compile(
    r"iso8859-(?!1$)\d+|cp\d{3,4}|koi8-[rut]|mac-\w+|gb2312|gbk|gb18030|big5\w*|euc_\w+|shift_jis\w*"
    r"|iso2022_jp\w*|tis-620|johab"
)
"""Codecs that a page may declare, by Python's names. Latin-1 means Windows-1252, as in browsers."""

MOST_UNDECODABLE = 1 / 1000
"""Share of undecodable characters above which the declared encoding is not the page's."""


def parse_html(data: bytes) -> HtmlElement:
    """Return the tree of a page. Raises Unreadable when it is no text or is nested beyond reason."""
    return parse_text(decode_html(data))


def parse_text(text: str) -> HtmlElement:
    """Return the tree of a page already decoded, an empty one for an empty text."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        tree = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except ParserError:  # nothing but comments and white space
        tree = document_fromstring(b"<body></body>", parser=parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise Unreadable("its HTML is broken: more than 2 000 elements stand one in another")
    for template in tree.iter("template"):
        if template.get("shadowrootmode") or template.get("shadowroot"):
            template.tag = "div"  # a shadow root is shown where it stands, other templates nowhere
    return tree


def body_of(tree: HtmlElement) -> HtmlElement:
    """Return the <body> of a tree, or the root where there is none."""
    body = tree.find("body")
    return tree if body is None else body


def decode_html(data: bytes) -> str:
    """Decode a page: as UTF-8 wherever it is valid, as another encoding hardly ever looks like it."""
    codec = _declared(data)
    if codec and not data.startswith((codecs.BOM_UTF8, *WIDE_MARKS)):
        try:
            data.decode("utf-8" if not codec.startswith("iso2022") else codec)
        except UnicodeDecodeError:
            text = data.decode(codec, "replace")
            if text.count("\ufffd") <= MOST_UNDECODABLE * len(text):
                return text
        else:
            return data.decode(codec) if codec.startswith("iso2022") else decoded_once(data.decode("utf-8"))
    return decode(data if data.startswith(WIDE_MARKS) or _is_wide(data) else data.replace(b"\0", b""))


def _is_wide(data: bytes) -> bool:
    """Return whether a page has so many zero bytes that it is UTF-16; a few are left out, as browsers do."""
    return data[:SAMPLE].count(0) > SAMPLE_ZEROS * len(data[:SAMPLE])


def _declared(data: bytes) -> str | None:
    """Return Python's name of the declared encoding; None for UTF-8, Windows-1252 or an unknown one."""
    charset = CHARSET.search(data[:SAMPLE])
    try:
        name = codecs.lookup(charset.group(1).decode("ascii")).name if charset else ""
    except (LookupError, UnicodeDecodeError):
        return None
    return name if CODECS.fullmatch(name) else None
