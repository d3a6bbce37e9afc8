"""Synthetic indexes: what they hold, and that ours, the baseline and filters are measured over them."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from bench import filters, material, scale, searching, synthetic
from bench.figures import Latency
from bench.filters import WITHOUT, Filtered
from bench.searching import Asked, Fixed
from bench.synthetic import PER_DOCUMENT, SENTENCES, Real
from indexer.passages import near_duplicates
from indexer.store.cells import recall_of
from indexer.store.filters import EVERYTHING
from indexer.store.manifest import ModelRecord
from indexer.store.open_index import open_index
from tests.indexer.consistency import assert_consistent
from tests.standin import DIM, StandInEncoder


@pytest.fixture(scope="module")
def real() -> Real:
    encoder = StandInEncoder()
    sentences = material.split(material.made_up(20).documents or [])
    vectors = encoder.passages(sentences)
    model = ModelRecord(encoder.name, encoder.fingerprint, DIM)
    return Real(vectors, vectors[:9], vectors[:9], sentences, model)


@pytest.fixture(scope="module")
def asked() -> Asked:
    texts = [ask.text for ask in material.made_up(20).asks[:20]]
    return Asked(texts, StandInEncoder().queries(texts))


def test_an_index_is_published_that_opens(real: Real, tmp_path: Path) -> None:
    count = 2 * PER_DOCUMENT + 3
    synthetic.write(tmp_path, real, count)
    index = open_index(tmp_path, real.model.fingerprint)
    assert (index.manifest.passages, index.manifest.documents) == (count, 3)
    drawn = list(synthetic.passage_texts(real, count))
    entries = index.catalogue.passages(range(count))
    assert [entry.passage.text for entry in entries] == [" ".join(parts) for parts in drawn]
    assert [len(entry.passage.sentences) for entry in entries] == [SENTENCES] * count
    signed = near_duplicates.signatures(entry.passage.text for entry in entries)
    np.testing.assert_array_equal(index.near_duplicates.signatures(range(count)), signed)
    assert entries[-1].document.title == synthetic.title(count - 1) == "Document 2"
    vectors = np.concatenate(list(synthetic.passage_vectors(real, count)))
    assert index.vectors.nearest(vectors, 1)[:, 0].tolist() == list(range(count))
    assert_consistent(tmp_path)


def test_documents_are_of_every_kind_by_their_share(real: Real, tmp_path: Path) -> None:
    for of, (_, few, half, rest) in synthetic.KINDS.items():
        counts = Counter(synthetic.kind(of, number) for number in range(0, 50_000, 10))
        assert counts[half] / 5000 == pytest.approx(0.5, abs=0.03)
        assert counts[few] / 5000 == pytest.approx(0.05, abs=0.02)
        assert counts[rest] / 5000 == pytest.approx(0.449, abs=0.03)


@pytest.mark.parametrize("count", [7, 20, 45])
def test_blocks_make_up_the_whole(real: Real, count: int) -> None:
    passages = np.concatenate(list(synthetic.passage_vectors(real, count, block=20)))
    units = np.concatenate(list(synthetic.unit_vectors(real, count, block=20)))
    assert passages.shape == (count, DIM) and units.shape == (count * SENTENCES, DIM)
    assert np.allclose(np.linalg.norm(units, axis=1), 1, atol=1e-5)
    assert len(np.unique(passages.round(4), axis=0)) == count
    # A unit stands as near to its own passage as what is drawn around one centre does.
    assert (np.repeat(passages, SENTENCES, axis=0) * units).sum(axis=1).min() > 0.9


def test_passages_are_drawn_around_every_real_vector(real: Real) -> None:
    passages = np.concatenate(list(synthetic.passage_vectors(real, 40 * len(real.vectors))))
    centres = (passages @ real.vectors.T).argmax(axis=1)
    assert len(set(centres.tolist())) > 0.95 * len(real.vectors)


def test_fewer_texts_are_the_beginning_of_more(real: Real) -> None:
    assert list(islice(synthetic.passage_texts(real, 100), 10)) == list(synthetic.passage_texts(real, 10))


def test_ours_and_the_baseline_search_the_same(real: Real, asked: Asked, tmp_path: Path) -> None:
    assert scale.write(tmp_path / "index", real, 300) > 0
    assert scale.write_plainly(tmp_path / "passages.jsonl", real, 300) > 0
    ours = searching.ours(tmp_path / "index", asked, real.model.fingerprint)
    exact = searching.baseline(tmp_path / "passages.jsonl", asked, real.background[0])
    assert (ours.nearest.shape, exact.nearest.shape) == ((20, 100), (20, searching.DEPTH))
    assert recall_of(ours.nearest, exact.nearest) > 0.9
    assert ours.search.p99 >= ours.search.p50 > 0 and exact.seconds > 0
    lines = (tmp_path / "passages.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 300
    assert json.loads(lines[0])["text"] == " ".join(next(synthetic.passage_texts(real, 1)))


def test_questions_are_not_encoded_again() -> None:
    vectors = np.eye(3, dtype=np.float32)
    fixed = Fixed(Asked(["a", "b", "c"], vectors), "0123")
    assert fixed.queries(["c", "a variant", "b"]).tolist() == vectors[[2, 0, 1]].tolist()
    with pytest.raises(AttributeError):
        fixed.passages(["a"])


@pytest.mark.slow
def test_every_filter_is_asked_of_the_same_index(real: Real, asked: Asked, tmp_path: Path) -> None:
    scale.write(tmp_path, real, 1000)
    few = Asked(asked.texts[:8], asked.vectors[:8])
    results = filters.search(tmp_path, few, real.model.fingerprint)
    cases = filters.cases()
    assert list(results) == list(cases) and cases[WITHOUT] == EVERYTHING
    assert results[WITHOUT].share == 1
    for name, result in results.items():
        assert result.search.p50 > 0 and result.facets.p50 > 0 and result.made > 0
        if "50 %" in name:
            assert 0.3 < result.share < 0.7, name
        elif name != WITHOUT:
            assert result.share < 0.4, name


@pytest.mark.parametrize(("milliseconds", "faults"), [(29.0, 0), (31.0, 1)])
def test_a_filter_that_takes_too_long_is_a_fault(milliseconds: float, faults: int) -> None:
    quick, slow = Latency(10.0, 10.0, 10.0), Latency(milliseconds, 90.0, 90.0)
    cases = {WITHOUT: Filtered(1.0, 0.001, quick, slow), "year, 5 %": Filtered(0.05, 0.004, slow, slow)}
    measured = filters.report(cases, 1000)
    assert len(measured.faults) == faults
    assert all(text.startswith("Under the filter year, 5 % a search takes 3.1") for text in measured.faults)
    assert measured.figures[-1].ours == 4.0
    assert measured.figures[0].name == f"{WITHOUT}: search, p50" and measured.figures[0].ratio == 1.0
