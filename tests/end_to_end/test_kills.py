"""Real builds and rollbacks killed at random moments: an index that answers stands there every time."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer.errors import IndexMissing
from indexer.store import generation as store
from indexer.store.index import open_index
from service.search import Searcher
from tests.standin import StandInEncoder

pytestmark = pytest.mark.slow

KILLS = 24
FILES = 400
PATIENCE = 60
"""Seconds after which a process that should have ended fails the test."""

TOPICS = ("oncologie", "pédiatrie", "cardiologie", "urologie", "neurologie", "radiologie", "gériatrie")


def write_corpus(folder: Path, version: str, files: int) -> Path:
    """Articles that name the version in their every sentence."""
    folder.mkdir()
    for number in range(files):
        topic = TOPICS[number % len(TOPICS)]
        lines = [f"Le {version} cours {number}x{line} de {topic} a lieu salle {line}." for line in range(8)]
        text = f"Cours {number} {version}\n\n" + "\n\n".join(lines)
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return folder


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    """The process, once it has begun."""
    command = [sys.executable, "-m", "tests.end_to_end.build_process", *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def finish(process: subprocess.Popen[str]) -> float:
    """Let a process run to its end; the seconds it took."""
    begun = time.monotonic()
    said, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, "done\n")
    return time.monotonic() - begun


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    time.sleep(seconds)
    process.kill()
    process.communicate(timeout=PATIENCE)


def answering_version(index: Path, files: int) -> str:
    """The version of the corpus that the index holds, after asking it and looking it all through."""
    encoder = StandInEncoder()
    opened = open_index(index, encoder.fingerprint)
    sources = [entry.source for entry in opened.catalogue.documents()]
    assert sources == [f"{number:03}.txt" for number in range(files)]
    texts = [entry.passage.text for entry in opened.catalogue.passages(range(len(opened.vectors)))]
    versions = {word for text in texts for word in ("ancien", "nouveau") if word in text}
    assert len(versions) == 1
    (version,) = versions
    asked = random.Random(len(texts)).randrange(files)
    question = f"Le {version} cours {asked}x3 de {TOPICS[asked % len(TOPICS)]} a lieu salle 3."
    best = Searcher(encoder, opened).search(question, 5)[0]
    assert (best.entry.document.source, best.highlight.text) == (f"{asked:03}.txt", question)
    opened.catalogue.close()
    return version


def leftovers(index: Path) -> set[str]:
    """Generations that no pointer names."""
    pointer = store.read_pointer(index)
    found = {path.name for path in (index / "generations").iterdir()}
    return found - {pointer.current, pointer.previous}


def test_builds_killed_at_random_moments(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    corpora = {each: write_corpus(tmp_path / each, each, FILES) for each in ("ancien", "nouveau")}
    index = tmp_path / "index"
    length = finish(start("build", tmp_path / "measured", corpora["ancien"]))
    moments = [length * (number + rng.random()) / KILLS for number in range(KILLS)]
    rng.shuffle(moments)
    serving: str | None = None
    swept = published = 0
    for turn, moment in enumerate(moments):
        coming = "nouveau" if serving == "ancien" else "ancien"
        before = store.published(index)
        kill_after(start("build", index, corpora[coming]), moment)
        if store.published(index) != before:
            serving, published = coming, published + 1
        if serving is None:
            with pytest.raises(IndexMissing):
                open_index(index, StandInEncoder().fingerprint)
        else:
            assert answering_version(index, FILES) == serving, (seed, turn, moment)
        if turn % 8 == 7:  # a build that is left alone sweeps up after the killed ones
            swept += bool((index / "generations").is_dir() and serving and leftovers(index))
            coming = "nouveau" if serving == "ancien" else "ancien"
            finish(start("build", index, corpora[coming]))
            serving = coming
            assert answering_version(index, FILES) == serving, (seed, turn)
            assert leftovers(index) == set(), (seed, turn)
    print(f"{KILLS} kills over {length:.2f} s: {published} after publishing, {swept} sweeps")
    assert published < KILLS // 2  # most must have struck before the end to prove anything


def test_a_build_killed_at_each_step_of_its_sealing(tmp_path: Path) -> None:
    corpora = {each: write_corpus(tmp_path / each, each, 3) for each in ("ancien", "nouveau")}
    index = tmp_path / "index"
    finish(start("build", index, corpora["ancien"]))
    finish(start("build", index, corpora["ancien"]))
    process = start("build-dying-at-syncs", index, corpora["nouveau"])
    assert process.stdin is not None and process.stdout is not None
    ends: list[int] = []
    answers: list[str] = []
    while 0 not in ends and len(ends) < 40:
        print(file=process.stdin, flush=True)
        ends.append(int(process.stdout.readline()))
        answers.append(answering_version(index, 3))
    # Each file, both folders, the pointer: killed at any of them, the old one serves. After the rename
    # only the folder's entry is left to be synced.
    finish(process)
    assert ends == [-9] * (len(ends) - 1) + [0]
    assert answers == ["ancien"] * (len(ends) - 2) + ["nouveau", "nouveau"]
    assert len(ends) > 8
    assert leftovers(index) == set()


def test_rollbacks_killed_at_random_moments(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    index = tmp_path / "index"
    for version in ("ancien", "nouveau"):
        finish(start("build", index, write_corpus(tmp_path / version, version, 3)))
    holds = {"g000001": "ancien", "g000002": "nouveau"}
    for _ in range(6):
        kill_after(start("rollback", index), rng.uniform(0, 0.3))
        pointer = store.read_pointer(index)
        assert {pointer.current, pointer.previous} == set(holds)
        assert answering_version(index, 3) == holds[pointer.current], seed
    store.rollback(index)  # the killed ones hold no lock
