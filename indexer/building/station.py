"""Do the work of a build in one process: read and cut blocks of files, embed slices of texts.

What a cache holds already is taken from there, and what it does not is computed and kept there. A block is
named by all that it is computed from, so that the result is the same wherever it was computed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from threading import Lock
from typing import NamedTuple, TypeAlias

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from indexer.building.build_cache import BuildCache, block_name
from indexer.building.sandbox import ReaderSandbox
from indexer.building.settings import BuildSettings
from indexer.building.workers import CutDocument, ListedFile, ReadFile, cut
from indexer.corpus.loading import Loaded
from indexer.passages.embedding_texts import PassageTexts
from indexer.passages.near_duplicates import MINIMA
from indexer.progress import Stopwatch
from indexer.records import CorpusFile, Passage
from indexer.store.arrays import Floats
from models.encoder import Encoder

BLOCK_FILES = 16
"""Files of a block at most."""

_CutAsJson: TypeAlias = tuple[list[Passage], list[PassageTexts], list[list[int]]]
_READ_FILES = TypeAdapter(list[tuple[Loaded, list[_CutAsJson]]])


class Embedded(NamedTuple):
    """The vectors of a slice of texts."""

    vectors: Floats
    """[texts, dim]"""
    found: bool
    """Whether the cache held them."""


class Station:
    """Reads, cuts and embeds; safe to call from several threads."""

    def __init__(
        self,
        sandbox: ReaderSandbox,
        encoder: Encoder,
        settings: BuildSettings,
        cache: BuildCache | None,
        *,
        ocr: bool,
    ) -> None:
        """`ocr`: whether the sandbox reads pages that are pictures."""
        self._sandbox = sandbox
        self._encoder = encoder
        self._settings = settings
        self._cache = cache
        self._ocr = ocr
        self._encoding = Lock()

    def read(self, files: Sequence[ListedFile]) -> list[ReadFile]:
        """Return what the files of a block hold, in their order, their documents cut and without blocks."""
        if self._cache is None:
            return [self._read(file) for file, _ in files]
        name = files_name(files, self._encoder, self._settings, ocr=self._ocr)
        found = self._cache.find(name)
        if found is not None and (held := decoded_files(found, files)):
            return held
        read = [self._read(file) for file, _ in files]
        # A file that has changed since it was listed, or could not be read just now, is to be read again.
        if _as_listed(read, files) and (data := encoded_files(read)):
            self._cache.keep(name, data)
        return read

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Return the vectors of a slice of texts."""
        if self._cache is None:
            return Embedded(self._vectors(texts), found=False)
        name = vectors_name(texts, self._encoder)
        found = self._cache.find(name)
        if found is not None and len(found) == 4 * self._encoder.dim * len(texts):
            held = np.frombuffer(found, "<f4").astype(np.float32).reshape(len(texts), self._encoder.dim)
            return Embedded(held, found=True)
        vectors = self._vectors(texts)
        self._cache.keep(name, vectors.astype("<f4").tobytes())
        return Embedded(vectors, found=False)

    def _vectors(self, texts: Sequence[str]) -> Floats:
        with self._encoding:
            return self._encoder.passages(texts)

    def _read(self, file: CorpusFile) -> ReadFile:
        loaded, stopwatch = self._sandbox.load(file), Stopwatch()
        pieces = [cut(document, self._encoder, self._settings, stopwatch) for document in loaded.documents]
        bare = tuple(replace(document, blocks=()) for document in loaded.documents)
        return ReadFile(replace(loaded, documents=bare), pieces)


def vectors_name(texts: Sequence[str], encoder: Encoder) -> str:
    """Return the name of the block of vectors of a slice of texts by a model on its engine.

    Engines agree but for rounding, and a vector depends on the others of its slice by as much: both are in
    the name, so that a build that finds blocks makes the very bytes of one that does not.
    """
    return block_name("vectors", _bytes([encoder.fingerprint, encoder.engine, encoder.dim, *texts]))


def files_name(files: Sequence[ListedFile], encoder: Encoder, settings: BuildSettings, *, ocr: bool) -> str:
    """Return the name of the block of these files, as they were listed, read and cut by these settings."""
    chunks = asdict(settings.chunks.within(encoder.max_tokens))
    told = [(file.source, file.sidecar and file.sidecar.source, digest) for file, digest in files]
    return block_name(
        "files", _bytes([settings.version, encoder.fingerprint, encoder.max_tokens, chunks, ocr, *told])
    )


def encoded_files(read: Sequence[ReadFile]) -> bytes | None:
    """Return the files of a block as JSON; None where a text has no form in UTF-8."""
    plain = [
        (loaded, [(list(each.passages), list(each.texts), each.signatures.tolist()) for each in cut or []])
        for loaded, cut in read
    ]
    try:
        return _READ_FILES.dump_json(plain)
    except PydanticSerializationError:
        return None


def decoded_files(data: bytes, files: Sequence[ListedFile]) -> list[ReadFile] | None:
    """Return the files of a block from JSON; None where it is none of these files."""
    try:
        plain = _READ_FILES.validate_json(data, strict=True)
        read = [ReadFile(loaded, [_cut_document(*each) for each in pieces]) for loaded, pieces in plain]
    except (ValidationError, ValueError, OverflowError):
        return None
    return read if _as_listed(read, files) else None


def _cut_document(
    passages: list[Passage], texts: list[PassageTexts], signatures: list[list[int]]
) -> CutDocument:
    if not len(passages) == len(texts) == len(signatures):
        raise ValueError("each passage has its texts and its signature")
    return CutDocument(passages, texts, np.array(signatures, np.uint32).reshape(-1, MINIMA + 1))


def _as_listed(read: Sequence[ReadFile], files: Sequence[ListedFile]) -> bool:
    """Return whether these are the files, with the contents that they had when they were listed."""
    return [each.loaded.digest for each in read] == [digest for _, digest in files] and all(
        len(each.loaded.documents) == len(each.cut or ()) for each in read
    )


def _bytes(parts: Sequence[object]) -> bytes:
    return json.dumps(parts, sort_keys=True).encode()
