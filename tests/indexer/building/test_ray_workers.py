"""A Ray cluster makes the generation that this machine makes, whatever of it is lost meanwhile.

Run by `make test-ray`, in an environment that has Ray. Nodes are processes of one machine: that shows losses,
and neither a network nor what separate disks do.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Timer

import pytest

from indexer.building import build as builder
from indexer.building.build_cache import UNKEPT, UNREAD
from indexer.building.sandbox import ReaderSandbox
from indexer.building.workers import Cluster
from indexer.corpus import loading
from indexer.corpus.loading import VANISHED, Loaded
from indexer.errors import ClusterError, CorpusError
from indexer.records import CorpusFile, Skipped
from models.encoder import Encoder, Vectors
from tests.indexer.building.generation_bytes import generation_bytes
from tests.indexer.building.test_workers import SETTINGS, change, write_corpus
from tests.standin import StandInChoice, StandInEncoder

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

from ray.cluster_utils import Cluster as Nodes  # noqa: E402

ROOT = Path(__file__).parents[3]


class Noting(StandInEncoder):
    """Notes the process and the number of texts of each slice; takes its time in other processes."""

    def __init__(self, notes: Path, seconds: float = 0.1) -> None:
        super().__init__()
        self.notes = notes
        self.seconds = seconds
        self.maker = os.getpid()

    def passages(self, texts: Sequence[str]) -> Vectors:
        with self.notes.open("a") as noted:
            noted.write(f"{os.getpid()} {len(texts)}\n")
        if os.getpid() != self.maker:
            time.sleep(self.seconds)
        return super().passages(texts)

    def noted(self) -> list[tuple[int, int]]:
        """Return (process, texts) of every slice but those of the process that made the encoder."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        slices = [(int(process), int(texts)) for process, texts in map(str.split, lines)]
        return [each for each in slices if each[0] != self.maker]

    def wait_for(self, slices: int) -> list[int]:
        """Wait until so many slices were begun, and return the processes that began them, in order."""
        deadline = time.monotonic() + 120
        while len(self.noted()) < slices:
            assert time.monotonic() < deadline, "the build does not get on"
            time.sleep(0.02)
        return [process for process, _ in self.noted()]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """A head of one CPU and two nodes of one each."""
    started = Nodes(initialize_head=True, head_node_args={"num_cpus": 1})
    for _ in range(2):
        started.add_node(num_cpus=1)
    yield started
    started.shutdown()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("ray") / "corpus", 120)


@pytest.fixture(scope="module")
def whole(corpus: Path) -> tuple[dict[str, object], int]:
    """The generation that this process makes, and how many texts it embeds."""
    report = builder.build(corpus, corpus.parent / "whole", StandInChoice(), settings=SETTINGS)
    return generation_bytes(corpus.parent / "whole"), report.embedding.embedded


def on(nodes: Nodes, workers: int | None = None) -> Cluster:
    return Cluster(nodes.address, workers)


def test_a_cluster_makes_the_same_generation(nodes: Nodes, tmp_path: Path) -> None:
    corpus, kept = write_corpus(tmp_path / "corpus"), set(Path(tempfile.gettempdir()).glob("repere-*"))
    for step in (lambda _: None, change):
        step(corpus)
        builder.build(corpus, tmp_path / "here", StandInChoice(), settings=SETTINGS)
        builder.build(corpus, tmp_path / "there", StandInChoice(), settings=SETTINGS, cluster=on(nodes))
        assert generation_bytes(tmp_path / "there") == generation_bytes(tmp_path / "here")
    assert set(Path(tempfile.gettempdir()).glob("repere-*")) == kept, "workers leave nothing on their nodes"


@pytest.mark.parametrize("lost", ["worker", "node"])
def test_what_is_lost_is_done_by_others(
    nodes: Nodes, corpus: Path, whole: tuple[dict[str, object], int], tmp_path: Path, lost: str
) -> None:
    encoder = Noting(tmp_path / "notes")
    removed = nodes.add_node(num_cpus=1) if lost == "node" else None

    def lose() -> None:
        process = encoder.wait_for(20)[-1]
        if removed is None:
            os.kill(process, signal.SIGKILL)
        else:
            nodes.remove_node(removed, allow_graceful=False)

    with ThreadPoolExecutor(1) as pool:
        losing = pool.submit(lose)
        choice = StandInChoice(encoder=encoder)
        builder.build(corpus, tmp_path / "index", choice, settings=SETTINGS, cluster=on(nodes))
        losing.result()
    assert generation_bytes(tmp_path / "index") == whole[0]
    redone = sum(texts for _, texts in encoder.noted()) - whole[1]
    print(f"{lost}: {redone} of {whole[1]} texts embedded again")
    assert 0 <= redone <= 2 * SETTINGS.batches.slices.stop


KILLED = """
import sys
from pathlib import Path
from indexer.building import build as builder
from indexer.building.workers import Cluster
from tests.indexer.building.test_ray_workers import SETTINGS, Noting
from tests.standin import StandInChoice
corpus, index, notes, address, *cache = sys.argv[1:]
choice = StandInChoice(encoder=Noting(Path(notes)))
ray, cache = Cluster(address), cache[0] if cache else None
builder.build(Path(corpus), Path(index), choice, settings=SETTINGS, cluster=ray, cache=cache)
"""


def test_a_killed_build_goes_on(
    nodes: Nodes, corpus: Path, whole: tuple[dict[str, object], int], tmp_path: Path
) -> None:
    encoder, index = Noting(tmp_path / "notes"), tmp_path / "index"
    for part in (15, 40):
        command = [sys.executable, "-c", KILLED, *map(str, (corpus, index, encoder.notes, nodes.address))]
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        encoder.wait_for(part)
        process.kill()
        process.wait()
        assert not (index / "CURRENT").exists()
    choice = StandInChoice(encoder=encoder)
    report = builder.build(corpus, index, choice, settings=SETTINGS, cluster=on(nodes))
    assert report.embedding.recovered
    assert generation_bytes(index) == whole[0]
    redone = sum(texts for _, texts in encoder.noted()) - whole[1]
    print(f"driver: {redone} of {whole[1]} texts embedded again after two kills")
    assert 0 <= redone <= 2 * 6 * SETTINGS.batches.slices.stop


def test_a_build_that_has_lost_its_disk_goes_on_from_the_cache(
    nodes: Nodes, corpus: Path, whole: tuple[dict[str, object], int], tmp_path: Path
) -> None:
    encoder, index, cache = Noting(tmp_path / "notes"), tmp_path / "index", tmp_path / "cache"
    for part in (15, 40):
        command = [
            sys.executable,
            "-c",
            KILLED,
            *map(str, (corpus, index, encoder.notes, nodes.address, cache)),
        ]
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        encoder.wait_for(part)
        process.kill()
        process.wait()
        shutil.rmtree(index)
    choice = StandInChoice(encoder=encoder)
    report = builder.build(corpus, index, choice, settings=SETTINGS, cluster=on(nodes), cache=str(cache))
    assert report.embedding.recovered
    assert generation_bytes(index) == whole[0]
    redone = sum(texts for _, texts in encoder.noted()) - whole[1]
    print(f"driver and disk: {redone} of {whole[1]} texts embedded again after two kills")
    assert 0 <= redone <= 2 * 6 * SETTINGS.batches.slices.stop
    assert list((cache / "index").iterdir()) == []


def test_a_node_that_does_not_see_the_cache_is_named(nodes: Nodes, tmp_path: Path) -> None:
    corpus, cache = write_corpus(tmp_path / "corpus", 12), "memory://of this process"
    told = (
        r"On the node \S+: The cache memory://of this process/index is not the one that the builder writes to"
    )
    with pytest.raises(ClusterError, match=told):
        builder.build(
            corpus, tmp_path / "index", StandInChoice(), settings=SETTINGS, cluster=on(nodes), cache=cache
        )


def test_a_cache_that_is_lost_meanwhile_is_told_and_done_without(
    nodes: Nodes,
    corpus: Path,
    whole: tuple[dict[str, object], int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    encoder, cache = Noting(tmp_path / "notes"), tmp_path / "cache"

    def lose() -> None:
        encoder.wait_for(10)
        (cache / "index").rename(tmp_path / "elsewhere")
        (cache / "index").write_bytes(b"")

    with ThreadPoolExecutor(1) as pool:
        losing = pool.submit(lose)
        choice = StandInChoice(encoder=encoder)
        builder.build(
            corpus, tmp_path / "index", choice, settings=SETTINGS, cluster=on(nodes), cache=str(cache)
        )
        losing.result()
    assert generation_bytes(tmp_path / "index") == whole[0]
    said = capsys.readouterr().err
    for loss in UNREAD, UNKEPT:
        told = f": The cache {cache}/index fails: Not a directory. {loss}; the build goes on.\n"
        assert 1 <= said.count(told) <= 3


def test_another_engine_is_told_once(
    nodes: Nodes, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = OtherThere(there=StandInEncoder())
    choice.there.engine = "another engine"
    builder.build(corpus, tmp_path / "index", choice, settings=SETTINGS, cluster=on(nodes))
    said = capsys.readouterr().err
    assert said.count("computes with another engine, this machine with stand-in. Their vectors agree") == 1


def harming(file: CorpusFile) -> Loaded:
    """Load a file; two of them first stop the reader of the file after them, and the second one kills it."""
    for sandbox in (each for each in gc.get_objects() if type(each) is ReaderSandbox):
        if file.source in ("b.md", "f.md") and sandbox.pid:
            os.kill(sandbox.pid, signal.SIGSTOP)
        if file.source == "f.md" and sandbox.pid:
            Timer(0.3, os.kill, (sandbox.pid, signal.SIGKILL)).start()
        sandbox.seconds = 1.0 if file.source == "b.md" else 60.0
    return loading.load(file)


def test_a_reader_that_hangs_or_crashes_costs_its_file_as_it_does_here(nodes: Nodes, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for letter in "acegh":
        page = f"<h1>Page {letter}</h1><p>La salle {letter} ouvre le mardi.</p>"
        (corpus / f"{letter}.html").write_text(page, encoding="utf-8")
    for letter in "bdf":
        (corpus / f"{letter}.md").write_text(f"# Note {letter}\n\nUne note.\n", encoding="utf-8")
    settings = replace(SETTINGS, load=harming)
    skipped = [
        {"source": "c.html", "reason": "reading it takes more than 1 seconds"},
        {"source": "g.html", "reason": "its reader crashes on it"},
    ]
    for index, cluster in (tmp_path / "here", None), (tmp_path / "there", on(nodes, 1)):
        report = builder.build(corpus, index, StandInChoice(), settings=settings, cluster=cluster)
        assert report.manifest.skipped == skipped
        assert report.manifest.documents == 6
    assert generation_bytes(tmp_path / "there") == generation_bytes(tmp_path / "here")


def deadly(driver: int, file: CorpusFile) -> Loaded:
    """Load a file; the one that kills whatever reads it kills every process but the driver's."""
    if file.source == "007.md" and os.getpid() != driver:
        os.kill(os.getpid(), signal.SIGKILL)
    return loading.load(file)


def unseen(file: CorpusFile) -> Loaded:
    """Find no file, as on a node without the corpus."""
    return Loaded(skipped=(Skipped(file.source, VANISHED),))


@dataclass(frozen=True)
class OtherThere(StandInChoice):
    """A choice that loads another model in any process but the driver's."""

    driver: int = field(default_factory=os.getpid)
    there: StandInEncoder = field(default_factory=lambda: StandInEncoder(fingerprint="f" * 16))

    def load(self, *_: object, **__: object) -> Encoder:
        return self.encoder if os.getpid() == self.driver else self.there


def test_a_file_that_kills_its_workers_is_found_and_skipped(nodes: Nodes, tmp_path: Path) -> None:
    corpus, settings = (
        write_corpus(tmp_path / "corpus", 12),
        replace(SETTINGS, load=partial(deadly, os.getpid())),
    )
    report = builder.build(corpus, tmp_path / "index", StandInChoice(), settings=settings, cluster=on(nodes))
    reasons = {each["source"]: each["reason"] for each in report.manifest.skipped}
    assert reasons.keys() == {"007.md", "broken.docx"}, reasons
    assert reasons["007.md"] == "3 workers were lost as they read it"
    assert report.manifest.documents == 11 + 3 + 1


def test_a_node_that_does_not_see_the_corpus_is_named(nodes: Nodes, tmp_path: Path) -> None:
    corpus, settings = write_corpus(tmp_path / "corpus", 12), replace(SETTINGS, load=unseen)
    with pytest.raises(CorpusError, match=rf"The node \S+ does not see {corpus}/000.md, which is there"):
        builder.build(corpus, tmp_path / "index", StandInChoice(), settings=settings, cluster=on(nodes))


def test_a_node_with_another_model_is_named(nodes: Nodes, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", 12)
    with pytest.raises(
        ClusterError, match=r"The node \S+ has Repère .* with the model ffffffffffffffff, this"
    ):
        builder.build(corpus, tmp_path / "index", OtherThere(), settings=SETTINGS, cluster=on(nodes))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere"])
def test_an_address_without_a_cluster_is_told(address: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", 12)
    with pytest.raises(ClusterError, match=f"There is no Ray cluster to be had at {address}: "):
        builder.build(
            corpus, tmp_path / "index", StandInChoice(), settings=SETTINGS, cluster=Cluster(address)
        )
