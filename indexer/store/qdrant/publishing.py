"""Publish a generation of a folder in Qdrant: load it, check what was loaded, then move the alias.

Every point has a known id, the row of its passage, so that loading twice is loading once. A killed load
leaves collections without the mark COMPLETE: the next load of the same generation goes on with them, any
other removes them. The generation that served before is kept for a rollback, and what is kept no longer
stays for a moment, so that a searcher that is about to leave it can do so.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

import numpy as np
from qdrant_client import models

from indexer.errors import IndexRefused
from indexer.passages.analysis import ANALYSES, PREFIX, terms, words
from indexer.store import signing
from indexer.store.catalogue import connect
from indexer.store.generation import generation_folder, read_pointer
from indexer.store.lexical import QUARTERS, term_key
from indexer.store.local_store import LocalStore
from indexer.store.manifest import Layout
from indexer.store.qdrant import points
from indexer.store.qdrant.collections import BEGUN, COMPLETE, FILES, Generations

BATCH = 200
"""Passages written by one call, some 3 MB."""
WRITERS = 2
"""Batches that Qdrant writes while the next is made, which takes about as long."""
CHUNK = 256 * 1024
"""Bytes of a file that one point holds."""
SAMPLES = 20
"""Passages whose stored vectors are compared with those loaded."""
DIRECTORY = "directory.sqlite"
"""The catalogue without passages and texts."""
KEPT = (
    Layout.MANIFEST,
    Layout.MANIFEST_SUM,
    Layout.BACKGROUND,
    Layout.TERM_KEYS,
    Layout.TERM_WEIGHTS,
    Layout.TERM_OFFSETS,
    Layout.TERM_LENGTHS,
    Layout.TERM_HELD,
    Layout.PASSAGE_DOCUMENTS,
    Layout.PASSAGE_LANGUAGES,
    Layout.PASSAGE_KINDS,
    Layout.NEAR_DUPLICATES,
    Layout.VERSIONS,
)
"""Files of the generation that a searcher keeps a copy of as they are: some 1 kB a passage."""
GRACE = 5.0
"""Seconds from a publication's beginning before which nothing is removed: searchers look every 0.25 s."""
TEXT_BYTES = 4_000_000
"""Characters of documents' texts written by one call, unless one alone has more."""
TEXTS_BEGIN = 1 << 40
"""Id of the point with the text of document 0; the others follow."""


class StoredFile(TypedDict):
    """Where a file stands in the second collection: `parts` points from `first` on."""

    sum: str
    """sha256 of the whole."""
    first: int
    parts: int


@dataclass(frozen=True, slots=True)
class Sizing:
    """How a collection is laid out, by the number of passages; see docs/scaling.md."""

    shards: int
    replicas: int
    on_disk: bool
    """Whether full vectors lie on disk, with 8-bit passages in memory to search by."""


def sizing(passages: int, nodes: int) -> Sizing:
    """Return the default layout for so many passages on so many nodes."""
    shards = max(1, min(4 * nodes, -(-passages // 8_000_000)))
    return Sizing(max(shards, nodes if passages >= 1_000_000 else 1), min(2, nodes), passages >= 1_000_000)


def publish(generations: Generations, store: LocalStore, nodes: int = 1) -> None:
    """Load a generation of a folder, check it, and make it serve; the one that served before is kept.

    nodes: how many the Qdrant has. Raises IndexRefused where what is stored is not what was loaded,
    StoreUnavailable where Qdrant does not answer; then what served before serves on.
    """
    begun = time.monotonic()
    generation = store.manifest.generation
    before = generations.serving()
    folder = generation_folder(store.folder, generation)
    digest = (folder / Layout.MANIFEST_SUM).read_text(encoding="ascii")
    if _marked(generations, generation, COMPLETE) != digest:
        if generation == before:
            raise IndexRefused(
                f"{generations.name} at {generations.engine.where} serves another {generation}, built"
                " elsewhere. Name another index, or remove that one first."
            )
        _load(generations, store, digest, folder, sizing(store.statistics.passages, nodes))
    if generation != before:
        generations.serve(generation)
    kept = {generation, before if before != generation else _previous(generations, store)}
    if any(each not in kept for each in generations.there()):
        time.sleep(max(0.0, begun + GRACE - time.monotonic()))
        generations.sweep(*kept)


def _previous(generations: Generations, store: LocalStore) -> str | None:
    """Return the generation to keep beside the one that serves already: the folder's, or else the newest."""
    others = [each for each in generations.complete() if each != store.manifest.generation]
    previous = read_pointer(store.folder).previous
    return previous if previous in others else next(reversed(others), None)


def _marked(generations: Generations, generation: str, point: int) -> str | None:
    marker = generations.marker(generation, point)
    return None if marker is None else str(marker["digest"])


def _load(generations: Generations, store: LocalStore, digest: str, folder: Path, layout: Sizing) -> None:
    """Write both collections of a generation, going on with what is there of it, and mark them complete."""
    generation = store.manifest.generation
    begun = _marked(generations, generation, BEGUN)
    if begun != digest:
        generations.remove(generation)
        _create(generations, store, digest, layout)
    files = _filed(generations, generation, digest, folder)
    _fill(generations, store)
    _fill_texts(generations, store)
    check(generations, store)
    _put(generations, generations.index(generation), [_bare(COMPLETE, {"digest": digest, "files": files})])


def _create(generations: Generations, store: LocalStore, digest: str, layout: Sizing) -> None:
    """Create the collections of a generation, empty but for the mark that it is begun."""
    generation, dim = store.manifest.generation, store.vectors.dim
    passages, index = generations.passages(generation), generations.index(generation)
    dot = models.Distance.DOT
    vectors = {
        points.PASSAGE: models.VectorParams(
            size=dim,
            distance=dot,
            on_disk=layout.on_disk,
            quantization_config=models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
            )
            if layout.on_disk
            else None,
        ),
        points.UNITS: models.VectorParams(
            size=dim,
            distance=dot,
            on_disk=True,
            datatype=models.Datatype.FLOAT16,
            hnsw_config=models.HnswConfigDiff(m=0),  # only scores what the others bring up
            multivector_config=models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM),
        ),
    }
    words = {points.WORDS: models.SparseVectorParams(index=models.SparseIndexParams(on_disk=layout.on_disk))}
    spread: dict[str, Any] = {"shard_number": layout.shards, "replication_factor": layout.replicas}

    def create(client: Any, name: str, **given: Any) -> None:
        if not client.collection_exists(name):  # as it may after an attempt whose answer never came
            client.create_collection(name, on_disk_payload=True, **given, **spread)

    ask = generations.engine.ask
    ask(lambda client: create(client, passages, vectors_config=vectors, sparse_vectors_config=words))
    ask(lambda client: create(client, index, vectors_config={}))
    if not generations.engine.local:  # which looks at every point anyway, and warns
        _index_payload(generations, passages)
    _put(generations, index, [_bare(BEGUN, {"digest": digest})])


def _index_payload(generations: Generations, collection: str) -> None:
    """Have the server find points by what filters ask for."""
    phrases = models.TextIndexParams(
        type=models.TextIndexType.TEXT,
        tokenizer=models.TokenizerType.WHITESPACE,
        lowercase=False,
        phrase_matching=True,
        on_disk=True,
    )
    keyword, number = models.PayloadSchemaType.KEYWORD, models.PayloadSchemaType.INTEGER
    schemas: dict[str, Any] = {
        points.DOCUMENT: number,
        points.LANGUAGE: keyword,
        points.NAME: keyword,
        **dict.fromkeys((points.WRITTEN, *points.STEMMED.values()), phrases),
    }
    for field, schema in schemas.items():
        generations.engine.ask(
            lambda client, field=field, schema=schema: client.create_payload_index(  # type: ignore[misc]
                collection, field, field_schema=schema
            )
        )


def _fill(generations: Generations, store: LocalStore) -> None:
    """Write every passage, some batches at a time; those that are there already are passed over."""
    collection, count = generations.passages(store.manifest.generation), store.statistics.passages
    goes_on = _count(generations, collection, None) > 0
    with ThreadPoolExecutor(WRITERS) as pool:
        under_way: deque[Future[None]] = deque()
        for start in range(0, count, BATCH):
            rows = range(start, min(start + BATCH, count))
            if goes_on and _there(generations, collection, rows):
                continue
            batch = list(_passages(store, rows))
            if len(under_way) == WRITERS:
                under_way.popleft().result()
            under_way.append(pool.submit(_put, generations, collection, batch))
        for each in under_way:
            each.result()


def _passages(store: LocalStore, rows: range) -> Iterator[models.PointStruct]:
    """Yield passages as points."""
    mean, documents = float(store.lexical.mean_lengths[-1]), store.passage_table.documents
    assert ANALYSES[-1] is PREFIX
    vectors = store.vectors.read(np.arange(rows.start, rows.stop))
    ends = np.cumsum(vectors.counts).tolist()
    for place, entry in enumerate(store.catalogue.passages(rows)):
        row, passage = entry.row, entry.passage
        held = store.lexical.held(row)
        own = slice(ends[place] - int(vectors.counts[place]), ends[place])
        units = points.StoredUnits(vectors.levels[own], vectors.scales[own], vectors.sentences[own])
        texts = [passage.text, entry.document.metadata.title, *passage.section]
        prefixes = {term_key(PREFIX.name, term) for term in terms(list(words(" ".join(texts))), PREFIX)}
        at = np.isin(held.keys, list(prefixes))
        weights = points.saturated(
            held.weights[at].astype(np.float32) / QUARTERS, float(held.lengths[-1]), mean
        )
        payload = {
            points.DOCUMENT: int(documents[row]),
            points.NAME: entry.passage_id,
            points.SHOWN: points.packed_passage(passage),
            points.UNIT_BYTES: points.packed_units(units),
            **points.wordings(texts),
        }
        if passage.language is not None:
            payload[points.LANGUAGE] = passage.language
        yield models.PointStruct(
            id=row,
            vector={
                points.PASSAGE: vectors.passages[place].tolist(),
                points.UNITS: (units.levels * units.scales[:, None]).tolist(),
                points.WORDS: models.SparseVector(indices=held.keys[at].tolist(), values=weights.tolist()),
            },
            payload=payload,
        )


def _fill_texts(generations: Generations, store: LocalStore) -> None:
    """Write the source text of every document; batches that are there already are passed over."""
    collection = generations.index(store.manifest.generation)
    batch: list[models.PointStruct] = []
    size = 0
    for number in range(store.manifest.documents):
        text = store.catalogue.stored_document(number)[0].text
        batch.append(_bare(TEXTS_BEGIN + number, {"text": text}))
        size += len(text)
        if size >= TEXT_BYTES or len(batch) == BATCH or number + 1 == store.manifest.documents:
            if not _there(generations, collection, [int(each.id) for each in batch]):
                _put(generations, collection, batch)
            batch, size = [], 0


def _filed(generations: Generations, generation: str, digest: str, folder: Path) -> dict[str, StoredFile]:
    """Return where the files stand that a searcher keeps a copy of; write them unless they are marked."""
    marker = generations.marker(generation, FILES)
    if marker is not None:
        found: dict[str, StoredFile] = marker["files"]
        return found
    files = _fill_files(generations, generation, folder)
    _put(generations, generations.index(generation), [_bare(FILES, {"digest": digest, "files": files})])
    return files


def _fill_files(generations: Generations, generation: str, folder: Path) -> dict[str, StoredFile]:
    """Write what a searcher keeps a copy of, and return where each file stands, by its name."""
    stored: dict[str, StoredFile] = {}
    point = FILES + 1
    with TemporaryDirectory() as scratch:
        directory = Path(scratch) / DIRECTORY
        _write_directory(folder / Layout.CATALOGUE, directory)
        kept = [folder / name for name in (*KEPT, signing.FILE) if (folder / name).is_file()]
        for path in [*kept, directory]:
            digest, first = hashlib.sha256(), point
            with path.open("rb") as file:
                for data in iter(lambda: file.read(CHUNK), b""):
                    digest.update(data)
                    held = {"data": b64encode(data).decode("ascii")}
                    _put(generations, generations.index(generation), [_bare(point, held)])
                    point += 1
            stored[path.name] = StoredFile(sum=digest.hexdigest(), first=first, parts=point - first)
    return stored


def _write_directory(catalogue: Path, target: Path) -> None:
    """Write a catalogue without passages and the texts of its documents."""
    source, made = connect(catalogue), sqlite3.connect(target)
    try:
        source.backup(made)
        made.execute("DELETE FROM passages")
        made.execute("UPDATE documents SET text = ''")
        made.commit()
        made.execute("VACUUM")
    finally:
        source.close()
        made.close()


def check(generations: Generations, store: LocalStore) -> None:
    """Raise IndexRefused unless all passages are stored, and a sample of them with their vectors."""
    collection, count = generations.passages(store.manifest.generation), store.statistics.passages
    stored = _count(generations, collection, None)
    if stored != count:
        raise IndexRefused(f"{collection} holds {stored} passages of {count}. Publish it again.")
    rows = sorted({place * count // SAMPLES for place in range(SAMPLES)}) if count else []
    found = generations.engine.ask(
        lambda client: client.retrieve(collection, rows, with_payload=False, with_vectors=[points.PASSAGE])
    )
    expected = dict(zip(rows, store.vectors.passages(np.asarray(rows, np.int64)), strict=True))
    for record in found:
        stored_vector = np.asarray(record.vector[points.PASSAGE], np.float32)
        if not np.allclose(stored_vector, expected.pop(int(record.id)), atol=1e-3):
            raise IndexRefused(f"{collection} holds another vector of passage {record.id}. Publish it again.")
    if expected:
        raise IndexRefused(f"{collection} lacks passages {sorted(expected)}. Publish it again.")


def _there(generations: Generations, collection: str, ids: Sequence[int]) -> bool:
    """Return whether all of these points are stored."""
    among = models.Filter(must=[models.HasIdCondition(has_id=list(ids))])
    return _count(generations, collection, among) == len(ids)


def _count(generations: Generations, collection: str, condition: models.Filter | None) -> int:
    found = generations.engine.ask(
        lambda client: client.count(collection, count_filter=condition, exact=True)
    )
    return int(found.count)


def _bare(point: int, payload: dict[str, Any]) -> models.PointStruct:
    """Return a point of the second collection, which has no vectors."""
    return models.PointStruct(id=point, vector={}, payload=payload)


def _put(generations: Generations, collection: str, batch: Sequence[models.PointStruct]) -> None:
    """Write points, and wait until they are stored."""
    generations.engine.ask(lambda client: client.upsert(collection, list(batch), wait=True))
