"""The manifest: the description of a generation, and the checksums that prove it undamaged."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from indexer.errors import FormatRefused, IndexRefused
from indexer.store import signing
from models import VERSION
from models.files import is_transient, reason_of, sha256, sync

FORMAT = 8
"""Version of the layout of a generation's folder; an index of another version is refused."""

BUILD_COMMAND = "make index"
REMEDY = f"Go back with 'python -m indexer rollback' or build it anew with '{BUILD_COMMAND}'."
"""Next step for a generation that is damaged while it serves."""


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
    SIGNATURES = "twin_signatures.npy"
    NEAR_DUPLICATES = "twins.npy"
    VERSIONS = "versions.npy"
    LEXICAL = "lexical"
    TERM_KEYS = "term_keys.npy"
    TERM_WEIGHTS = "term_weights.npy"
    TERM_HELD = "term_held.npy"
    TERM_OFFSETS = "term_offsets.npy"
    TERM_LENGTHS = "term_lengths.npy"
    PASSAGE_LANGUAGES = "passage_languages.npy"
    PASSAGE_KINDS = "passage_kinds.npy"


Count = Annotated[int, Field(ge=0, lt=2**31)]


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The model whose vectors a generation holds."""

    name: str
    fingerprint: str
    dim: Annotated[int, Field(gt=0, le=65536)]


@dataclass(frozen=True, slots=True)
class NearestRecord:
    """How the passages nearest to a query are found."""

    cells: Count = 0
    """Number of cells; 0: a query is compared with every passage, and the nearest are exact."""
    probes: Count = 0
    """Number of cells that a query visits."""
    recall: float = 1.0
    """Share of the ten nearest passages found in those cells, measured when the cells were written."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a generation."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(allow_inf_nan=False)

    generation: str
    created: str
    """UTC, ISO 8601, to the second."""
    version: str
    """Version of Repère that built the generation."""
    model: ModelRecord
    settings: dict[str, int]
    """Settings of the chunker as requested; a model that reads fewer tokens makes passages smaller."""
    corpus: str
    """Path of the folder that was indexed, as the build named it."""
    corpus_state: str
    """Digest of every file's source and content; it changes when the corpus does."""
    documents: Count
    passages: Count
    sentences: Count
    calibration: dict[str, float] | None
    """Coefficients that turn scores into probabilities for this model; None: relevance is not calibrated."""
    seconds: float
    """Seconds from the moment the model was loaded to the last vector written."""
    skipped: list[dict[str, str]]
    """{"source", "reason"} of every file without a document."""
    engine: str = ""
    """Name of the engine that computed the vectors."""
    carried: int = 0
    """Number of passages whose vectors were copied from the previous generation."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds spent at, or waiting for, each stage; files are read and texts embedded beside the rest."""
    nearest: NearestRecord = NearestRecord()
    files: dict[str, str] = field(default_factory=dict)
    """sha256 of every other file of the generation, by its path within the folder."""
    format: int = FORMAT


_MANIFEST = TypeAdapter(Manifest)
_FILE_NAME = re.compile(r"(?!\.{1,2}(/|$))[\w.-]{1,60}(/(?!\.{1,2}$)[\w.-]{1,60})?", re.ASCII)
"""A file, or a file in a folder, of the generation's own: no name leads out of it."""


def seal(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest with the checksum of every file; everything is on disk when this returns.

    Raises OSError.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {path.relative_to(folder).as_posix(): each for path, each in zip(files, _sums(files), strict=True)}
    sealed = replace(manifest, files=sums)
    text = json.dumps(asdict(sealed), ensure_ascii=False, indent=1)
    (folder / Layout.MANIFEST).write_text(text, encoding="utf-8")
    # tantivy makes some of its files readable by their owner alone; all files get the mode of the manifest.
    mode = (folder / Layout.MANIFEST).stat().st_mode & 0o777
    for path in files:
        path.chmod(mode)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / Layout.MANIFEST_SUM).write_text(digest, encoding="ascii")
    if signed := signing.signature(text.encode()):
        (folder / signing.FILE).write_text(signed, encoding="ascii")
    for path in [*folder.rglob("*"), folder, folder.parent]:
        sync(path)
    return sealed


def read_manifest(folder: Path, remedy: str = REMEDY) -> Manifest:
    """Return a generation's manifest. Raises IndexRefused when it is damaged or of another format."""
    try:
        raw = (folder / Layout.MANIFEST).read_bytes()
        expected = (folder / Layout.MANIFEST_SUM).read_text(encoding="ascii")
        signed = folder / signing.FILE
        found = signed.read_text(encoding="ascii") if signed.is_file() else None
        return parse(raw, expected, f"Generation {folder.name}", found)
    except (OSError, ValueError) as error:
        raise _damaged(folder, f"its manifest cannot be read: {error}", remedy, error) from error


def parse(raw: bytes, expected: str, whose: str, signature: str | None) -> Manifest:
    """Return the manifest written in `raw`, whose sha256 has to be `expected`.

    Where a key is set it has to be signed with it. Raises IndexRefused when it is not.

    `whose` names the generation in the message about another format. Raises ValueError when the manifest is
    damaged, FormatRefused when it is of another format.
    """
    if hashlib.sha256(raw).hexdigest() != expected:
        raise ValueError("its checksum does not match")
    signing.check(raw, signature, whose)
    try:
        fields = json.loads(raw)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(fields, dict):
        raise ValueError("it is no object of JSON")
    if fields.get("format") != FORMAT:
        raise FormatRefused(_other_format(fields.get("format"), whose))
    try:
        manifest = _MANIFEST.validate_json(raw, strict=True)
        datetime.fromisoformat(manifest.created)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))[:80]
        raise ValueError(f"{place}: {first['msg']}") from None
    if wrong := next((name for name in manifest.files if not _FILE_NAME.fullmatch(name)), None):
        raise ValueError(f"{wrong[:80]!r} is no name of an index's file")
    return manifest


def _other_format(found: object, whose: str) -> str:
    """Return what is wrong with another format, and the one command that leads on."""
    if isinstance(found, int) and found > FORMAT:
        return (
            f"{whose} has format {found}, which a newer version of Repère wrote; this one, {VERSION}, reads"
            f" format {FORMAT}. Install the newer version again, or build the index anew with"
            f" '{BUILD_COMMAND}'."
        )
    return (
        f"{whose} has format {str(found)[:20]}, of an older version of Repère; this one, {VERSION}, reads"
        f" format {FORMAT}. Build it anew with '{BUILD_COMMAND}'."
    )


def verify(folder: Path, remedy: str = REMEDY) -> Manifest:
    """Return a generation's manifest once every file matches its checksum. Raises IndexRefused otherwise."""
    manifest = read_manifest(folder, remedy)
    if missing := sorted(name for name in manifest.files if not (folder / name).is_file()):
        raise _damaged(folder, f"{', '.join(missing)} is missing", remedy)
    sums = _sums([folder / name for name in manifest.files])
    for name, expected in manifest.files.items():
        try:
            actual = next(sums)
        except OSError as error:
            raise _damaged(folder, f"{name} cannot be read: {error.strerror}", remedy, error) from error
        if actual != expected:
            raise _damaged(folder, f"{name} has checksum {actual[:12]}…, not {expected[:12]}…", remedy)
    return manifest


def _damaged(folder: Path, what: str, remedy: str, error: Exception | None = None) -> IndexRefused:
    if error is not None and is_transient(error):
        reason = reason_of(error)
        return IndexRefused(f"Generation {folder.name} cannot be read just now: {reason}. Try again.")
    return IndexRefused(f"Generation {folder.name} is damaged: {what}. {remedy}")


def _sums(files: Sequence[Path]) -> Iterator[str]:
    """Yield the checksums of files in order; all cores compute them, as opening waits for little else.

    The largest are begun first: begun last, one of them would keep a single core at work while others wait.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        begun = {
            file: pool.submit(sha256, file) for file in sorted(files, key=lambda file: -file.stat().st_size)
        }
        for file in files:
            yield begun[file].result()
