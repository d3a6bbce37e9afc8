"""The conductor of a build: corpus → documents → passages → vectors → a generation, published."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexer import corpus, progress, units
from indexer.chunking import ChunkSettings, chunk
from indexer.documents import BlockKind, CorpusFile, Document, Passage, Sentence, Skipped
from indexer.errors import CorpusError, IndexMissing, IndexRefused, StoreError
from indexer.store import generation as store
from indexer.store import vectors
from indexer.store.catalogue import CatalogueWriter
from indexer.store.generation import Layout, Manifest, ModelRecord
from indexer.store.lexical import LexicalWriter
from models import VERSION, background, calibration
from models import encoder as models
from models.encoder import Encoder, ModelChoice, Vectors

BUFFER = 1024
"""Texts gathered before they are encoded together."""

LONGEST_TITLE = 200
"""Characters of a title put before a passage; fewer where the model reads little."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    manifest: Manifest
    """Of the generation that serves now."""
    files: int
    """Files found, those skipped included."""
    up_to_date: bool
    """Nothing had changed, so nothing was built."""


@dataclass(slots=True)
class _Embedder:
    """Gathers texts and encodes them a buffer at a time, keeping their order."""

    encoder: Encoder
    _passages: list[Vectors] = field(default_factory=list)
    _units: list[Vectors] = field(default_factory=list)
    _documents: list[int] = field(default_factory=list)
    _counts: list[int] = field(default_factory=list)
    _sentences: list[int] = field(default_factory=list)
    _passage_texts: list[str] = field(default_factory=list)
    _unit_texts: list[str] = field(default_factory=list)

    def add(self, number: int, document: Document, found: Sequence[Passage]) -> None:
        """The next document, by its number in the catalogue, with its passages."""
        title = document.title[: min(LONGEST_TITLE, self.encoder.max_tokens * 3 // 4)]
        own = own_title(document)
        for passage in found:
            texts = [
                (place, text)
                for place, sentence in telling_sentences(passage, document.title)
                for text in unit_texts(sentence, title, own=own)
            ]
            self._passage_texts.append(under_title(title if own else "", passage.text, "\n"))
            self._unit_texts += [text for _, text in texts]
            self._sentences += [place for place, _ in texts]
            self._counts.append(len(texts))
            self._documents.append(number)
            if len(self._passage_texts) + len(self._unit_texts) >= BUFFER:
                self._flush()

    def _flush(self) -> None:
        self._passages.append(self.encoder.passages(self._passage_texts))
        self._units.append(self.encoder.passages(self._unit_texts))
        self._passage_texts, self._unit_texts = [], []

    def finish(self) -> vectors.Embedded:
        """All vectors, and those of the everyday questions and texts."""
        self._flush()
        mean_question = self.encoder.queries(background.QUESTIONS).mean(axis=0, keepdims=True)
        texts = self.encoder.passages(background.TEXTS)
        return vectors.Embedded(
            passages=np.concatenate(self._passages),
            documents=np.asarray(self._documents, dtype=np.int32),
            units=np.concatenate(self._units),
            counts=self._counts,
            sentences=np.asarray(self._sentences, dtype=np.uint16),
            background=np.concatenate([mean_question, texts]),
        )


def own_title(document: Document) -> bool:
    """Whether the title is the document's own, and not only the opening of its text."""
    first = document.blocks[0]
    opening = document.title.removesuffix("…")
    return first.kind is BlockKind.HEADING or not first.content.text.startswith(opening)


def under_title(title: str, text: str, separator: str) -> str:
    """A text as it is embedded: under its document's title, unless it begins with it."""
    return text if not title or text.startswith(title) else f"{title}{separator}{text}"


def telling_sentences(passage: Passage, title: str) -> list[tuple[int, Sentence]]:
    """The passage's sentences, by their places, that say something which the title does not.

    The title alone, or a bare date or number under it, would answer every question about the document
    as a whole and be cited for it. All of them where there is no other.
    """
    numbered = list(enumerate(passage.sentences))
    telling = [
        (place, each)
        for place, each in numbered
        if each.text != title and any(char.isalpha() for char in each.text)
    ]
    return telling or numbered


def unit_texts(sentence: Sentence, title: str, *, own: bool) -> list[str]:
    """What is embedded of a sentence: itself and its parts, under the document's title.

    Where the title is only the opening of the text, a whole sentence does better by itself; a part torn
    out of one still has to be told what it is about.
    """
    parts = [sentence.text[start:end] for start, end in units.parts(sentence.text)]
    whole = under_title(title if own else "", sentence.text, " : ")
    return [whole, *(under_title(title, part, " : ") for part in parts)]


def build(folder: Path, index: Path, choice: ModelChoice, *, force: bool = False) -> Report:
    """Index every readable file of the folder and publish the result.

    When corpus, model, settings and version are those of the current generation, it is kept as it is,
    unless force. Raises CorpusError when the folder cannot be indexed, BuildUnderWay, ModelError, or
    StoreError; whatever is raised, the old generation goes on serving.
    """
    files, skipped = _scan(folder)
    with store.build_lock(index):
        settings = ChunkSettings()
        state = _corpus_state(files, skipped)
        model = models.model_folder(choice)
        current = None if force else _current(index)
        if current is not None:
            wanted = (models.fingerprint(model, choice), state, asdict(settings), VERSION)
            held = (current.model.fingerprint, current.corpus_state, current.settings, current.version)
            if wanted == held:
                return Report(current, len(files) + len(skipped), up_to_date=True)
        encoder = models.load(choice)
        left_out = list(skipped)
        with _new_generation(index) as target:
            documents = _documents(files, left_out)
            manifest = _fill(target, folder, state, documents, left_out, encoder, settings)
            return Report(store.publish(index, target, manifest), len(files) + len(skipped), False)


def build_documents(documents: Sequence[Document], name: str, index: Path, choice: ModelChoice) -> Manifest:
    """Index documents that no folder holds, under a name, and publish the result. Raises as build does."""
    return publish_documents(documents, name, index, models.load(choice))


def publish_documents(documents: Sequence[Document], name: str, index: Path, encoder: Encoder) -> Manifest:
    """The same with an encoder that is loaded already."""
    with store.build_lock(index), _new_generation(index) as target:
        tracked = progress.track(documents, len(documents), "Indexing documents")
        manifest = _fill(target, Path(name), "", tracked, [], encoder, ChunkSettings())
        return store.publish(index, target, manifest)


@contextmanager
def _new_generation(index: Path) -> Iterator[Path]:
    """An empty generation's folder, gone again unless it serves at the end.

    What the disk and SQLite say when they cannot go on becomes a StoreError.
    """
    target = None
    try:
        target = store.start(index)
        yield target
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"The index could not be written to {index}: {reason}."
            " Make room or give another folder with INDEX=; what was indexed before still serves."
        ) from error
    finally:
        if target is not None and not _serves(index, target):
            shutil.rmtree(target, ignore_errors=True)


def _scan(folder: Path) -> tuple[list[CorpusFile], list[Skipped]]:
    found = list(corpus.walk(folder))
    files = [each for each in found if isinstance(each, CorpusFile)]
    skipped = [each for each in found if isinstance(each, Skipped)]
    if not files:
        raise CorpusError(
            f"{folder} holds no file that can be indexed ({len(skipped)} skipped)."
            " Put .txt or .md files there, or name another folder with CORPUS=."
        )
    return files, skipped


def _corpus_state(files: Sequence[CorpusFile], skipped: Sequence[Skipped]) -> str:
    """Digest over every file's source and bytes and over what was skipped: changes when the corpus does."""
    digest = hashlib.sha256()
    for file in files:
        try:
            content = store.sha256(file.path)
        except OSError:
            content = "unreadable"
        digest.update(f"{file.source}\0{content}\0".encode())
    for each in skipped:
        digest.update(f"{each.source}\0{each.reason}\0".encode())
    return digest.hexdigest()


def _current(index: Path) -> Manifest | None:
    """The serving generation's manifest; None when there is none or it is damaged: then all is built anew."""
    try:
        return store.verify(store.generation_folder(index, store.read_pointer(index).current))
    except (IndexMissing, IndexRefused):
        return None


def _serves(index: Path, target: Path) -> bool:
    try:
        return store.read_pointer(index).current == target.name
    except (IndexMissing, IndexRefused):
        return False


def _fill(
    target: Path,
    folder: Path,
    state: str,
    documents: Iterable[Document],
    left_out: Sequence[Skipped],
    encoder: Encoder,
    settings: ChunkSettings,
) -> Manifest:
    """Write every file of a generation but its seal; left_out is complete once documents is used up."""
    begun = time.monotonic()
    counts = _write(target, documents, encoder, settings)
    if not counts.documents:
        raise CorpusError(
            f"None of the {len(left_out)} files in {folder} could be read:"
            f" {left_out[0].source}: {left_out[0].reason}. Nothing was indexed."
        )
    return Manifest(
        generation=target.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=VERSION,
        model=ModelRecord(encoder.name, encoder.fingerprint, encoder.dim),
        settings=asdict(settings),
        corpus=str(folder),
        corpus_state=state,
        documents=counts.documents,
        passages=counts.passages,
        sentences=counts.sentences,
        calibration=calibration.find(encoder.fingerprint),
        seconds=round(time.monotonic() - begun, 2),
        skipped=[asdict(each) for each in sorted(left_out, key=lambda each: each.source)],
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    documents: int
    passages: int
    sentences: int


def _write(target: Path, documents: Iterable[Document], encoder: Encoder, settings: ChunkSettings) -> _Counts:
    """Chunk, embed and write documents."""
    fitting = settings.within(encoder.max_tokens)
    embedder = _Embedder(encoder)
    numbers = passages_written = sentences = 0
    with CatalogueWriter(target / Layout.CATALOGUE) as catalogue, LexicalWriter(target) as lexical:
        for number, document in enumerate(documents):
            passages = chunk(document, encoder.count_tokens, fitting)
            catalogue.add(document, passages)
            embedder.add(number, document, passages)
            for passage in passages:
                lexical.add(passage.text, " ".join([document.title, *passage.section]))
            numbers += 1
            passages_written += len(passages)
            sentences += sum(len(passage.sentences) for passage in passages)
    if passages_written:
        vectors.write(target, embedder.finish())
    return _Counts(numbers, passages_written, sentences)


def _documents(files: Sequence[CorpusFile], left_out: list[Skipped]) -> Iterator[Document]:
    """The files that can be read, each content once; the others go to left_out with their reason."""
    first: dict[str, str] = {}
    for file in progress.track(files, len(files), "Indexing files"):
        read = corpus.load(file)
        if isinstance(read, Skipped):
            left_out.append(read)
        elif read.content_hash in first:
            left_out.append(Skipped(read.source, f"same content as {first[read.content_hash]}"))
        else:
            first[read.content_hash] = read.source
            yield read
