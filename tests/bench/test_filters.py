"""What filters cost, over a small index by the stand-in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import filters, material, scale
from bench.datasets import Dataset
from bench.filters import WITHOUT
from bench.plan import QUICK
from bench.searching import Asked
from bench.synthetic import Real
from bench.times import Latency
from indexer.store.filters import EVERYTHING
from indexer.store.manifest import ModelRecord
from tests.standin import DIM, StandInEncoder


def test_every_case_is_asked_of_the_same_index(tmp_path: Path) -> None:
    encoder = StandInEncoder()
    data = material.made_up(20)
    sentences = material.split(data.documents or [])
    vectors = encoder.passages(sentences)
    model = ModelRecord("stand-in", encoder.fingerprint, DIM)
    scale.write(tmp_path, Real(vectors, vectors[:9], vectors[:9], sentences, model), 1000)
    texts = [each.text for each in data.asks[:8]]
    found = filters.search(tmp_path, Asked(texts, encoder.queries(texts)), encoder.fingerprint)
    cases = filters.cases()
    assert list(found) == list(cases) and cases[WITHOUT] == EVERYTHING
    assert found[WITHOUT].share == 1
    for name, each in found.items():
        assert each.search.p50 > 0 and each.facets.p50 > 0 and each.made > 0
        if "50 %" in name:
            assert 0.3 < each.share < 0.7, name
        elif name != WITHOUT:
            assert each.share < 0.4, name


@pytest.mark.parametrize(("milliseconds", "faulty"), [(29.0, False), (31.0, True)])
def test_a_filter_that_takes_too_long_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, milliseconds: float, faulty: bool
) -> None:
    quick, slow = Latency(10.0, 10.0, 10.0), Latency(milliseconds, 90.0, 90.0)
    made = {
        WITHOUT: filters.Filtered(1.0, 0.001, quick, slow),
        "year, 5 %": filters.Filtered(0.05, 0.004, slow, slow),
    }

    def alone(function: object, *_: object) -> object:
        return made if function is filters.search else (real, None)

    nothing = np.empty((0, DIM), np.float32)
    real = Real(nothing, nothing, nothing, [], ModelRecord("stand-in", "0123", DIM))
    monkeypatch.setattr(filters, "alone", alone)
    found = filters.measure(Dataset("made up", [], [], {}, []), QUICK, tmp_path)
    assert [each.startswith("Under the filter year, 5 % a search takes 3.1") for each in found.faults] == (
        [True] if faulty else []
    )
    slowest = next(each for each in found.figures if each.name.endswith("the slowest"))
    assert slowest.ours == 4.0
    assert [each.ratio for each in found.figures if each.name == f"{WITHOUT}: search, p50"] == [1.0]
