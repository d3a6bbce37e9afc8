"""Files made to do harm: each case is made, and the harmless end of reading it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture import hostile

QUICK = {
    "DOCX: entities of a thousand million words.docx": "it is damaged",
    "PDF: pages that hold themselves.pdf": "it is damaged",
    "HTML: nested 100 000 deep.html": "its HTML is broken",
    "DOC: a table of pieces that says it has millions.doc": "it is damaged: its text cannot be found",
    "MBOX: 300 000 messages.mbox": "too large: it holds 300000 messages",
    "ZIP: archives one in another, each of ten.zip": "it holds no text",
    "Text: 1 GB.txt": "too large: 1024.0 MB",
    "A pipe.txt": "neither a file nor a folder",
    "A link to itself.txt": "a link that leads nowhere",
}


@pytest.mark.parametrize(("name", "reason"), QUICK.items())
def test_what_becomes_of_a_file(tmp_path: Path, name: str, reason: str) -> None:
    hostile.CASES[name](tmp_path / name)
    found = hostile._read(name, tmp_path)
    assert found.said.startswith(reason)
    assert found.megabytes > 10


def test_a_file_that_grows_is_told_apart_from_one_that_is_whole() -> None:
    # Read between two writes, it is whole: on a busy machine the other program may not have its turn.
    assert any(hostile._growing().said.startswith("it changed while it was being read") for _ in range(5))
