"""The few lines between "---" that may open a Markdown file: where they end, and the keys they set."""

from __future__ import annotations

import re

FENCED = re.compile(
    r"---[ \t]*(?:\r\n|\n|\r)((?:[^\r\n]*(?:\r\n|\n|\r)){0,200}?)(?:---|\.\.\.)[ \t]*(?=\r|\n|\Z)"
)
BULLET = re.compile(r"[ \t]*-[ \t]+(?:name[ \t]*:[ \t]*)?([^\r\n]*)(?:\r\n|\n|\r)")
KEY = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:[ \t]*([^\r\n]*)", re.MULTILINE)


def front_matter(source: str) -> tuple[dict[str, str], int]:
    """Keys with their one-line values, unquoted, and the offset where the text proper begins."""
    match = FENCED.match(source)
    if not match or not KEY.match(match.group(1)):
        return {}, 0  # a rule between paragraphs also looks like "---"
    keys = {key.lower(): _unquoted(value) for key, value in KEY.findall(match.group(1))}
    # What is left without a letter or figure announces a value on further lines (">", "|", "[").
    return {key: value for key, value in keys.items() if re.search(r"\w", value)}, match.end()


def listed(source: str, *names: str) -> list[str]:
    """The value of the first of these keys: one, or several in "[…]" or on lines of their own."""
    match = FENCED.match(source)
    for key in KEY.finditer(match.group(1)) if match else ():
        if key.group(1).lower() not in names:
            continue
        value = key.group(2).strip()
        if value.startswith("[") and value.endswith("]"):
            return [_unquoted(each) for each in value[1:-1].split(",")]
        return [_unquoted(value)] if value else _bulleted(key.string, key.end())
    return []


def _bulleted(text: str, at: int) -> list[str]:
    """The values on the lines that follow a key without one."""
    line_end = re.compile(r"\r\n|\n|\r").match(text, at)
    values = []
    while item := BULLET.match(text, line_end.end() if line_end else at):
        values.append(_unquoted(item.group(1)))
        line_end = item
    return values


def _unquoted(value: str) -> str:
    return value.strip().strip("\"'").strip()
