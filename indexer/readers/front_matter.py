"""The few lines between "---" that may open a Markdown file: where they end, and the keys they set."""

from __future__ import annotations

import re

FENCED = re.compile(
    r"---[ \t]*(?:\r\n|\n|\r)((?:[^\r\n]*(?:\r\n|\n|\r)){0,200}?)(?:---|\.\.\.)[ \t]*(?=\r|\n|\Z)"
)
KEY = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:[ \t]*([^\r\n]*)", re.MULTILINE)


def front_matter(source: str) -> tuple[dict[str, str], int]:
    """Keys with their one-line values, unquoted, and the offset where the text proper begins."""
    match = FENCED.match(source)
    if not match or not KEY.match(match.group(1)):
        return {}, 0  # a rule between paragraphs also looks like "---"
    keys = {key.lower(): value.strip().strip("\"'").strip() for key, value in KEY.findall(match.group(1))}
    # What is left without a letter or figure announces a value on further lines (">", "|", "[").
    return {key: value for key, value in keys.items() if re.search(r"\w", value)}, match.end()
