"""Publish a generation of a folder in Qdrant: load it, check what was loaded, then move the alias.

Every point has a known id, the row of its passage, so that loading twice is loading once. A killed load
leaves collections without the mark COMPLETE: the next load of the same generation goes on with them, any
other removes them. The generation that served before is kept for a rollback.
"""

from __future__ import annotations

import hashlib
import sqlite3
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from qdrant_client import models

from indexer.errors import IndexRefused
from indexer.passages.analysis import ANALYSES, PREFIX, terms, words
from indexer.store import signing
from indexer.store.catalogue import connect
from indexer.store.generation import generation_folder
from indexer.store.lexical import QUARTERS, term_key
from indexer.store.local_store import LocalStore
from indexer.store.manifest import Layout
from indexer.store.qdrant import points
from indexer.store.qdrant.collections import BEGUN, COMPLETE, Generations

BATCH = 200
"""Passages written by one call, some 3 MB."""
CHUNK = 256 * 1024
"""Bytes of a file that one point holds."""
SAMPLES = 20
"""Passages whose stored vectors are compared with those loaded."""
DIRECTORY, MEAN_LENGTHS = "directory.sqlite", "mean_lengths.npy"
"""The catalogue without passages and texts; the mean lengths that BM25 asks for."""
KEPT = (Layout.MANIFEST, Layout.MANIFEST_SUM, Layout.TERM_HELD, Layout.BACKGROUND)
"""Files of the generation that a searcher fetches as they are."""
TEXTS_BEGIN = 1 << 40
"""Id of the point with the text of document 0; the others follow."""


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
    others = [each for each in generations.complete() if each != generation]
    generations.sweep(generation, before if before != generation else next(reversed(others), None))


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
    _fill(generations, store)
    _fill_texts(generations, store)
    sums = _fill_files(generations, store, folder)
    check(generations, store)
    _put(generations, generations.index(generation), [_bare(COMPLETE, {"digest": digest, "files": sums})])


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

    def create(client: Any) -> None:
        client.create_collection(
            passages, vectors_config=vectors, sparse_vectors_config=words, on_disk_payload=True, **spread
        )
        client.create_collection(index, vectors_config={}, on_disk_payload=True, **spread)

    generations.engine.ask(create)
    if not generations.engine.local:  # which looks at every point anyway, and warns
        _index_payload(generations, passages, index)
    _put(generations, index, [_bare(BEGUN, {"digest": digest})])


def _index_payload(generations: Generations, passages: str, index: str) -> None:
    """Have the server find points by what filters ask for."""
    phrases = models.TextIndexParams(
        type=models.TextIndexType.TEXT,
        tokenizer=models.TokenizerType.WHITESPACE,
        lowercase=False,
        phrase_matching=True,
        on_disk=True,
    )
    keyword, number = models.PayloadSchemaType.KEYWORD, models.PayloadSchemaType.INTEGER
    schemas: list[tuple[str, str, Any]] = [
        (passages, points.DOCUMENT, number),
        (passages, points.LANGUAGE, keyword),
        (passages, points.NAME, keyword),
        *((passages, name, phrases) for name in (points.WRITTEN, *points.STEMMED.values())),
        (index, "file", keyword),
    ]
    for collection, field, schema in schemas:
        generations.engine.ask(
            lambda client, at=collection, field=field, schema=schema: client.create_payload_index(  # type: ignore[misc]
                at, field, field_schema=schema
            )
        )


def _fill(generations: Generations, store: LocalStore) -> None:
    """Write every passage; batches that are there already are passed over."""
    collection = generations.passages(store.manifest.generation)
    for start in range(0, store.statistics.passages, BATCH):
        rows = range(start, min(start + BATCH, store.statistics.passages))
        there = models.Filter(must=[models.HasIdCondition(has_id=list(rows))])
        if _count(generations, collection, there) < len(rows):
            _put(generations, collection, list(_passages(store, rows)))


def _passages(store: LocalStore, rows: range) -> Iterator[models.PointStruct]:
    """Yield passages as points."""
    table, mean = store.passage_table, float(store.lexical.mean_lengths[-1])
    assert ANALYSES[-1] is PREFIX
    numbers = np.arange(rows.start, rows.stop)
    twins = store.near_duplicates.twins.of(numbers).tolist()
    versions = store.near_duplicates.versions.of(numbers).tolist()
    for place, entry in enumerate(store.catalogue.passages(rows)):
        row, passage = entry.row, entry.passage
        held = store.lexical.held(row)
        vectors = store.vectors.read(np.asarray([row]))
        texts = [passage.text, entry.document.metadata.title, *passage.section]
        prefixes = {term_key(PREFIX.name, term) for term in terms(list(words(" ".join(texts))), PREFIX)}
        own = np.isin(held.keys, list(prefixes))
        document = int(table.documents[row])
        values = (document, twins[place], versions[place], int(table.languages[row]), int(table.kinds[row]))
        weights = points.saturated(
            held.weights[own].astype(np.float32) / QUARTERS, float(held.lengths[-1]), mean
        )
        units = vectors.levels * vectors.scales[:, None]
        yield models.PointStruct(
            id=row,
            vector={
                points.PASSAGE: vectors.passages[0].tolist(),
                points.UNITS: units.tolist(),
                points.WORDS: models.SparseVector(indices=held.keys[own].tolist(), values=weights.tolist()),
            },
            payload=points.payload_of(
                {
                    points.DOCUMENT: document,
                    points.LANGUAGE: passage.language,
                    points.NAME: entry.passage_id,
                    points.FEATURES: points.packed_features(values, held.lengths, held.keys, held.weights),
                    points.SHOWN: points.packed_passage(passage),
                    points.UNIT_BYTES: points.packed_units(vectors),
                    points.OTHERS: list(map(list, store.others(row))) if versions[place] >= 0 else None,
                    **points.wordings(texts),
                }
            ),
        )


def _fill_texts(generations: Generations, store: LocalStore) -> None:
    """Write the source text of every document."""
    collection = generations.index(store.manifest.generation)
    for number in range(store.manifest.documents):
        document, _, _ = store.catalogue.stored_document(number)
        _put(generations, collection, [_bare(TEXTS_BEGIN + number, {"text": document.text})])


def _fill_files(generations: Generations, store: LocalStore, folder: Path) -> dict[str, str]:
    """Write what a searcher fetches once, and return its checksums by name."""
    collection = generations.index(store.manifest.generation)
    sums: dict[str, str] = {}
    point = COMPLETE + 1
    with TemporaryDirectory() as scratch:
        made = Path(scratch)
        _write_directory(folder / Layout.CATALOGUE, made / DIRECTORY)
        np.save(made / MEAN_LENGTHS, store.lexical.mean_lengths)
        kept = [folder / name for name in (*KEPT, signing.FILE) if (folder / name).is_file()]
        for path in [*kept, made / DIRECTORY, made / MEAN_LENGTHS]:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                for part, data in enumerate(iter(lambda: file.read(CHUNK), b"")):
                    digest.update(data)
                    held = {"file": path.name, "part": part, "data": b64encode(data).decode("ascii")}
                    _put(generations, collection, [_bare(point, held)])
                    point += 1
            sums[path.name] = digest.hexdigest()
    return sums


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
