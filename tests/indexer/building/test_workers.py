"""Whoever reads, cuts and embeds, however far ahead and in whatever order: the generation is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.building.incremental import blocks
from indexer.building.sandbox import ReaderSandbox
from indexer.building.settings import BatchSettings, BuildSettings
from indexer.building.workers import ListedFile, ReadFile, Workers, cut
from indexer.progress import Stopwatch
from indexer.records import CorpusFile
from indexer.store import journal
from indexer.store.arrays import Floats
from models.encoder import Encoder, Vectors
from tests.indexer.building.generation_bytes import generation_bytes
from tests.indexer.recording import Recording
from tests.standin import StandInChoice, StandInEncoder

pytestmark = pytest.mark.slow

SETTINGS = BuildSettings(batches=BatchSettings(texts=40, characters=800, slices=range(4, 9)))


class Ahead:
    """Workers that read and cut whole blocks ahead, in threads, and are done in any order."""

    slices = 4
    found = 0

    def __init__(self, block_files: int, blocks: int) -> None:
        self.block_files = block_files
        self.blocks = blocks
        self._pool = ThreadPoolExecutor(4)

    def use(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def read(self, files: Sequence[ListedFile]) -> Callable[[], Sequence[ReadFile]]:
        return self._pool.submit(self._read, files).result

    def embed(self, texts: Sequence[str]) -> Floats:
        return self._encoder.passages(texts)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _read(self, files: Sequence[ListedFile]) -> list[ReadFile]:
        with ReaderSandbox() as sandbox:
            loaded = [sandbox.load(file) for file, _ in files]
        encoder, time = StandInEncoder(), Stopwatch()
        return [
            ReadFile(
                replace(each, documents=tuple(replace(one, blocks=()) for one in each.documents)),
                [cut(one, encoder, SETTINGS, time) for one in each.documents],
            )
            for each in loaded
        ]


def write_corpus(folder: Path, count: int = 40) -> Path:
    """Notes, a copy of one under another date, a table of three, a web page, and a file that is damaged."""
    folder.mkdir()
    for number in range(count):
        told = " ".join(f"La salle {number}x{line} ouvre le mardi {line}." for line in range(number % 7 + 1))
        text = f"# Note {number}\n\n{told} Le centre accueille tous les patients.\n"
        (folder / f"{number:03}.md").write_text(text, encoding="utf-8")
    (folder / "2024-05-02.md").write_bytes((folder / "003.md").read_bytes())
    rows = "".join(f"Titre {row},Le texte de la ligne {row} parle du sommeil.\n" for row in range(3))
    (folder / "table.csv").write_text(f"title,text\n{rows}", encoding="utf-8")
    (folder / "page.html").write_text("<h1>Une page</h1><p>Elle dit une chose utile.</p>", encoding="utf-8")
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 torn")
    return folder


def change(corpus: Path) -> None:
    """Change some of the files, remove one and add one."""
    (corpus / "005.md").write_text("# Note 5\n\nElle dit maintenant autre chose.\n", encoding="utf-8")
    (corpus / "006.md").unlink()
    (corpus / "neuf.md").write_text("# Neuf\n\nLa salle neuve ouvre le lundi.\n", encoding="utf-8")


@pytest.mark.parametrize(("block_files", "ahead"), [(1, 0), (1, 5), (16, 0), (7, 3)])
def test_other_workers_make_the_same_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_files: int, ahead: int
) -> None:
    corpus = write_corpus(tmp_path / "corpus")

    @contextmanager
    def workers(*_: object) -> Iterator[Workers]:
        yield Ahead(block_files, ahead)

    for step in (lambda _: None, change):
        step(corpus)
        builder.build(corpus, tmp_path / "here", StandInChoice(), settings=SETTINGS)
        with monkeypatch.context() as patched:
            patched.setattr(builder, "_workers", workers)
            report = builder.build(corpus, tmp_path / "there", StandInChoice(), settings=SETTINGS)
        assert generation_bytes(tmp_path / "there") == generation_bytes(tmp_path / "here")
        assert [each["source"] for each in report.manifest.skipped] == ["broken.docx"]
    assert report.manifest.carried > 30


class Neighbourly(Recording):
    """An encoder whose vector of a text depends on the others of its slice, as by rounding; it may stop."""

    def __init__(self, most: int = 1 << 30) -> None:
        super().__init__()
        self.most = most

    def passages(self, texts: Sequence[str]) -> Vectors:
        if len(self.texts) + len(texts) > self.most:
            raise KeyboardInterrupt
        vectors = super().passages(texts)
        vectors += 1e-2 * vectors.mean(axis=0)
        vectors /= (vectors**2).sum(axis=1, keepdims=True) ** 0.5
        return vectors


def test_a_build_that_goes_on_has_the_very_vectors_of_an_uninterrupted_one(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", 120)
    builder.build(corpus, tmp_path / "whole", StandInChoice(encoder=Neighbourly()), settings=SETTINGS)
    index, chance = tmp_path / "index", Random(0)
    for _ in range(4):
        stopped = StandInChoice(encoder=Neighbourly(chance.randrange(20, 120)))
        with pytest.raises(KeyboardInterrupt):
            builder.build(corpus, index, stopped, settings=SETTINGS)
    assert journal.texts_in(index / journal.FILE)
    builder.build(corpus, index, StandInChoice(encoder=Neighbourly()), settings=SETTINGS)
    assert generation_bytes(index) == generation_bytes(tmp_path / "whole")


HASHED = """
import sys
from pathlib import Path
from indexer.building import build
from tests.standin import StandInChoice
build.build(Path(sys.argv[1]), Path(sys.argv[2]), StandInChoice())
"""


def test_two_processes_make_the_same_generation(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    for seed in "12":  # of the hashes by which Python orders sets
        subprocess.run(
            [sys.executable, "-c", HASHED, str(corpus), str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[3],
            check=True,
        )
    assert generation_bytes(tmp_path / "1") == generation_bytes(tmp_path / "2")


def test_ray_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stand_in: Recording
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "indexer.building.ray_workers", raising=False)
    corpus = write_corpus(tmp_path / "corpus", 4)
    command = ["build", "--corpus", str(corpus), "--index", str(tmp_path / "index"), "--ray", "auto"]
    assert main(command) == 1
    told = "Ray is not installed. Install it here and on every node: pip install 'repere[ray]'.\n"
    assert capsys.readouterr().err.endswith(told)
    assert not (tmp_path / "index" / "CURRENT").exists()


@pytest.mark.parametrize("workers", ["0", "-1", "all", "1.5"])
def test_a_number_of_workers_is_one(workers: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["build", "--ray", "auto", f"--workers={workers}"])
    assert f"'{workers}' is no number of workers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ["--workers", "3"],
            "--workers counts workers on a Ray cluster, and none is named: add --ray, or",
        ),
        (["--workers", "3", "--dry-run"], "--workers counts workers on a Ray cluster, and none is named"),
        (["--workers", "3", "--ray", ""], "--ray: it names no cluster"),
        (["--ray", ""], "--ray: it names no cluster: give host:port, auto or local."),
        (["--cache", ""], "--cache: it names no folder and no storage."),
    ],
)
def test_options_that_lack_what_they_need_are_refused(
    options: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], stand_in: Recording
) -> None:
    corpus = write_corpus(tmp_path / "corpus", 4)
    with pytest.raises(SystemExit) as exit:
        main(["build", "--corpus", str(corpus), "--index", str(tmp_path / "index"), *options])
    assert exit.value.code == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("cache", "told"),
    [
        (
            "{}/file/in",
            "cannot be used: Not a directory. Give a folder or storage that can be written to",
        ),
        ("{}/corpus/cache", "lies in the corpus"),
        ("nowhere://bucket", "The cache nowhere://bucket/index cannot be used: Protocol not known: nowhere."),
        ("s3://me:secret@bucket", "The address of the cache holds a password"),
    ],
)
def test_a_cache_that_cannot_be_used_ends_the_build_with_a_sentence(
    cache: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], stand_in: Recording
) -> None:
    corpus, index = write_corpus(tmp_path / "corpus", 4), str(tmp_path / "index")
    (tmp_path / "file").write_bytes(b"")
    command = ["build", "--corpus", str(corpus), "--index", index, "--cache", cache.format(tmp_path)]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert told in said
    assert "secret" not in said
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_a_build_by_the_command_keeps_nothing_once_it_is_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stand_in: Recording
) -> None:
    corpus, cache = write_corpus(tmp_path / "corpus", 4), tmp_path / "cache"
    command = ["build", "--corpus", str(corpus), "--index", str(tmp_path / "index"), "--cache", str(cache)]
    assert main(command) == 0
    assert list((cache / "index").iterdir()) == []


@pytest.mark.parametrize(
    ("sizes", "most", "expected"),
    [
        ([], 3, []),
        ([1, 1, 1, 1], 3, [[1, 1, 1], [1]]),
        ([9, 1, 1, 10, 1], 3, [[9, 1], [1, 10], [1]]),
        ([50, 50], 3, [[50], [50]]),
    ],
)
def test_blocks_end_by_number_and_size(sizes: list[int], most: int, expected: list[list[int]]) -> None:
    files = [CorpusFile(str(place), Path(), size, 0, 0) for place, size in enumerate(sizes)]
    assert [[file.size for file in block] for block in blocks(files, most, 10)] == expected
