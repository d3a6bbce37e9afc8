"""What a build shows of its progress: texts, not files; no rate before there is one; estimates called so."""

from __future__ import annotations

import pytest

from indexer.building import build_progress
from indexer.building.build_progress import BuildProgress, Counts, line

ALL = {"files": 10, "files_read": 10, "files_searched": 10, "size": 1000, "size_read": 1000}
SOME = {"files": 10, "files_read": 4, "files_searched": 2, "size": 1000, "size_read": 400}
LINES = [
    (Counts(), 0, "Reading: 0 of 0 files read", 0),
    (Counts(files=10, files_read=3, size=1000, size_read=100), 5, "Reading: 3 of 10 files read", 0.3),
    (
        Counts(**SOME, texts=50, characters=5000),
        3,
        "Embedding: 0 of at least 50 texts; 4 of 10 files read",
        0,
    ),
    (
        Counts(**SOME, size_searched=200, texts=50, characters=5000),
        3,
        "Embedding: 0 of about 250 texts; 4 of 10 files read",
        0,
    ),
    (
        Counts(
            **SOME, size_searched=200, texts=50, characters=5000, texts_embedded=20, characters_embedded=2500
        ),
        10,
        "Embedding: 20 of about 250 texts, 2.0/s, 90 s left; 4 of 10 files read",
        0.1,
    ),
    (Counts(**ALL, texts=500, characters=5000), 100, "Embedding: 0 of 500 texts", 0),
    (
        # The texts that are left are short: half of the characters are done, a fifth of the texts.
        Counts(**ALL, texts=500, characters=5000, texts_embedded=100, characters_embedded=2500),
        50,
        "Embedding: 100 of 500 texts, 2.0/s, 50 s left",
        0.5,
    ),
    (
        Counts(**ALL, texts=500, characters=5000, texts_embedded=500, characters_embedded=5000),
        50,
        "Embedding: 500 of 500 texts, 10/s, 0 s left",
        1,
    ),
    (
        # Only files that were taken over: there is nothing to read.
        Counts(
            files=10,
            files_read=4,
            files_searched=4,
            texts=5,
            characters=50,
            texts_embedded=5,
            characters_embedded=50,
        ),
        1,
        "Embedding: 5 of 5 texts, 5.0/s, 0 s left",
        1,
    ),
]


@pytest.mark.parametrize(("counts", "seconds", "text", "done"), LINES, ids=[each[2] for each in LINES])
def test_what_is_shown(counts: Counts, seconds: float, text: str, done: float) -> None:
    shown = line(counts, seconds)
    assert shown.text == text
    assert shown.done == pytest.approx(done)


def test_counts_add_up_and_time_runs_from_the_first_text() -> None:
    seconds = iter([100.0, 110.0]).__next__
    progress = BuildProgress(seconds)
    progress.enter(build_progress.EMBEDDING)
    progress.expect(2, 300)
    progress.read(100)
    progress.file_read(0)
    progress.found(30, 600)
    progress.read(100)
    progress.embedded(20, 300)
    progress.file_read(100)
    expected = Counts(2, 2, 300, 300, 1, 100, 30, 600, 20, 300)
    assert progress.counts == expected
    # A third of the bytes gave 600 characters: 1800 are expected, of which 300 took ten seconds.
    assert line(progress.counts, seconds() - 100).text.startswith("Embedding: 20 of about 90 texts, ")
    progress.found(0, 0)
    assert progress.counts.share_searched == 1
