"""Sizes measured, in one process and with the stand-in's vectors."""

from __future__ import annotations

import json
from pathlib import Path

from bench import material, scale, searching, synthetic
from bench.searching import Asked
from bench.synthetic import Real
from indexer.store.cells import recall_of
from indexer.store.manifest import ModelRecord
from tests.standin import DIM, StandInEncoder


def test_ours_and_the_baseline_search_the_same(tmp_path: Path) -> None:
    encoder = StandInEncoder()
    data = material.made_up(20)
    sentences = material.split(data.documents or [])
    vectors = encoder.passages(sentences)
    real = Real(
        vectors, vectors[:9], vectors[:9], sentences, ModelRecord("stand-in", encoder.fingerprint, DIM)
    )
    texts = [each.text for each in data.asks[:20]]
    asked = Asked(texts, encoder.queries(texts))
    assert scale.write(tmp_path / "index", real, 300) > 0
    assert scale.write_plainly(tmp_path / "passages.jsonl", real, 300) > 0
    ours = searching.ours(tmp_path / "index", asked, encoder.fingerprint)
    exact = searching.baseline(tmp_path / "passages.jsonl", asked, real.background[0])
    assert (ours.nearest.shape, exact.nearest.shape) == ((20, 100), (20, searching.DEPTH))
    assert recall_of(ours.nearest, exact.nearest) > 0.9
    assert ours.search.p99 >= ours.search.p50 > 0 and exact.seconds > 0
    lines = (tmp_path / "passages.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 300
    assert json.loads(lines[0])["text"] == " ".join(next(synthetic.passage_texts(real, 1)))
