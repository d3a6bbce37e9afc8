"""What the doctor looks at: each check says what it found, and what to do where something is wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

from indexer.errors import FormatRefused, IndexMissing, IndexRefused
from indexer.store import generation as store
from indexer.store.catalogue import Catalogue
from indexer.store.generation import Pointer
from indexer.store.manifest import BUILD_COMMAND, Layout, Manifest, verify
from indexer.upkeep.consistency import disagreements
from models import bundle
from models import encoder as models
from models.encoder import ModelChoice
from models.errors import ModelError

CURRENT, LEFTOVERS = "CURRENT", "leftovers"
MODEL_FILES, MODEL_LEFTOVERS = "model files", "model leftovers"
"""Checks of which something can be mended."""
REPAIR = "'python -m indexer doctor --repair'"
ANEW = f"Build the index anew with '{BUILD_COMMAND}', or restore a backup with 'python -m indexer restore'."
SHOWN = 5
"""Disagreements told of a generation; the rest is counted."""

Condition = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    condition: Condition
    found: str
    advice: str = ""
    """What to do; empty where nothing is wrong."""
    repaired: bool = False
    """It was so, and has been mended."""


class Soundness(Enum):
    """What a generation is good for."""

    SOUND = "it can serve"
    DAMAGED = "it cannot"
    FORMAT = "another version of Repère may serve it"


@dataclass
class Checkup:
    """Looks at an index and at the model it is used with; changes nothing."""

    index: Path
    choice: ModelChoice
    holding: bool = False
    """Whether this process holds the index for writing."""
    pointer: Pointer | None = None
    """What CURRENT says, once it has been read."""
    _known: dict[str, tuple[Soundness, list[Finding]]] = field(default_factory=dict)
    _manifests: dict[str, Manifest] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Every check, in order."""
        yield self._current()
        if self.pointer is not None:
            yield from self.generation(self.pointer.current)[1]
            if self.pointer.previous is not None:
                yield from map(_milder, self.generation(self.pointer.previous)[1])
        yield from self._writing()
        manifest = self._manifests.get(self.pointer.current) if self.pointer else None
        yield from self._model(manifest)
        if manifest is not None:
            yield self._space(manifest)
            yield from _corpus(manifest)

    def generation(self, name: str) -> tuple[Soundness, list[Finding]]:
        """What is to be said of a generation; it is looked at once."""
        if name not in self._known:
            self._known[name] = self._looked_at(name)
        return self._known[name]

    def _current(self) -> Finding:
        try:
            self.pointer = store.read_pointer(self.index)
        except (IndexMissing, IndexRefused) as error:
            held = bool(store.generations(self.index))
            advice = f"{REPAIR} writes CURRENT anew from the generations that are whole." if held else ""
            return Finding(CURRENT, "fault", str(error), advice)
        names = " after ".join(each for each in (self.pointer.current, self.pointer.previous) if each)
        return Finding(CURRENT, "ok", f"names {names}")

    def _looked_at(self, name: str) -> tuple[Soundness, list[Finding]]:
        folder = store.generation_folder(self.index, name)
        try:
            manifest = self._manifests[name] = verify(folder, ANEW)
        except IndexRefused as error:
            other = isinstance(error, FormatRefused)
            advice = ANEW if other or not self._others(name) else f"{REPAIR} makes another generation serve."
            told = Finding(f"{name}: checksums", "fault", str(error).removesuffix(f" {ANEW}"), advice)
            return (Soundness.FORMAT if other else Soundness.DAMAGED), [told]
        findings = [Finding(f"{name}: checksums", "ok", f"all {len(manifest.files)} files whole")]
        for check, look in (("database", _database), ("contents", disagreements)):
            try:
                problems = list(look(folder, manifest))
            except Exception as error:  # what disagrees may make whatever reads it stumble in any way
                problems = [f"cannot be looked through ({type(error).__name__}: {error})"]
            findings.append(_told(f"{name}: {check}", problems, manifest))
        sound = all(each.condition == "ok" for each in findings)
        return (Soundness.SOUND if sound else Soundness.DAMAGED), findings

    def _others(self, name: str) -> bool:
        return any(each != name for each in store.generations(self.index))

    def _writing(self) -> Iterator[Finding]:
        """Who writes, and what those left that were killed while they wrote."""
        under_way = not self.holding and store.is_locked(self.index)
        told = "a build, a rollback or a repair is under way" if under_way else "nobody is writing"
        yield Finding(
            "lock", "warning" if under_way else "ok", told, "Wait for it to end." if under_way else ""
        )
        left = store.leftovers(self.index, self.pointer) if self.pointer else []
        if under_way or not left:
            yield Finding(LEFTOVERS, "ok", "none, but what is being written" if under_way else "none")
            return
        yield _left(LEFTOVERS, left)

    def _model(self, manifest: Manifest | None) -> Iterator[Finding]:
        name, own = self.choice.label, not self.choice.name
        try:
            folder = models.model_here(self.choice)
        except ModelError as error:
            yield Finding("model", "fault", str(error), "Set MODEL to the model that made the index.")
            return
        if folder is None:
            advice = (
                "The next build or start fetches it; for that a package index or hub has to be reachable."
            )
            yield Finding(MODEL_FILES, "warning", f"{name} is not on this machine", advice)
            return
        if own:
            yield _model_files(folder)
            yield _engine(folder)
            if left := bundle.leftovers():
                yield _left(MODEL_LEFTOVERS, left)
        used = models.fingerprint(folder, self.choice)
        if manifest is None or manifest.model.fingerprint == used:
            yield Finding("model", "ok", f"{name} ({used})")
            return
        made = f"{manifest.model.name} ({manifest.model.fingerprint})"
        advice = f"Set MODEL and its prompts as they were, or build the index anew with '{BUILD_COMMAND}'."
        yield Finding("model", "fault", f"the index was made by {made}, in use is {name} ({used})", advice)

    def _space(self, manifest: Manifest) -> Finding:
        free = shutil.disk_usage(self.index).free
        needed = _size(store.generation_folder(self.index, manifest.generation))
        found = f"{free / 1e6:.0f} MB free, a generation takes {needed / 1e6:.1f} MB"
        if free > needed:
            return Finding("space", "ok", found)
        return Finding(
            "space", "warning", found, "Make room: a build writes a whole generation beside the old ones."
        )


def _database(folder: Path, _: Manifest) -> list[str]:
    try:
        with closing(Catalogue(folder / Layout.CATALOGUE)) as catalogue:
            return catalogue.problems()
    except sqlite3.Error as error:
        return [f"SQLite cannot read it: {error}"]


def _told(check: str, problems: list[str], manifest: Manifest) -> Finding:
    if not problems:
        held = f"{manifest.documents} documents, {manifest.passages} passages, {manifest.sentences} sentences"
        return Finding(check, "ok", held)
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return Finding(check, "fault", "; ".join(problems[:SHOWN]) + more, ANEW)


def _milder(finding: Finding) -> Finding:
    """The same of a generation that does not serve."""
    if finding.condition == "ok":
        return finding
    advice = "It cannot be gone back to. The next build replaces it."
    return Finding(finding.check, "warning", finding.found, advice)


def _left(check: str, left: list[Path]) -> Finding:
    size = sum(_size(path) for path in left)
    found = f"{', '.join(path.name for path in left)}: {size / 1e6:.1f} MB that nothing needs"
    return Finding(check, "warning", found, f"{REPAIR} removes them.")


def _model_files(folder: Path) -> Finding:
    # Every file is read through, whatever is remembered of its checksum.
    found = models.fingerprint(folder, ModelChoice(str(folder)))
    if found == bundle.FINGERPRINT:
        return Finding(MODEL_FILES, "ok", f"{folder} is whole")
    told = (
        f"{folder} has fingerprint {found}, not {bundle.FINGERPRINT}: a file of it is damaged or not its own"
    )
    return Finding(MODEL_FILES, "fault", told, f"{REPAIR} removes it, so that it is fetched again.")


def _engine(folder: Path) -> Finding:
    try:
        from models import openvino_engine  # which takes a second, and is not to be had everywhere
    except ImportError as error:
        return Finding(
            "engine", "warning", f"OpenVINO cannot be used: {error}", "Install the requirements again."
        )
    if openvino_engine.sound(folder / openvino_engine.FOLDER, folder / openvino_engine.WEIGHTS):
        return Finding("engine", "ok", "whole")
    advice = "The next build or start makes it anew, in half a minute at the most."
    return Finding("engine", "warning", "missing, damaged or made of other weights", advice)


def _corpus(manifest: Manifest) -> Iterator[Finding]:
    for name in manifest.corpus.split(os.pathsep):
        try:
            held = any(Path(name).iterdir())
        except OSError:
            held = False
        advice = "" if held else "Bring it back before the next build, or name another with CORPUS=."
        told = f"{name} is there" if held else f"{name} is not there, or empty"
        yield Finding("corpus", "ok" if held else "warning", told, advice)


def _size(path: Path) -> int:
    """Bytes of all that stands at a path."""
    return sum(each.stat().st_size for each in [path, *path.rglob("*")] if each.is_file())
