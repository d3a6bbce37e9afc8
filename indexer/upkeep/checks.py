"""What the doctor looks at: each check reports what it found, and what to do where something is wrong."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Literal

from indexer.errors import FormatRefused, IndexMissing, IndexRefused
from indexer.store import generation as store
from indexer.store import journal
from indexer.store.catalogue import Catalogue
from indexer.store.generation import Pointer
from indexer.store.manifest import BUILD_COMMAND, Layout, Manifest, verify
from indexer.upkeep.backup import free_bytes
from models import bundle
from models.errors import ModelError
from models.load import ModelChoice

CURRENT, LEFTOVERS = "CURRENT", "leftovers"
MODEL_FILES, MODEL_LEFTOVERS = "model files", "model leftovers"
"""Names of the checks whose faults a repair can mend; so can those of a generation."""
REPAIR = "'python -m indexer doctor --repair'"
REBUILD = (
    f"Build the index anew with '{BUILD_COMMAND}', or restore a backup with 'python -m indexer restore'."
)
SHOWN = 5
"""Problems of one database that are listed; the rest is counted."""

Condition = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    condition: Condition
    found: str
    advice: str = ""
    """What to do; empty where nothing is wrong."""
    repaired: bool = False
    """Whether it has been mended since."""


class Soundness(Enum):
    """Whether a generation can serve."""

    SOUND = "it can serve"
    DAMAGED = "it cannot"
    FORMAT = "another version of Repère may serve it"


def openvino_model_is_whole(folder: Path) -> bool:
    """Return whether the OpenVINO model in a model's folder was made from its weights and is undamaged.

    Raises ImportError where OpenVINO is not installed.
    """
    from models import openvino_files  # which takes a second, and is not to be had everywhere

    return openvino_files.is_sound(folder)


@dataclass(frozen=True, slots=True)
class Probes:
    """What the checks learn from the machine rather than from the index; tests give others."""

    free: Callable[[Path], int] = free_bytes
    """Folder → bytes that its disk has free."""
    engine_is_whole: Callable[[Path], bool] = openvino_model_is_whole
    """Folder of the default model → whether its OpenVINO model can be used."""
    fingerprint: str = bundle.FINGERPRINT
    """Fingerprint of the default model's files when they are whole."""


@dataclass
class Checkup:
    """Runs the checks of one index and of the model it is used with; it changes nothing."""

    index: Path
    choice: ModelChoice
    probes: Probes = Probes()
    holds_lock: bool = False
    """Whether this process holds the index for writing."""
    pointer: Pointer | None = None
    """What CURRENT says, once it has been read."""
    _generations: dict[str, tuple[Soundness, list[Finding]]] = field(default_factory=dict)
    _manifests: dict[str, Manifest] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Run every check, in order."""
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
        """Return what the checks of one generation found; they run once."""
        if name not in self._generations:
            self._generations[name] = self._check_generation(name)
        return self._generations[name]

    def _current(self) -> Finding:
        try:
            self.pointer = store.read_pointer(self.index)
        except (IndexMissing, IndexRefused) as error:
            repairable = bool(store.generations(self.index))
            advice = (
                f"{REPAIR} writes CURRENT anew from the generations that are whole." if repairable else ""
            )
            return Finding(CURRENT, "fault", str(error), advice)
        names = " after ".join(name for name in (self.pointer.current, self.pointer.previous) if name)
        return Finding(CURRENT, "ok", f"names {names}")

    def _check_generation(self, name: str) -> tuple[Soundness, list[Finding]]:
        folder = store.generation_folder(self.index, name)
        try:
            manifest = self._manifests[name] = verify(folder, REBUILD)
        except IndexRefused as error:
            other_format = isinstance(error, FormatRefused)
            replaceable = any(other != name for other in store.generations(self.index))
            advice = f"{REPAIR} makes another generation serve."
            if other_format or not replaceable:
                advice = REBUILD
            found = str(error).removesuffix(f" {REBUILD}")
            soundness = Soundness.FORMAT if other_format else Soundness.DAMAGED
            return soundness, [Finding(f"{name}: checksums", "fault", found, advice)]
        database = _database(f"{name}: database", folder, manifest)
        whole = Finding(f"{name}: checksums", "ok", f"all {len(manifest.files)} files whole")
        return Soundness.SOUND if database.condition == "ok" else Soundness.DAMAGED, [whole, database]

    def _writing(self) -> Iterator[Finding]:
        """Check who writes, and what killed writers left behind."""
        under_way = not self.holds_lock and store.is_locked(self.index)
        if under_way:
            found = "a build, a rollback or a repair is under way"
            yield Finding("lock", "warning", found, "Wait for it to end.")
        else:
            yield Finding("lock", "ok", "nobody is writing")
            yield from self._interrupted()
        folders = store.leftovers(self.index, self.pointer) if self.pointer else []
        if under_way or not folders:
            yield Finding(LEFTOVERS, "ok", "none, but what is being written" if under_way else "none")
            return
        yield _unneeded(LEFTOVERS, folders)

    def _interrupted(self) -> Iterator[Finding]:
        """Check what a killed build has left to go on from, where it has left anything."""
        path = self.index / journal.FILE
        texts = journal.texts_in(path)
        if texts is None:
            return
        size = f"{_size(path) / 1e6:.1f} MB"
        if texts:
            found = f"an interrupted build can go on: {texts} texts embedded ({size})"
            advice = "The next build with the same model takes them up; one with another model removes them."
            yield Finding("interrupted build", "ok", found, advice)
        else:
            found = f"{path.name} is no journal of a build ({size})"
            yield Finding("interrupted build", "warning", found, "The next build removes it.")

    def _model(self, manifest: Manifest | None) -> Iterator[Finding]:
        name = self.choice.label
        try:
            folder = self.choice.local_folder()
        except ModelError as error:
            yield Finding("model", "fault", str(error), "Set MODEL to the model that made the index.")
            return
        if folder is None:
            advice = (
                "The next build or start fetches it; for that a package index or hub has to be reachable."
            )
            yield Finding(MODEL_FILES, "warning", f"{name} is not on this machine", advice)
            return
        if not self.choice.name:
            yield self._default_model(folder)
            yield self._engine(folder)
            if folders := bundle.leftovers(self.choice.cache):
                yield _unneeded(MODEL_LEFTOVERS, folders)
        used = self.choice.fingerprint()
        if manifest is None or manifest.model.fingerprint == used:
            yield Finding("model", "ok", f"{name} ({used})")
            return
        made = f"{manifest.model.name} ({manifest.model.fingerprint})"
        advice = f"Set MODEL and its prompts as they were, or build the index anew with '{BUILD_COMMAND}'."
        yield Finding("model", "fault", f"the index was made by {made}, in use is {name} ({used})", advice)

    def _default_model(self, folder: Path) -> Finding:
        # Named by its folder, so that every file is read through, whatever is remembered of its checksum.
        actual, expected = ModelChoice(str(folder)).fingerprint(), self.probes.fingerprint
        if actual == expected:
            return Finding(MODEL_FILES, "ok", f"{folder} is whole")
        found = f"{folder} has fingerprint {actual}, not {expected}: a file of it is damaged or not its own"
        return Finding(MODEL_FILES, "fault", found, f"{REPAIR} removes it, so that it is fetched again.")

    def _engine(self, folder: Path) -> Finding:
        try:
            if self.probes.engine_is_whole(folder):
                return Finding("engine", "ok", "whole")
        except ImportError as error:
            found = f"OpenVINO cannot be used: {error}"
            return Finding("engine", "warning", found, "Install the requirements again.")
        advice = "The next build or start makes it anew, in half a minute at the most."
        return Finding("engine", "warning", "missing, damaged or made of other weights", advice)

    def _space(self, manifest: Manifest) -> Finding:
        free = self.probes.free(self.index)
        needed = _size(store.generation_folder(self.index, manifest.generation))
        finding = Finding(
            "space", "ok", f"{free / 1e6:.0f} MB free, a generation takes {needed / 1e6:.1f} MB"
        )
        if free > needed:
            return finding
        advice = "Make room: a build writes a whole generation beside the old ones."
        return replace(finding, condition="warning", advice=advice)


def _database(check: str, folder: Path, manifest: Manifest) -> Finding:
    """Check what no checksum can: whether SQLite finds its own tables in order."""
    try:
        with closing(Catalogue(folder / Layout.CATALOGUE)) as catalogue:
            problems = catalogue.problems()
    except sqlite3.Error as error:
        problems = [f"SQLite cannot read it: {error}"]
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        return Finding(check, "fault", "; ".join(problems[:SHOWN]) + more, REBUILD)
    found = f"{manifest.documents} documents, {manifest.passages} passages, {manifest.sentences} sentences"
    return Finding(check, "ok", found)


def _milder(finding: Finding) -> Finding:
    """Turn a fault of a generation that does not serve into a warning."""
    if finding.condition == "ok":
        return finding
    return replace(
        finding, condition="warning", advice="It cannot be gone back to. The next build replaces it."
    )


def _unneeded(check: str, folders: list[Path]) -> Finding:
    size = sum(map(_size, folders))
    found = f"{', '.join(path.name for path in folders)}: {size / 1e6:.1f} MB that nothing needs"
    return Finding(check, "warning", found, f"{REPAIR} removes them.")


def _corpus(manifest: Manifest) -> Iterator[Finding]:
    for name in manifest.corpus.split(os.pathsep):
        try:
            has_files = any(Path(name).iterdir())
        except OSError:
            has_files = False
        if has_files:
            yield Finding("corpus", "ok", f"{name} is there")
        else:
            advice = "Bring it back before the next build, or name another with CORPUS=."
            yield Finding("corpus", "warning", f"{name} is not there, or empty", advice)


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    return sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
