"""Give the work of a build to a Ray cluster: blocks of files to read and cut, slices of texts to embed.

Each worker is an actor with a station of its own. A thread of this process looks
after each: it starts it where the cluster has room, gives it one task after another, and starts another when
it is lost, with its node, killed, or silent for too long. Its task is then given to the next; a block that
loses several workers is halved until the file at fault is alone, and that is skipped.
"""

from __future__ import annotations

import logging
import os
import platform
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from queue import Empty, PriorityQueue
from threading import Lock, Thread
from typing import Any, NamedTuple

from indexer.building.build_cache import BuildCache, CachePlace
from indexer.building.sandbox import OcrFolders, ReaderSandbox, without_documents
from indexer.building.settings import BuildSettings
from indexer.building.station import BLOCK_FILES, Embedded, Station
from indexer.building.workers import Cluster, ListedFile, ReadFile
from indexer.corpus.loading import VANISHED, Loaded
from indexer.errors import CacheError, ClusterError, CorpusError
from indexer.readers.ocr import model_files
from indexer.records import CorpusFile
from indexer.store.arrays import Floats
from models import VERSION
from models.encoder import Encoder
from models.errors import RepereError
from models.files import cache_folder
from models.load import ModelChoice

try:
    import ray
    from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError
except ImportError as missing:
    raise ClusterError(
        "Ray is not installed. Install it here and on every node: pip install 'repere[ray]'."
    ) from missing

TRIES = 3
"""Workers that a task may lose before it is taken to be at fault."""
LEAVE_SECONDS = 5.0
"""Seconds that workers have to remove what they keep on their nodes as the build ends."""
ROOM_SECONDS = 600.0
"""Seconds that a build waits for any worker to be there."""
SLICE_SECONDS = 600.0
"""Seconds that a slice may take."""
BLOCK_SECONDS = 3600.0
"""Seconds that a block may take: its reader limits each file, and each page that is read by OCR."""
FIRST, READ, EMBED = range(3)
"""Order of tasks: those of lost workers; blocks, which are few at a time and bring the texts; slices."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a worker is made from."""

    choice: ModelChoice
    settings: BuildSettings
    ocr: bool
    """Whether pages that are pictures are read."""
    threads: int
    """Threads that its encoder computes with."""
    own_models: bool
    """Whether the model lies in each node's own folder of models, and not under the path that is given."""
    cache: CachePlace | None
    """Where what is computed is kept."""


class Ready(NamedTuple):
    """What a worker says of itself once it is ready."""

    node: str
    version: str
    """Version of Repère."""
    fingerprint: str
    trouble: str
    """Why it cannot use the cache; empty where it can, or there is none."""


class Answer(NamedTuple):
    """What a worker sends back of a task."""

    node: str
    engine: str
    told: Sequence[str]
    """Lines to show to people."""
    result: Any


class Worker:
    """Reads, cuts and embeds on a node of the cluster."""

    def __init__(self, recipe: Recipe) -> None:
        choice = replace(recipe.choice, cache=cache_folder()) if recipe.own_models else recipe.choice
        _limit_threads(recipe.threads)
        self._pages = tempfile.TemporaryDirectory(prefix="repere-pages-", ignore_cleanup_errors=True)
        ocr = None
        if recipe.ocr:
            ocr = OcrFolders(model_files.fetch(choice.cache, choice.wheels), Path(self._pages.name))
        self._told: list[str] = []
        self._trouble, cache = "", None
        try:
            if recipe.cache is not None:
                cache = BuildCache.joined(recipe.cache, self._told.append)
        except CacheError as error:
            self._trouble = str(error)
        self._encoder = choice.load()
        self._sandbox = ReaderSandbox(recipe.settings.load, ocr)
        self._station = Station(self._sandbox, self._encoder, recipe.settings, cache, ocr=recipe.ocr)

    def ready(self) -> Ready:
        """Say that the model is loaded, and which."""
        return Ready(socket.gethostname(), VERSION, self._encoder.fingerprint, self._trouble)

    def read(self, files: Sequence[ListedFile]) -> Answer:
        """Answer with what the files of a block hold."""
        return self._answer(self._station.read(files))

    def embed(self, texts: Sequence[str]) -> Answer:
        """Answer with the vectors of texts."""
        return self._answer(self._station.embed(texts))

    def close(self) -> None:
        """Leave nothing behind: neither the sandbox's process nor what it has read by OCR."""
        self._sandbox.close()
        self._pages.cleanup()

    def _answer(self, result: Any) -> Answer:
        told, self._told[:] = tuple(self._told), []
        return Answer(socket.gethostname(), self._encoder.engine, told, result)


def _limit_threads(threads: int) -> None:
    """Have OpenVINO compute with so many threads; PyTorch does as Ray's OMP_NUM_THREADS says."""
    with suppress(ImportError, RuntimeError):
        from models.openvino_import import core

        core().set_property("CPU", {"INFERENCE_NUM_THREADS": threads})


class _WorkerLost(Exception):
    """A task has lost as many workers as it may."""


@dataclass(slots=True)
class _Task:
    """Something a worker is to do."""

    method: str
    argument: Any
    rank: int
    seconds: float
    """Seconds that it may take."""
    result: Future[Answer] = field(default_factory=Future)
    lost: int = 0
    """Workers that were lost over it."""


class RayWorkers:
    """The workers of a cluster, until they are closed; `Workers` says what the methods do."""

    block_files = BLOCK_FILES

    def __init__(
        self,
        recipe: Recipe,
        fingerprint: str,
        cache: BuildCache | None,
        number: int,
        resources: dict[str, float],
        tell: Callable[[str], None],
    ) -> None:
        """Start `number` workers, each with so many CPUs and GPUs, as the cluster has room.

        `fingerprint` is that of the model here, `cache` the one that the recipe names; `tell` shows people a
        line.
        """
        self.blocks = self.slices = 2 * number  # the next is there when one is done
        self.lost = self.found = 0
        """Workers that were lost; texts whose vectors the cache held."""
        self._recipe = ray.put(recipe)
        self._fingerprint = fingerprint
        self._cache = cache
        self._begun = False
        self._resources = resources
        self._tell = tell
        self._tasks: PriorityQueue[tuple[int, int, _Task]] = PriorityQueue()
        self._numbers = count()
        self._lock = Lock()
        self._engines: set[str] = set()
        self._alive: set[Any] = set()
        self._last_alive = time.monotonic()
        self._ended = False
        self._error: RepereError | None = None
        self._threads = [Thread(target=self._look_after, daemon=True) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def use(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._engines.add(encoder.engine)

    def read(self, files: Sequence[ListedFile]) -> Callable[[], Sequence[ReadFile]]:
        if not files:
            return lambda: []
        task = self._give("read", files, READ, BLOCK_SECONDS)
        return lambda: self._read(task, files)

    def embed(self, texts: Sequence[str]) -> Floats:
        try:
            answer = self._answer(self._give("embed", texts, EMBED, SLICE_SECONDS))
        except _WorkerLost:
            self._tell(f"{len(texts)} texts have lost {TRIES} workers; they are embedded here.")
            return self._encoder.passages(texts)
        embedded: Embedded = answer.result
        self._compare_engine(answer)
        with self._lock:
            self.found += len(texts) if embedded.found else 0
        return embedded.vectors.copy()  # what comes from the cluster's memory is pinned there

    def close(self) -> None:
        self._ended = True
        self._fail(ClusterError("The build has ended."))
        with self._lock:
            alive = list(self._alive)
        with suppress(Exception):  # the cluster may be gone
            ray.wait([actor.close.remote() for actor in alive], num_returns=len(alive), timeout=LEAVE_SECONDS)
        for actor in alive:
            _kill(actor)
        for thread in self._threads:
            thread.join()

    def _give(self, method: str, argument: Any, rank: int, seconds: float) -> _Task:
        task = _Task(method, argument, rank, seconds)
        self._put(task, rank)
        return task

    def _put(self, task: _Task, rank: int) -> None:
        with self._lock:
            if self._error is None:
                self._tasks.put((rank, next(self._numbers), task))
                return
        task.result.set_exception(self._error)

    def _answer(self, task: _Task) -> Answer:
        """Wait for the answer to a task, and show what its worker tells."""
        answer = task.result.result()
        for line in answer.told:
            self._tell(f"The node {answer.node}: {line}")
        return answer

    def _compare_engine(self, answer: Answer) -> None:
        """Tell, once for each, of an engine that is not this machine's."""
        with self._lock:
            known = answer.engine in self._engines
            self._engines.add(answer.engine)
        if not known:
            self._tell(
                f"The node {answer.node} computes with {answer.engine}, this machine with"
                f" {self._encoder.engine}. Their vectors agree as docs/scaling.md says, but the index is not"
                " the one, byte for byte, that this machine makes."
            )

    def _read(self, task: _Task, files: Sequence[ListedFile]) -> list[ReadFile]:
        """Wait for a block; one that loses its workers is halved, and a file alone that does is skipped."""
        try:
            answer = self._answer(task)
        except _WorkerLost:
            if len(files) == 1:
                reason = f"{TRIES} workers were lost as they read it"
                return [ReadFile(without_documents(files[0].file, reason))]
            half = len(files) // 2
            begun = [self.read(files[:half]), self.read(files[half:])]
            return [each for wait in begun for each in wait()]
        read: list[ReadFile] = answer.result
        for (file, _), (loaded, _) in zip(files, read, strict=True):
            _require_seen(file, loaded, answer.node)
        return read

    def _look_after(self) -> None:
        """Keep one worker running, and give it tasks."""
        refused = 0
        while not self._ended and self._error is None:
            actor = None
            try:
                actor = self._started()
                refused = 0
                if actor is not None:
                    self._work(actor)
            except (RayActorError, GetTimeoutError) as error:
                refused += 1
                time.sleep(1)
                if refused >= TRIES and not self._alive:
                    self._fail(ClusterError(f"No worker can be started on the cluster: {_reason(error)}."))
            except RepereError as error:
                self._fail(error)
            except Exception as error:  # of Ray, or of what a worker does as it starts
                self._fail(ClusterError(f"The workers cannot be started: {_reason(error)}."))
            finally:
                self._gone(actor)

    def _started(self) -> Any:
        """Return a worker that is ready, as soon as the cluster has room for it; None at the end."""
        if self._cache is not None:
            self._cache.mark()
        actor = ray.remote(Worker).options(**self._resources, max_restarts=0).remote(self._recipe)
        try:
            ready = self._waited_for(actor.ready.remote())
        except BaseException:
            _kill(actor)
            raise
        if ready is None:
            _kill(actor)
            return None
        if ready.fingerprint != self._fingerprint or ready.version != VERSION:
            _kill(actor)
            raise ClusterError(
                f"The node {ready.node} has Repère {ready.version} with the model {ready.fingerprint}, this"
                f" machine {VERSION} with {self._fingerprint}. Install the same of both on every node."
            )
        if ready.trouble and not self._begun:
            _kill(actor)
            raise ClusterError(f"On the node {ready.node}: {ready.trouble}")
        if ready.trouble:
            self._tell(f"On the node {ready.node}: {ready.trouble} What a worker computes there is not kept.")
        with self._lock:
            self._begun = True
            self._alive.add(actor)
        return actor

    def _waited_for(self, answer: Any) -> Ready | None:
        """Wait for a worker to be ready; None when the build ends meanwhile."""
        told = False
        while not self._ended and self._error is None:
            if ray.wait([answer], timeout=1)[0]:
                ready: Ready = ray.get(answer)
                return ready
            waited = 0 if self._alive else time.monotonic() - self._last_alive
            if waited > 30 and not told:
                told = True
                self._tell(f"Waiting for the cluster to have room for a worker ({self._needed}).")
            if waited > ROOM_SECONDS:
                raise ClusterError(
                    f"The cluster had no room for a worker ({self._needed}) for {ROOM_SECONDS:.0f} seconds."
                    " Look at 'ray status'; the next build goes on where this one stood."
                )
        return None

    @property
    def _needed(self) -> str:
        return ", ".join(f"{value:g} {name[4:].upper()}" for name, value in self._resources.items())

    def _work(self, actor: Any) -> None:
        """Give tasks to a worker until it is lost or all is done."""
        while not self._ended:
            try:
                _, _, task = self._tasks.get(timeout=0.25)
            except Empty:
                continue
            try:
                answer = getattr(actor, task.method).remote(task.argument)
                task.result.set_result(ray.get(answer, timeout=task.seconds))
            except (RayActorError, GetTimeoutError) as error:
                self._take_back(task, error)
                return
            except RayTaskError as error:
                task.result.set_exception(error.cause if isinstance(error.cause, Exception) else error)
            except BaseException as error:
                task.result.set_exception(error)
                raise

    def _take_back(self, task: _Task, error: Exception) -> None:
        """Give the task of a worker that was lost to another, unless it has lost too many."""
        if self._ended:
            task.result.set_exception(ClusterError("The build has ended."))
            return
        task.lost += 1
        self.lost += 1
        silent = f"has not answered for {task.seconds:.0f} seconds"
        what = silent if isinstance(error, GetTimeoutError) else "was lost"
        self._tell(f"A worker {what}; its work is given to another.")
        if task.lost >= TRIES:
            task.result.set_exception(_WorkerLost())
        else:
            self._put(task, FIRST)

    def _gone(self, actor: Any) -> None:
        if actor is not None:
            _kill(actor)
            with self._lock:
                self._alive.discard(actor)
                self._last_alive = time.monotonic()

    def _fail(self, error: RepereError) -> None:
        """Have all tasks, those to come as well, raise an error."""
        with self._lock:
            self._error = self._error or error
            with suppress(Empty):
                while True:
                    self._tasks.get_nowait()[2].result.set_exception(self._error)


@contextmanager
def connected(
    cluster: Cluster,
    choice: ModelChoice,
    settings: BuildSettings,
    cache: BuildCache | None,
    *,
    ocr: bool,
    tell: Callable[[str], None],
) -> Iterator[RayWorkers]:
    """Connect to a cluster, and yield workers there; all is let go at the end.

    Raises ClusterError when there is no cluster, or one of other versions.
    """
    _connect(cluster.address)
    try:
        have = ray.cluster_resources()
        gpus, cpus = int(have.get("GPU", 0)), max(1, int(have.get("CPU", 1)))
        wanted = cluster.workers or gpus or cpus
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        largest = max(int(node.get("CPU", 0)) for node in nodes)
        threads = 1 if gpus else max(1, min(cpus // wanted, largest))
        resources = {"num_cpus": float(threads), **({"num_gpus": 1.0} if gpus else {})}
        own_models = choice.cache == cache_folder()
        recipe = Recipe(choice, settings, ocr, threads, own_models, cache.place if cache else None)
        tell(f"{wanted} workers on {len(nodes)} nodes of the cluster at {cluster.address}.")
        with closing(RayWorkers(recipe, choice.fingerprint(), cache, wanted, resources, tell)) as workers:
            yield workers
    finally:
        ray.shutdown()


def _connect(address: str) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves this machine that need not
    host, _, port = address.removeprefix("ray://").rpartition(":")
    options: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    try:
        if host and port.isdigit():
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **options)
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"There is no Ray cluster to be had at {address}: {_reason(error)}. Start one there with Ray"
            f" {ray.__version__} and Python {platform.python_version()} ('ray start --head'), or give"
            " --ray local."
        ) from error


def _reason(error: BaseException) -> str:
    """Return the last line of what an error says: Ray puts the cause there."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).rstrip(".")


def _kill(actor: Any) -> None:
    with suppress(Exception):  # it, or the cluster, may be gone
        ray.kill(actor)


def _require_seen(file: CorpusFile, loaded: Loaded, node: str) -> None:
    """Raise CorpusError when a node does not find a file that stands here."""
    gone = any(skipped.source == file.source and skipped.reason == VANISHED for skipped in loaded.skipped)
    if gone and file.path.exists():
        raise CorpusError(
            f"The node {node} does not see {file.path}, which is there on this machine. Mount the corpus"
            " under the same path on every node; what was indexed before still serves."
        )
