"""An index made up of a few real texts."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from bench import material, synthetic
from bench.synthetic import PER_DOCUMENT, SENTENCES, Real
from indexer.passages import near_duplicates
from indexer.store.manifest import ModelRecord
from indexer.store.open_index import open_index
from tests.standin import DIM, StandInEncoder


@pytest.fixture(scope="module")
def real() -> Real:
    encoder = StandInEncoder()
    sentences = material.split(material.made_up(20).documents or [])
    vectors = encoder.passages(sentences)
    model = ModelRecord(encoder.name, encoder.fingerprint, DIM)
    return Real(vectors, vectors[:9], vectors[:9], sentences, model)


def test_an_index_is_published_that_opens(real: Real, tmp_path: Path) -> None:
    count = 2 * PER_DOCUMENT + 3
    synthetic.write(tmp_path, real, count)
    index = open_index(tmp_path, real.model.fingerprint)
    assert (index.manifest.passages, index.manifest.documents) == (count, 3)
    drawn = list(synthetic.passage_texts(real, count))
    entries = index.catalogue.passages(range(count))
    assert [each.passage.text for each in entries] == [" ".join(parts) for parts in drawn]
    assert [len(each.passage.sentences) for each in entries] == [SENTENCES] * count
    signed = near_duplicates.signatures(each.passage.text for each in entries)
    np.testing.assert_array_equal(index.twins.signatures(range(count)), signed)
    assert entries[-1].document.title == synthetic.title(count - 1) == "Document 2"


def test_documents_are_of_every_kind_by_their_share(real: Real, tmp_path: Path) -> None:
    for of, (_, few, half, rest) in synthetic.KINDS.items():
        counts = Counter(synthetic.kind(of, number) for number in range(0, 50_000, 10))
        assert counts[half] / 5000 == pytest.approx(0.5, abs=0.03)
        assert counts[few] / 5000 == pytest.approx(0.05, abs=0.02)
        assert counts[rest] / 5000 == pytest.approx(0.449, abs=0.03)
    synthetic.write(tmp_path, real, 400)
    index = open_index(tmp_path, real.model.fingerprint)
    halves = {kind: values[2] for kind, values in synthetic.KINDS.items()}
    found = [each for each in index.catalogue.documents() if each.source.startswith(halves["folder"])]
    assert 5 < len(found) < 35
    assert {each.format for each in found} >= {halves["format"]}
    assert any(each.date and each.date.iso.startswith(halves["year"]) for each in found)


def test_its_vectors_are_those_that_the_baseline_is_given(real: Real, tmp_path: Path) -> None:
    synthetic.write(tmp_path, real, 50)
    held = open_index(tmp_path, real.model.fingerprint).vectors
    drawn = np.concatenate(list(synthetic.passage_vectors(real, 50)))
    cosines = (held.passages(np.arange(50)) * drawn).sum(axis=1)
    assert cosines.min() > 0.99
    assert held.nearest(drawn, 1)[:, 0].tolist() == list(range(50))


@pytest.mark.parametrize("count", [7, 20, 45])
def test_blocks_make_up_the_whole(real: Real, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(synthetic, "BLOCK", 20)
    passages = np.concatenate(list(synthetic.passage_vectors(real, count)))
    units = np.concatenate(list(synthetic.unit_vectors(real, count)))
    assert passages.shape == (count, DIM) and units.shape == (count * SENTENCES, DIM)
    assert np.allclose(np.linalg.norm(units, axis=1), 1, atol=1e-5)
    assert len(np.unique(passages.round(4), axis=0)) == count
    # A unit stands as near to its own passage as what is drawn around one centre does.
    own = (np.repeat(passages, SENTENCES, axis=0) * units).sum(axis=1)
    assert own.min() > 0.9


def test_passages_are_drawn_around_every_real_vector(real: Real) -> None:
    passages = np.concatenate(list(synthetic.passage_vectors(real, 40 * len(real.vectors))))
    centres = (passages @ real.vectors.T).argmax(axis=1)
    assert len(set(centres.tolist())) > 0.95 * len(real.vectors)


def test_fewer_texts_are_the_beginning_of_more(real: Real) -> None:
    assert list(islice(synthetic.passage_texts(real, 100), 10)) == list(synthetic.passage_texts(real, 10))
