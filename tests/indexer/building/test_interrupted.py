"""A build that was stopped goes on where it stood; what it kept is told, is its model's, and goes at last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.building.settings import BatchSettings, BuildSettings
from indexer.errors import IndexMissing
from indexer.store.journal import FILE, texts_in
from indexer.store.manifest import verify
from indexer.upkeep import doctor
from indexer.upkeep.backup import backup
from indexer.upkeep.status import status
from models import background_texts
from models.encoder import Vectors
from models.load import ModelChoice
from tests.indexer.consistency import assert_consistent
from tests.indexer.recording import Recording, embedded
from tests.standin import StandInChoice

ROOT = Path(__file__).parents[3]
SMALL = BuildSettings(batches=BatchSettings(texts=20, characters=500))


class Interrupted(Recording):
    """Encodes so many texts, and is then interrupted as by Ctrl-C."""

    def __init__(self, most: int, fingerprint: str = "0123456789abcdef") -> None:
        super().__init__()
        self.fingerprint = fingerprint
        self.most = most

    def passages(self, texts: Sequence[str]) -> Vectors:
        if len(self.texts) + len(texts) > self.most:
            raise KeyboardInterrupt
        return super().passages(texts)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_notes(tmp_path / "corpus", 60)


def write_notes(folder: Path, count: int) -> Path:
    """Notes of a few sentences, of which one is the same in all."""
    folder.mkdir()
    for number in range(count):
        told = " ".join(f"La salle {number}x{line} est ouverte le mardi {line}." for line in range(4))
        text = f"Note numéro {number}\n\n{told} Le centre accueille tous les patients.\n"
        (folder / f"{number:04}.txt").write_text(text, encoding="utf-8")
    return folder


def interrupt(corpus: Path, index: Path, encoder: Interrupted) -> None:
    with pytest.raises(KeyboardInterrupt):
        builder.build(corpus, index, StandInChoice(encoder=encoder), settings=SMALL)
    assert list((index / "generations").iterdir()) == []


def build(corpus: Path, index: Path, encoder: Recording) -> builder.BuildReport:
    return builder.build(corpus, index, StandInChoice(encoder=encoder), settings=SMALL)


def sums(index: Path) -> dict[str, str]:
    """Checksums of what a generation holds, but for tantivy's names and the times of files."""
    (folder,) = (index / "generations").iterdir()
    files = verify(folder).files
    return {name: each for name, each in files.items() if name.endswith(".npy")}


def test_a_build_goes_on_and_gives_what_an_uninterrupted_one_gives(corpus: Path, tmp_path: Path) -> None:
    whole, again = Recording(), Recording()
    build(corpus, tmp_path / "whole", whole)
    index, stopped = tmp_path / "index", [Interrupted(most) for most in (0, 90, 90)]
    for each in stopped:
        interrupt(corpus, index, each)
    done = set().union(*map(embedded, stopped))
    assert sum(len(each.texts) for each in stopped) == len(done) > 120  # nothing was embedded twice
    assert texts_in(index / FILE) == len(done)
    report = build(corpus, index, again)
    assert embedded(again) == embedded(whole) - done
    assert (report.embedding.recovered, report.embedding.embedded) == (
        len(done),
        len(again.texts) - len(background_texts.TEXTS),
    )
    assert sums(index) == sums(tmp_path / "whole")
    assert_consistent(index)
    assert not (index / FILE).exists()


def test_what_another_model_embedded_is_not_used(corpus: Path, tmp_path: Path) -> None:
    index, encoder = tmp_path / "index", Recording()
    interrupt(corpus, index, Interrupted(90, "f" * 16))
    assert build(corpus, index, encoder).embedding.recovered == 0
    whole = Recording()
    build(corpus, tmp_path / "whole", whole)
    assert embedded(encoder) == embedded(whole)
    assert not (index / FILE).exists()


def test_what_a_build_leaves_that_is_killed_as_it_has_published(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    interrupt(corpus, index, Interrupted(90))
    kept = (index / FILE).read_bytes()
    build(corpus, index, Recording())
    (index / FILE).write_bytes(kept)
    assert build(corpus, index, Recording()).up_to_date
    assert not (index / FILE).exists()


def test_a_corpus_changed_meanwhile_is_indexed_as_it_is(corpus: Path, tmp_path: Path) -> None:
    index, stopped, again = tmp_path / "index", Interrupted(120), Recording()
    interrupt(corpus, index, stopped)
    (corpus / "0000.txt").write_text("Une autre note\n\nElle dit autre chose que la première.\n", "utf-8")
    (corpus / "0001.txt").unlink()
    build(corpus, index, again)
    whole = Recording()
    build(corpus, tmp_path / "whole", whole)
    assert embedded(again) == embedded(whole) - embedded(stopped)
    assert sums(index) == sums(tmp_path / "whole")


def test_what_is_kept_is_told(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], stand_in: Recording
) -> None:
    index = tmp_path / "index"
    interrupt(corpus, index, Interrupted(90))
    texts = texts_in(index / FILE)
    assert texts
    with pytest.raises(IndexMissing, match=f"make index'. An interrupted build can go on: {texts} texts"):
        status(index)
    said = [each.found for each in doctor.examine(index, ModelChoice()) if each.check == "interrupted build"]
    assert said == [f"an interrupted build can go on: {texts} texts embedded (0.0 MB)"]
    assert main(["build", "--corpus", str(corpus), "--index", str(index)]) == 0
    out, err = capsys.readouterr()
    assert f"Going on where a build was interrupted: {texts} texts are embedded.\n" in err
    assert f" texts embedded, each once, {texts} by a build that was interrupted,\n" in out
    assert status(index).interrupted is None
    assert "interrupted build" not in {each.check for each in doctor.examine(index, ModelChoice())}


def test_a_journal_beside_an_index_is_no_part_of_it(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(corpus, index, Recording())
    saved = backup(index, tmp_path / "without.tar")
    (corpus / "neuf.txt").write_text("Une note neuve\n\nElle a une seule phrase.\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        build(corpus, index, Interrupted(0))
    (index / FILE).write_bytes(b"of an interrupted build")
    assert backup(index, tmp_path / "with.tar") == saved
    found = {each.check: each for each in doctor.examine(index, StandInChoice(encoder=Recording()))}
    assert found["interrupted build"].condition == "warning"
    assert doctor.healthy(list(found.values()))
    assert status(index).interrupted == 0


KILLED = """
import sys, time
from pathlib import Path
from indexer.__main__ import main
from tests.standin import StandInEncoder, use_everywhere

class Slow(StandInEncoder):
    def passages(self, texts):
        with open(sys.argv[4], "a") as counted:
            counted.write(f"{len(texts)}\\n")
        time.sleep(len(texts) * float(sys.argv[3]))
        return super().passages(texts)

use_everywhere(Slow())
sys.exit(main(["build", "--corpus", sys.argv[1], "--index", sys.argv[2]]))
"""


LOST = 300
"""Texts at the most that a killed build has embedded and not kept."""


@pytest.mark.slow
@pytest.mark.parametrize("notes", [500, pytest.param(2000, marks=pytest.mark.long)])
def test_a_build_of_many_documents_killed_again_and_again(tmp_path: Path, notes: int) -> None:
    corpus, index, counted = write_notes(tmp_path / "corpus", notes), tmp_path / "index", tmp_path / "counted"

    def start(seconds_a_text: float) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", KILLED, *map(str, (corpus, index, seconds_a_text, counted))]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def embedded_texts() -> int:
        return sum(map(int, counted.read_text().split())) if counted.exists() else 0

    for part in range(1, 5):
        process = start(0.0005)
        deadline = time.monotonic() + 120
        while embedded_texts() < part * notes and process.poll() is None:
            assert time.monotonic() < deadline, "the build does not get on"
            time.sleep(0.01)
        assert process.poll() is None, "the build ended before it was killed"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not (index / "CURRENT").exists()
    assert start(0).wait(300) == 0
    whole = Recording()
    builder.build(corpus, tmp_path / "whole", StandInChoice(encoder=whole))
    redone = embedded_texts() - len(whole.texts)
    print(f"{redone} of {len(whole.texts)} texts embedded again after four kills")
    assert 0 <= redone < 4 * LOST
    assert_consistent(index)
    assert not (index / FILE).exists()
