"""Building: from files to a published generation, and once more when one file of many has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import material, processes
from bench.datasets import Dataset
from bench.figures import Figure, Measured
from bench.plan import Plan
from bench.processes import BenchError, alone
from bench.servers import ROOT, environment
from indexer.records import Document
from indexer.store import generation as store
from indexer.store.manifest import read_manifest
from models.load import ModelChoice

PART = "Building"
BUILD: Sequence[str] = ("-m", "indexer", "build")
"""What Python runs to build."""


@dataclass(frozen=True, slots=True)
class Built:
    """One run of the build command."""

    seconds: float
    """From the start of its process to its end."""
    peak: float
    """Peak memory in MB."""
    stages: dict[str, float]
    """Stage → seconds."""
    inner: float
    """Seconds from the first file read to the last vector written: without start and model."""
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Work:
    """What a build of some documents embeds, in tokens without prompts and special tokens."""

    passages: list[str]
    tokens: int
    """Tokens of passages, sentences and parts."""
    passage_tokens: int
    """Tokens of passages alone, which is all that the baseline embeds."""


def measure(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    """Build the dataset's articles, then many short notes, first all of them and then with one changed."""
    documents = list(data.documents or [])
    material.write_articles(documents, scratch / "articles")
    articles = build(scratch / "articles", scratch / "articles-index")
    work = alone(count_work, documents)
    plain_seconds, plain_peak = alone(build_plainly, work.passages)
    notes = material.write_notes(documents, scratch / "notes", plan.notes)
    first = build(scratch / "notes", scratch / "notes-index")
    note = notes[len(notes) // 2]
    note.write_text(note.read_text(encoding="utf-8") + "Une phrase de plus.\n", "utf-8")
    changed = build(scratch / "notes", scratch / "notes-index")
    rate, plain_rate = articles.passages / articles.inner, len(work.passages) / plain_seconds
    tokens, plain_tokens = work.tokens / articles.inner, work.passage_tokens / plain_seconds
    figures = [
        Figure(PART, f"{articles.documents} articles, passages", "passages/s", rate, plain_rate, "more"),
        Figure(PART, "tokens (ours: of sentences and parts too)", "tokens/s", tokens, plain_tokens, "more"),
        *(Figure(PART, f"stage: {name}", "s", seconds) for name, seconds in articles.stages.items()),
        Figure(PART, "the whole command", "s", articles.seconds),
        Figure(PART, "peak memory", "MB", articles.peak, plain_peak),
        Figure(PART, f"{first.documents} notes, the whole command", "s", first.seconds),
        Figure(PART, "notes, peak memory", "MB", first.peak),
        Figure(PART, "one note changed, the whole command", "s", changed.seconds),
        Figure(PART, "one note changed, peak memory", "MB", changed.peak),
    ]
    detail = {
        "articles": asdict(articles),
        "tokens": work.tokens,
        "passage_tokens": work.passage_tokens,
        "baseline": {"seconds": plain_seconds, "peak": plain_peak},
        "notes": asdict(first),
        "changed": asdict(changed),
    }
    return Measured(figures, detail)


def build(corpus: Path, index: Path) -> Built:
    """Run the build command as a process. Raises BenchError when it fails."""
    command = [sys.executable, *BUILD, "--corpus", str(corpus), "--index", str(index)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment({}), stdout=subprocess.DEVNULL)
    # The peak counts this process as well, until the other begins: it is kept far smaller.
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchError(f"'{' '.join(command[1:])}' ended with code {process.returncode}.")
    manifest = read_manifest(store.generation_folder(index, store.read_pointer(index).current))
    peak = used.ru_maxrss * 1024 / 1e6
    return Built(seconds, peak, manifest.stages, manifest.seconds, manifest.documents, manifest.passages)


def count_work(documents: Sequence[Document]) -> Work:
    """Return the texts and tokens of a build, counted by chunking anew."""
    encoder = ModelChoice().load()
    texts = material.embedded(documents, encoder)
    passage_tokens = sum(encoder.count_tokens(texts.passages))
    return Work(texts.passages, passage_tokens + sum(encoder.count_tokens(texts.units)), passage_tokens)


def build_plainly(passages: list[str]) -> tuple[float, float]:
    """Encode and index passages as the baseline does; return the seconds, model loaded, and the peak MB."""
    from transformers.utils import logging

    from bench import baseline

    logging.set_verbosity_error()  # its report on loading a model is no news
    logging.disable_progress_bar()
    model = baseline.load_model()
    begun = time.perf_counter()
    baseline.index_of(baseline.encode(model, passages))
    return time.perf_counter() - begun, processes.memory_of().peak
