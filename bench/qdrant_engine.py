"""Qdrant's own engine, in this process, behind the calls of qdrant-client that the store makes.

It is the code of the server that stores and searches one shard. It shows neither network nor shards, nor
replicas, consensus, or how a cluster moves an alias: aliases and names of collections are kept here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import qdrant_edge as edge
from qdrant_client import models

KEPT = "collections.json"
"""File of the names of a folder's collections and its aliases."""
_DATATYPES = {models.Datatype.FLOAT16: edge.VectorStorageDatatype.Float16}


class EdgeClient:
    """A client of collections in a folder, one shard each."""

    def __init__(self, folder: Path) -> None:
        """Open a folder that such a client closed, or begin an empty one."""
        self._folder = folder
        self._numbers: dict[str, int] = {}
        self._aliases: dict[str, str] = {}
        self._on_disk: dict[str, dict[str, bool]] = {}
        """Collection → name of a vector → whether it lies on disk."""
        self._made = 0
        if (folder / KEPT).is_file():
            kept = json.loads((folder / KEPT).read_text(encoding="utf-8"))
            self._numbers, self._aliases, self._made = kept["collections"], kept["aliases"], kept["made"]
            self._on_disk = kept["on_disk"]
        self._shards: dict[str, Any] = {
            name: edge.EdgeShard.load(str(folder / str(number))) for name, number in self._numbers.items()
        }

    def _shard(self, name: str) -> Any:
        return self._shards[self._aliases.get(name, name)]

    def create_collection(
        self, name: str, vectors_config: Any, sparse_vectors_config: Any = None, **_: object
    ) -> None:
        config = edge.EdgeConfig(
            vectors={key: _vectors(value) for key, value in vectors_config.items()},
            # A shard needs vectors, which a collection of the server does without.
            sparse_vectors={key: edge.EdgeSparseVectorParams() for key in sparse_vectors_config or ["none"]},
            on_disk_payload=True,
        )
        self._numbers[name] = self._made
        self._on_disk[name] = {key: bool(value.on_disk) for key, value in vectors_config.items()}
        self._made += 1
        folder = self._folder / str(self._numbers[name])
        folder.mkdir(parents=True)
        self._shards[name] = edge.EdgeShard.create(str(folder), config)

    def create_payload_index(self, name: str, field: str, field_schema: Any) -> None:
        kinds = {
            models.PayloadSchemaType.KEYWORD: edge.PayloadSchemaType.Keyword,
            models.PayloadSchemaType.INTEGER: edge.PayloadSchemaType.Integer,
        }
        if isinstance(field_schema, models.TextIndexParams):
            schema: Any = edge.TextIndexParams(
                tokenizer=edge.TokenizerType.Whitespace,
                lowercase=field_schema.lowercase,
                phrase_matching=field_schema.phrase_matching,
            )
        else:
            schema = kinds[field_schema]
        self._shard(name).update(edge.UpdateOperation.create_field_index(field, schema))

    def optimize(self) -> None:
        """Build the graphs and indexes that a server builds in the background."""
        for shard in self._shards.values():
            shard.optimize()

    def delete_collection(self, name: str) -> None:
        if shard := self._shards.pop(name, None):
            shard.close()
            del self._numbers[name], self._on_disk[name]

    def collection_exists(self, name: str) -> bool:
        return name in self._shards

    def get_collections(self) -> Any:
        return SimpleNamespace(collections=[SimpleNamespace(name=name) for name in self._shards])

    def get_collection(self, name: str) -> Any:
        """Return what a server of one node would tell: a shard, and where vectors lie; none is quantised."""
        vectors = {
            key: SimpleNamespace(on_disk=on_disk, quantization_config=None)
            for key, on_disk in self._on_disk[name].items()
        }
        params = SimpleNamespace(shard_number=1, replication_factor=1, vectors=vectors)
        count = self._shard(name).info().points_count
        return SimpleNamespace(points_count=count, config=SimpleNamespace(params=params))

    def get_aliases(self) -> Any:
        aliases = [
            SimpleNamespace(alias_name=alias, collection_name=name) for alias, name in self._aliases.items()
        ]
        return SimpleNamespace(aliases=aliases)

    def update_collection_aliases(self, operations: Sequence[Any]) -> None:
        for operation in operations:
            if isinstance(operation, models.DeleteAliasOperation):
                del self._aliases[operation.delete_alias.alias_name]
            else:
                made = operation.create_alias
                self._aliases[made.alias_name] = made.collection_name

    def upsert(self, name: str, points: Sequence[models.PointStruct], wait: bool) -> None:
        assert wait
        made = [edge.Point(each.id, _named(each.vector), each.payload) for each in points]
        self._shard(name).update(edge.UpdateOperation.upsert_points(made))

    def set_payload(self, name: str, payload: dict[str, Any], points: Sequence[int]) -> None:
        self._shard(name).update(edge.UpdateOperation.set_payload(list(points), payload))

    def retrieve(
        self, name: str, ids: Sequence[int], with_payload: Any = True, with_vectors: Any = False
    ) -> list[Any]:
        found: list[Any] = self._shard(name).retrieve(list(ids), with_payload, with_vectors)
        return found

    def count(self, name: str, count_filter: Any, exact: bool) -> Any:
        return SimpleNamespace(count=self._shard(name).count(edge.CountRequest(exact, _filter(count_filter))))

    def scroll(
        self, name: str, scroll_filter: Any, limit: int, with_payload: Any, offset: Any = None
    ) -> tuple[list[Any], Any]:
        request = edge.ScrollRequest(
            offset=offset, limit=limit, filter=_filter(scroll_filter), with_payload=with_payload
        )
        records, following = self._shard(name).scroll(request)
        return records, following

    def facet(self, name: str, key: str, facet_filter: Any, limit: int, exact: bool) -> Any:
        return self._shard(name).facet(edge.FacetRequest(key, limit, exact, _filter(facet_filter)))

    def query_batch_points(self, name: str, requests: Sequence[models.QueryRequest]) -> list[Any]:
        made = [
            edge.QueryRequest(
                limit=each.limit,
                query=_query(each.query, each.using),
                prefetches=[_prefetch(one) for one in each.prefetch or []],
                with_payload=each.with_payload,
                filter=_filter(each.filter),
                params=_params(each.params),
            )
            for each in requests
        ]
        answers = self._shard(name).query_batch(edge.QueryBatchRequest(made))
        return [SimpleNamespace(points=answer) for answer in answers]

    def query_points(self, name: str, query: Any, using: str, limit: int, with_payload: Any) -> Any:
        request = edge.QueryRequest(limit=limit, query=_query(query, using), with_payload=with_payload)
        return SimpleNamespace(points=self._shard(name).query(request))

    def close(self) -> None:
        """Close all collections, which another client of the folder may open."""
        if self._numbers:
            kept = {
                "collections": self._numbers,
                "aliases": self._aliases,
                "made": self._made,
                "on_disk": self._on_disk,
            }
            (self._folder / KEPT).write_text(json.dumps(kept), encoding="utf-8")
        for shard in self._shards.values():
            shard.close()


def _vectors(given: models.VectorParams) -> Any:
    several = given.multivector_config is not None
    multi = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim) if several else None
    graph = given.hnsw_config is not None and given.hnsw_config.m == 0
    return edge.EdgeVectorParams(
        given.size,
        edge.Distance.Dot,
        on_disk=given.on_disk,
        multivector_config=multi,
        datatype=_DATATYPES.get(given.datatype),
        hnsw_config=edge.HnswIndexConfig(0, 100, 10_000) if graph else None,
    )


def _named(vector: dict[str, Any]) -> dict[str, Any]:
    return {name: _vector(value) for name, value in vector.items()}


def _vector(value: Any) -> Any:
    return edge.SparseVector(value.indices, value.values) if isinstance(value, models.SparseVector) else value


def _query(query: Any, using: str) -> Any:
    return edge.Query.Nearest(_vector(query), using)


def _prefetch(given: models.Prefetch) -> Any:
    return edge.Prefetch(given.limit, query=_query(given.query, given.using), filter=_filter(given.filter))


def _params(given: models.SearchParams | None) -> Any:
    if given is None:
        return None
    stored = given.quantization or models.QuantizationSearchParams()
    quantised = edge.QuantizationSearchParams(bool(stored.ignore), stored.rescore, stored.oversampling)
    return edge.SearchParams(hnsw_ef=given.hnsw_ef, exact=bool(given.exact), quantization=quantised)


def _filter(given: models.Filter | None) -> Any:
    if given is None:
        return None
    return edge.Filter(
        must=[_condition(each) for each in given.must or []],
        must_not=[_condition(each) for each in given.must_not or []],
    )


def _condition(given: Any) -> Any:
    if isinstance(given, models.Filter):
        return _filter(given)
    if isinstance(given, models.HasIdCondition):
        return edge.HasIdCondition(set(given.has_id))
    if isinstance(given.match, models.MatchAny):
        match: Any = edge.MatchAny(given.match.any)
    elif isinstance(given.match, models.MatchPhrase):
        match = edge.MatchPhrase(given.match.phrase)
    else:
        match = edge.MatchValue(given.match.value)
    return edge.FieldCondition(given.key, match=match)
