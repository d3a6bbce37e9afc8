"""Format what the command line prints about a build: what it would do, and what it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from indexer.building.build import BuildPlan, BuildReport
from indexer.building.generation_builder import EmbeddingCounts
from indexer.building.incremental import CorpusChanges
from indexer.store.manifest import Manifest

Lines = Iterable[str]

SHOWN = 20
"""Files listed of each kind before the rest is counted."""


def planned(plan: BuildPlan) -> Iterator[str]:
    """Yield the lines that say what a build would do."""
    if not plan.needed:
        yield f"Nothing to do: all {plan.files} files are as they were indexed."
        return
    if plan.anew:
        yield f"Everything would be read and embedded anew: {plan.files} files."
        return
    yield f"Of {plan.files} files: {counted(plan.changes)}."
    changes = plan.changes
    yield from _listed("new", changes.new)
    yield from _listed("changed", changes.changed)
    yield from _listed("moved", [f"{old} → {new}" for old, new in changes.moved])
    yield from _listed("removed", changes.removed)


def built(report: BuildReport, index: object) -> Iterator[str]:
    """Yield the lines that say what a build did."""
    manifest = report.manifest
    if report.up_to_date:
        yield f"Up to date: {manifest.corpus} has not changed since {manifest.generation}."
        return
    documents = f"{manifest.documents} documents of {report.plan.files} files"
    yield f"Published {manifest.generation} in {index}: {documents},"
    yield f"  {manifest.passages} passages, {manifest.sentences} sentences, {manifest.seconds} s,"
    if not report.plan.anew:
        yield f"  files: {counted(report.plan.changes)},"
        yield f"  vectors of {manifest.carried} passages taken over from the generation before,"
    if report.embedding.texts:
        yield f"  {embedded(report.embedding)},"
    yield f"  model {manifest.model.name} ({manifest.model.fingerprint}) on {manifest.engine},"
    yield f"  seconds: {', '.join(f'{name} {took}' for name, took in manifest.stages.items())};"
    yield f"  search: {nearest(manifest)}."
    yield from skipped(manifest)


def embedded(counts: EmbeddingCounts) -> str:
    """Return a phrase that says how many texts were embedded, and why no more were."""
    kept = f", {counts.recovered} by a build that was interrupted" if counts.recovered else ""
    return f"{counts.embedded} of {counts.texts} texts embedded, each once{kept}"


def counted(changes: CorpusChanges) -> str:
    """Return a phrase that says how many files are new, changed, moved, removed and unchanged."""
    counts = {
        "new": len(changes.new),
        "changed": len(changes.changed),
        "moved": len(changes.moved),
        "removed": len(changes.removed),
        "unchanged": changes.unchanged,
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def nearest(manifest: Manifest) -> str:
    """Return a phrase for how a generation finds the nearest passages."""
    record = manifest.nearest
    if not record.cells:
        return "every passage is looked at"
    return f"{record.probes} of {record.cells} cells are looked into, recall@10 {record.recall:.3f}"


def skipped(manifest: Manifest) -> Iterator[str]:
    """Yield the files that were left out, with their reasons."""
    yield from _listed("Skipped", [f"{each['source']}: {each['reason']}" for each in manifest.skipped])


def _listed(name: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"{name} {len(items)}:"
        yield from (f"  {each}" for each in items[:SHOWN])
    if len(items) > SHOWN:
        yield f"  … and {len(items) - SHOWN} more"
