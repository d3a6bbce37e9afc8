"""BibTeX and BibLaTeX → entries: LaTeX as text, names by their braces, the files of Zotero and JabRef."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping

from bibtexparser.entrypoint import parse_string
from pylatexenc.latex2text import LatexNodes2Text

from indexer.readers.extraction import Unreadable
from indexer.readers.library.entry import Entry, date_of, file_path, plain_text, tags_of
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.names import parse_name
from indexer.readers.text.gathering import one_line
from indexer.records import Metadata, Name

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # a fault in one entry costs that entry alone

TYPES = {
    "article": "article-journal",
    "book": "book",
    "mvbook": "book",
    "collection": "book",
    "proceedings": "book",
    "booklet": "pamphlet",
    "inbook": "chapter",
    "incollection": "chapter",
    "inproceedings": "paper-conference",
    "conference": "paper-conference",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "techreport": "report",
    "report": "report",
    "manual": "report",
    "unpublished": "manuscript",
    "online": "webpage",
    "electronic": "webpage",
    "www": "webpage",
    "patent": "patent",
    "dataset": "dataset",
    "software": "software",
    "periodical": "periodical",
}
ACCENTS = dict(
    zip(
        "'`^\"~=.cvuHkrdb",
        "\u0301\u0300\u0302\u0308\u0303\u0304\u0307\u0327\u030c\u0306\u030b\u0328\u030a\u0323\u0331",
        strict=True,
    )
)
ACCENT = re.compile(
    r"\\(?:(['`^\"~=.])\s*|([cvuHkrdb])(?:\s+|(?=\{)))(?:\{\s*\\?([A-Za-z])\s*\}|\\([ij])(?![a-zA-Z])\s?|([A-Za-z]))"
)
"""An accent of LaTeX over a letter: \\'e, \\'{e}, \\c{c}, \\"\\i."""
LETTERS = {
    "oe": "œ",
    "OE": "Œ",
    "ae": "æ",
    "AE": "Æ",
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "aa": "å",
    "AA": "Å",
    "l": "ł",
    "L": "Ł",
    "i": "i",
    "j": "j",
}
LETTER = re.compile(r"\\(oe|OE|ae|AE|ss|o|O|aa|AA|l|L|i|j)(?![A-Za-z])(?:\{\}|\s+)?")
ESCAPED = re.compile(r"\\([&%$#_{}])")
LONGEST_LATEX = 4000
"""Characters of a text whose other commands are read; pylatexenc takes 20 µs for each."""
AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def bibtex_entries(text: str) -> list[Entry]:
    """Return the entries of a library. Raises Unreadable when none can be read."""
    library = parse_string(text)
    found = [
        _entry(each.entry_type, {field.key.lower(): str(field.value) for field in each.fields})
        for each in library.entries
    ]
    if not found and library.failed_blocks:
        raise Unreadable("it is damaged: no entry of this BibTeX can be read; export the library again")
    return [entry for entry in found if entry.metadata.title]


def latex_text(text: str) -> str:
    """Return LaTeX as plain text: accents and letters composed, braces gone, quotes and dashes as typed."""
    if not re.search(r"[\\{}$~]|--|``|''", text):
        return one_line(text)
    text = ACCENT.sub(_accented, text)
    text = LETTER.sub(lambda match: LETTERS[match[1]], text)
    if "\\" in ESCAPED.sub("", text) or "$" in ESCAPED.sub("", text):
        text = _decoded(text)
    text = ESCAPED.sub(r"\1", re.sub(r"(?<!\\)[{}]", "", text))
    for latex, typed in (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("~", " ")):
        text = text.replace(latex, typed)
    return one_line(unicodedata.normalize("NFC", text))


def _accented(match: re.Match[str]) -> str:
    accent, letter = match[1] or match[2], match[3] or match[4] or match[5]
    return unicodedata.normalize("NFC", letter + ACCENTS[accent])


def _decoded(text: str) -> str:
    """Return text without the commands that pylatexenc knows; the text itself where it is too long or odd."""
    if len(text) > LONGEST_LATEX:
        return text
    try:
        return str(LatexNodes2Text().latex_to_text(re.sub(r"(?<!\\)([%&])", r"\\\1", text)))
    except (ValueError, RecursionError, IndexError, KeyError):
        return text


def _entry(kind: str, fields: Mapping[str, str]) -> Entry:
    def first(*names: str) -> str:
        return next((value for name in names if (value := latex_text(fields.get(name, "")))), "")

    date = date_of(first("date", "year"), fields.get("month", ""), fields.get("day", ""))
    subtitle, title = first("subtitle"), first("title")
    given = [
        ("doi", fields.get("doi")),
        ("isbn", fields.get("isbn")),
        ("issn", fields.get("issn")),
        ("pmid", fields.get("pmid")),
        ("pmcid", fields.get("pmcid")),
        ("hal", fields.get("hal_id") or fields.get("eprint")),
        (
            "arxiv",
            fields.get("eprint")
            if "arxiv" in (fields.get("archiveprefix", "") + fields.get("eprinttype", "")).lower()
            else None,
        ),
        ("doi", fields.get("url")),
    ]
    metadata = Metadata(
        title=f"{title} : {subtitle}" if subtitle else title,
        date=date,
        authors=author_names(_names(fields.get("author") or fields.get("editor", ""))),
        language=declared_language(first("language", "langid")),
        type=TYPES.get(kind.lower(), "document"),
        container=first("journaltitle", "journal", "booktitle", "maintitle"),
        publisher=first("publisher", "institution", "school", "organization"),
        volume=first("volume"),
        issue=first("number", "issue"),
        pages=first("pages").replace("–", "-"),
        identifiers=identifiers(given),
        url=first("url") or first("howpublished") * first("howpublished").startswith("http"),
        licence=first("copyright", "rights", "license"),
        tags=tags_of([latex_text(fields.get("keywords", ""))]),
        abstract=plain_text(latex_text(fields.get("abstract", ""))),
    )
    return Entry(metadata, tuple(_files(fields.get("file", ""))))


def _names(text: str) -> Iterator[Name]:
    """Yield the names of a list that "and" parts; one in braces of its own is an organisation's."""
    at, depth, start = 0, 0, 0
    pieces = []
    while at < len(text):
        depth += (text[at] == "{") - (text[at] == "}")
        opens_gap = text[at].isspace() and not text[at - 1 : at].isspace()  # so that a gap is read once
        match = AND.match(text, at) if depth == 0 and opens_gap else None
        if match:
            pieces.append(text[start:at])
            start = at = match.end()
        else:
            at += 1
    for piece in (*pieces, text[start:]):
        whole = piece.strip()
        if whole.startswith("{") and whole.endswith("}") and whole.find("}") == len(whole) - 1:
            yield Name(literal=latex_text(whole))
        elif whole and whole.lower() != "others":
            parts = [latex_text(part) for part in whole.split(",")]
            if len(parts) == 3:  # von Last, Jr, First
                yield Name(f"{parts[0]} {parts[1]}", parts[2])
            else:
                yield parse_name(", ".join(parts))


def _files(value: str) -> Iterator[str]:
    """Yield the paths in a field of files: "a.pdf", "a.pdf;b.html", "Text:files/1/a.pdf:application/pdf"."""
    for each in re.split(r"(?<!\\);", value.strip()):
        parts = [re.sub(r"\\([:;\\{}_&%])", r"\1", part) for part in re.split(r"(?<!\\):", each.strip())]
        if len(parts) == 4 and len(parts[1]) == 1:  # a drive of Windows whose colon is not escaped
            parts = [parts[0], f"{parts[1]}:{parts[2]}", parts[3]]
        path = parts[1] if len(parts) == 3 else ":".join(parts)
        if path.strip():
            yield file_path(path)
