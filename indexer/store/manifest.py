"""The manifest: what a generation says of itself, and the checksums that tell whether it is whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from indexer.errors import FormatRefused, IndexRefused
from models.files import sha256, sync

FORMAT = 4
"""Version of everything below a generation's folder. Another version is refused, never guessed at."""

BUILD_COMMAND = "make index"
REMEDY = f"Go back with 'python -m indexer rollback' or build it anew with '{BUILD_COMMAND}'."
"""For a generation that is damaged while it serves."""


class Layout:
    """The names of a generation's files."""

    MANIFEST = "manifest.json"
    MANIFEST_SUM = "manifest.sha256"
    CATALOGUE = "catalogue.sqlite"
    PASSAGES = "passages.npy"
    CELLS = "passages.ivf"
    PASSAGE_KEYS = "passage_keys.npy"
    PASSAGE_DOCUMENTS = "passage_documents.npy"
    UNITS = "units.npy"
    UNIT_SCALES = "unit_scales.npy"
    UNIT_OFFSETS = "unit_offsets.npy"
    UNIT_SENTENCES = "unit_sentences.npy"
    BACKGROUND = "background.npy"
    TWIN_SIGNATURES = "twin_signatures.npy"
    TWINS = "twins.npy"
    LEXICAL = "lexical"
    TERM_KEYS = "term_keys.npy"
    TERM_WEIGHTS = "term_weights.npy"
    TERM_HELD = "term_held.npy"
    TERM_OFFSETS = "term_offsets.npy"
    TERM_LENGTHS = "term_lengths.npy"
    PASSAGE_LANGUAGES = "passage_languages.npy"


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The model whose vectors a generation holds."""

    name: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True)
class NearestRecord:
    """How the passages nearest to a question are found."""

    cells: int = 0
    """Into how many the passages are parted; 0: every passage is looked at, and the nearest are exact."""
    probes: int = 0
    """Cells looked into for a question."""
    recall: float = 1.0
    """Share of the ten nearest passages that is found so, as measured when the cells were made."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    generation: str
    created: str
    """UTC, ISO 8601, to the second."""
    version: str
    """Version of Repère that built it."""
    model: ModelRecord
    settings: dict[str, int]
    """The chunker's, as they were asked for; a model that reads less makes them smaller."""
    corpus: str
    """The folder that was indexed, as the builder named it."""
    corpus_state: str
    """Digest over every file's source and content: the same corpus gives the same."""
    documents: int
    passages: int
    sentences: int
    calibration: dict[str, float] | None
    """What turns scores into probabilities, fitted for this model; None: relevance is not calibrated."""
    seconds: float
    """From the first file read to the last vector written."""
    skipped: list[dict[str, str]]
    """{"source", "reason"} of every file left out."""
    engine: str = ""
    """What computed the vectors."""
    carried: int = 0
    """Passages whose vectors were taken over from the generation before."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds that each stage of the build took."""
    nearest: NearestRecord = NearestRecord()
    files: dict[str, str] = field(default_factory=dict)
    """sha256 of every other file of the generation, by its path within it."""
    format: int = FORMAT


def seal(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest with the checksums of every file; all is on disk when this returns."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {path.relative_to(folder).as_posix(): each for path, each in zip(files, _sums(files), strict=True)}
    sealed = replace(manifest, files=sums)
    text = json.dumps(asdict(sealed), ensure_ascii=False, indent=1)
    (folder / Layout.MANIFEST).write_text(text, encoding="utf-8")
    # tantivy makes some of its files for their owner alone; who may read one file may read them all.
    readable = (folder / Layout.MANIFEST).stat().st_mode & 0o777
    for path in files:
        path.chmod(readable)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / Layout.MANIFEST_SUM).write_text(digest, encoding="ascii")
    for path in [*folder.rglob("*"), folder, folder.parent]:
        sync(path)
    return sealed


def read_manifest(folder: Path, remedy: str = REMEDY) -> Manifest:
    """A generation's manifest. Raises IndexRefused when it is damaged or of another format."""
    try:
        raw = (folder / Layout.MANIFEST).read_bytes()
        expected = (folder / Layout.MANIFEST_SUM).read_text(encoding="ascii")
        return parse(raw, expected, f"Generation {folder.name}")
    except (OSError, ValueError) as error:
        raise _damaged(folder, f"its manifest cannot be read: {error}", remedy) from error


def parse(raw: bytes, expected: str, whose: str) -> Manifest:
    """A manifest of which the sha256 is expected. whose: whom to name when it is of another format.

    Raises ValueError when it is damaged, FormatRefused when it is of another format.
    """
    if hashlib.sha256(raw).hexdigest() != expected:
        raise ValueError("its checksum does not match")
    said = json.loads(raw)
    if said.get("format") != FORMAT:
        raise FormatRefused(
            f"{whose} has format {said.get('format')}; this version of Repère reads format {FORMAT}."
            f" Build it anew with '{BUILD_COMMAND}'."
        )
    records = {"model": ModelRecord(**said["model"]), "nearest": NearestRecord(**said["nearest"])}
    return Manifest(**{**said, **records})


def verify(folder: Path, remedy: str = REMEDY) -> Manifest:
    """The manifest of a generation whose every file has been found whole. Raises IndexRefused."""
    manifest = read_manifest(folder, remedy)
    if missing := sorted(name for name in manifest.files if not (folder / name).is_file()):
        raise _damaged(folder, f"{', '.join(missing)} is missing", remedy)
    sums = _sums([folder / name for name in manifest.files])
    for name, expected in manifest.files.items():
        try:
            found = next(sums)
        except OSError as error:
            raise _damaged(folder, f"{name} cannot be read: {error.strerror}", remedy) from error
        if found != expected:
            raise _damaged(folder, f"{name} has checksum {found[:12]}…, not {expected[:12]}…", remedy)
    return manifest


def _damaged(folder: Path, what: str, remedy: str) -> IndexRefused:
    return IndexRefused(f"Generation {folder.name} is damaged: {what}. {remedy}")


def _sums(files: Sequence[Path]) -> Iterator[str]:
    """Checksums of files, in order; as many at a time as there are cores, for they are what opening takes."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(sha256, files)
