"""The front matter that may open a Markdown file, YAML between "---" or TOML between "+++"."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

import yaml

from indexer.metadata import IDENTIFIERS, WORK_TYPES
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.dates import declared_date
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.gathering import one_line
from indexer.records import Metadata

FENCED = re.compile(
    r"---[ \t]*(?:\r\n|\n|\r)((?:[^\r\n]*(?:\r\n|\n|\r)){0,200}?)(?:---|\.\.\.)[ \t]*(?=\r|\n|\Z)"
)
FENCED_TOML = re.compile(
    r"\+\+\+[ \t]*(?:\r\n|\n|\r)((?:[^\r\n]*(?:\r\n|\n|\r)){0,200}?)\+\+\+[ \t]*(?=\r|\n|\Z)"
)
DATE_KEYS = (
    "date published publisheddate date_published datepublished publishdate publish_date publication_date"
    " pubdate issued created date_created year annee lastmod modified updated"
).split()
"""Keys with the date of publication, the surest first; one whose value is no date gives way to the next."""
AUTHOR_KEYS = frozenset(
    "author authors auteur auteurs autrice autrices auteure auteures by byline creator".split()
)
ENTRY = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:[ \t]*([^\r\n]*)", re.MULTILINE)
"""A key at the beginning of a line and what follows it there; an entry ends where the next one begins."""
MOST_CHARACTERS, MOST_BRACKETS = 4000, 200
"""Characters, and opening brackets, of an entry that is read as YAML.

PyYAML takes a tenth of a second for 4000 characters, but seconds where most of them are brackets.
"""


def front_matter(source: str) -> tuple[Metadata, int]:
    """Return the metadata declared above the text, and the offset where the text proper begins.

    A "---" without a key below it is a rule between paragraphs, and the whole file is text.
    """
    match = FENCED.match(source) or FENCED_TOML.match(source)
    read = _toml_entries if source.startswith("+") else _entries
    entries = read(match.group(1)) if match else {}
    if not match or not entries:
        return Metadata(), 0
    title, code = (_text(entries, *names) for names in (("title", "titre"), ("lang", "language", "langue")))
    dates = (declared_date(_text(entries, name)) for name in DATE_KEYS)
    authors = next((_names(entry) for key, entry in entries.items() if key in AUTHOR_KEYS), [])
    schemes = ((scheme, _text(entries, scheme)) for scheme in IDENTIFIERS)
    kind = _text(entries, "type")
    metadata = Metadata(
        one_line(title),
        next(filter(None, dates), None),
        author_names(authors),
        declared_language(code),
        type=kind if kind in WORK_TYPES else None,
        container=one_line(_text(entries, "container-title", "journal", "revue")),
        publisher=one_line(_text(entries, "publisher")),
        identifiers=identifiers(schemes),
        url=_text(entries, "url", "canonical_url", "canonical").strip(),
        licence=one_line(_text(entries, "licence", "license", "copyright", "rights")),
        tags=tuple(dict.fromkeys(_tags(entries))),
        abstract=one_line(_text(entries, "abstract", "description", "summary", "résumé")),
    )
    return metadata, match.end()


def _tags(entries: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Yield the tags of the first key that has some: a list, or one text that commas part."""
    key = next((key for key in ("tags", "keywords", "categories", "subject") if key in entries), None)
    value = _value(entries[key]) if key else None
    items = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else []
    return (tag for item in items if isinstance(item, str) and (tag := one_line(item)))


def _entries(block: str) -> dict[str, tuple[str, str]]:
    """Return, by key in lower case, the lines of each entry and the text behind its key on the first.

    A block that does not begin with a key has none.
    """
    if not ENTRY.match(block):
        return {}
    starts = list(ENTRY.finditer(block))
    ends = [*(entry.start() for entry in starts[1:]), len(block)]
    return {
        entry.group(1).lower(): (block[entry.start() : end], entry.group(2))
        for entry, end in zip(starts, ends, strict=True)
    }


def _toml_entries(block: str) -> dict[str, tuple[str, str]]:
    """Return TOML as entries: JSON, which is YAML as well, behind each key. What is no TOML has none."""
    try:
        values = tomllib.loads(block)
    except (ValueError, RecursionError):
        return {}
    return {
        key.lower(): (f"{key}: {json.dumps(value, default=str, ensure_ascii=False)}", "")
        for key, value in values.items()
    }


def _text(entries: dict[str, tuple[str, str]], *keys: str) -> str:
    """Return the value of the first key that has one with a letter or digit, "" where none has."""
    texts = (_value(entries[key]) for key in keys if key in entries)
    return next((text for text in texts if isinstance(text, str) and re.search(r"\w", text)), "")


def _names(entry: tuple[str, str]) -> list[str]:
    """Return the names in an entry: one or several, each a text or a mapping with a "name"."""
    value = _value(entry)
    items = value if isinstance(value, list) else [value]
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [name for name in names if isinstance(name, str)]


def _value(entry: tuple[str, str]) -> object:
    """Return the value of an entry: a text, or texts in lists and mappings.

    BaseLoader makes nothing but texts, lists and mappings, so that "no" stays the code of Norwegian and 010
    no number. Each entry is read by itself: one that is no YAML ("title: Rapport: suite") costs no other and
    counts as the text on its line, and an alias can only repeat a part of its own entry.
    """
    lines, first = entry
    is_small = len(lines) <= MOST_CHARACTERS and lines.count("[") + lines.count("{") <= MOST_BRACKETS
    try:
        loaded = yaml.load(lines, yaml.BaseLoader) if is_small else None
    except (yaml.YAMLError, ValueError, RecursionError):
        loaded = None
    if isinstance(loaded, dict) and len(loaded) == 1:
        return next(iter(loaded.values()))
    return first.strip().strip("\"'").strip()
