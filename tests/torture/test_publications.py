"""Killed publications in their short form, and whether what is lost or doubled would be seen."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from indexer.store.qdrant import points
from tests.torture import publications
from tests.torture.publications import Place, killed, place
from tests.torture.victim import Victim, victim

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect", "ignore:Local mode performs exact"),
]


@pytest.fixture(scope="module")
def by() -> Iterator[Victim]:
    with victim() as each:
        yield each


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    """qdrant-client's own engine, which is made in no time."""
    with closing(QdrantClient(":memory:")) as client:
        yield client


@pytest.fixture
def published(tmp_path: Path, by: Victim, client: QdrantClient) -> Iterator[Place]:
    with place(tmp_path, by, client) as made:
        yield made


def test_what_is_lost_or_doubled_is_seen(published: Place) -> None:
    serving = publications._serving(published)
    assert published.outcome(serving) == "right" and (published.lost, published.doubled) == (0, 0)
    client, collection = published.engine.client, published.generations.passages(serving)
    (second,) = client.retrieve(collection, [1])
    client.set_payload(collection, {points.SHOWN: second.payload[points.SHOWN]}, [0])
    assert published.outcome(serving) == "wrong" and (published.lost, published.doubled) == (1, 1)
    assert published.outcome("g000001") == "wrong"


def test_killed_anywhere_it_answers_right(tmp_path: Path, by: Victim, client: QdrantClient) -> None:
    records = list(killed(tmp_path, by, client, 1, random.Random("publications")))
    for each in records:
        print(each)
        assert (each.right, each.tried) == (each.tried, each.tried)
        assert each.struck == each.tried or "random" in each.case
    assert records[-1].note == "0 passages lost, 0 doubled in all"
