"""What every engine owes the Encoder protocol, over the real default model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models import bundle
from models.encoder import Encoder
from models.load import ModelChoice

pytestmark = pytest.mark.slow

TEXTS = [
    "Le centre ouvre une formation continue en oncologie.",
    "court",
    "The hospital bought two surgical robots in 2020.",
    "مستشفى جامعي في الدار البيضاء",
    "Un texte plus long que les autres. " * 10,
    "",
]
SEEDS = Path(__file__).parent.parent.parent / "seeds"
ENGINES = ("OpenVINO", "sentence-transformers")


@pytest.fixture(scope="module")
def engines(model: Encoder) -> dict[str, Encoder]:
    return dict(zip(ENGINES, (model, ModelChoice().load(None, cuda=lambda: False)), strict=True))


@pytest.fixture(scope="module", params=ENGINES)
def encoder(request: pytest.FixtureRequest, engines: dict[str, Encoder]) -> Encoder:
    return engines[request.param]


@pytest.mark.parametrize("role", ["queries", "passages"])
@pytest.mark.parametrize("texts", [[], ["a"], ["a"] * 33, TEXTS], ids=["none", "one", "33", "various"])
def test_vectors_are_float32_unit_rows(encoder: Encoder, role: str, texts: list[str]) -> None:
    vectors = getattr(encoder, role)(texts)
    assert (vectors.shape, vectors.dtype) == ((len(texts), 384), np.float32)
    assert vectors.flags["C_CONTIGUOUS"]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_how_it_describes_itself(encoder: Encoder, engines: dict[str, Encoder]) -> None:
    assert (encoder.name, encoder.dim, encoder.max_tokens) == ("multilingual-e5-small", 384, 512)
    assert encoder.fingerprint == ModelChoice().fingerprint() == bundle.FINGERPRINT
    assert [name for name in engines if encoder.engine.startswith(name)]


def test_it_is_deterministic(encoder: Encoder) -> None:
    np.testing.assert_array_equal(encoder.passages(TEXTS), encoder.passages(TEXTS))


def test_a_text_has_one_vector_alone_and_in_a_batch(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.passages([text]) for text in TEXTS])
    # Which engine was chosen depends on the processor. Sums of 8 bits are rounded another way in a batch of
    # another size: of two hundred texts one differed by 0.00024, without 8 bits by 0.000004.
    rounding = 1e-3 if "int8" in encoder.engine else 1e-5
    np.testing.assert_allclose((alone * encoder.passages(TEXTS)).sum(axis=1), 1, atol=rounding)


def test_queries_and_passages_differ(encoder: Encoder) -> None:
    cosines = (encoder.queries(TEXTS) * encoder.passages(TEXTS)).sum(axis=1)
    assert (cosines < 0.9999).all()


def test_threads_get_the_vectors_of_one_thread(encoder: Encoder) -> None:
    alone = [encoder.queries([text]) for text in TEXTS]
    counts = encoder.count_tokens(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        vectors = list(pool.map(lambda at: encoder.queries([TEXTS[at % 6]]), range(48)))
        counted = list(pool.map(lambda _: encoder.count_tokens(TEXTS), range(48)))
    for at, vector in enumerate(vectors):
        np.testing.assert_array_equal(vector, alone[at % 6])
    assert counted == [counts] * 48


def test_tokens_are_counted(encoder: Encoder) -> None:
    # ▁Le, ▁centre; nothing for an empty text; no limit for a long one.
    assert encoder.count_tokens(["Le centre", "", " ".join(["Le"] * 1000)]) == [2, 0, 1000]
    assert encoder.count_tokens([]) == []


def test_tokens_beyond_the_limit_are_cut_off(encoder: Encoder) -> None:
    longest, longer = (encoder.passages([" ".join(["mot"] * n)])[0] for n in (900, 1800))
    np.testing.assert_allclose(longest, longer, atol=1e-6)


@pytest.mark.parametrize(
    ("english", "french", "unrelated"),
    [
        ("The cat sleeps.", "Le chat dort.", "Le train est en retard."),
        ("continuing education in oncology", "formation continue en oncologie", "location de voitures"),
        ("Where is the hospital?", "Où est l'hôpital ?", "Combien coûte ce livre ?"),
    ],
)
def test_a_translation_is_nearer(encoder: Encoder, english: str, french: str, unrelated: str) -> None:
    near, far = encoder.passages([french, unrelated]) @ encoder.queries([english])[0]
    assert near > far + 0.02


def test_the_engines_agree(engines: dict[str, Encoder]) -> None:
    lines = [line for path in sorted(SEEDS.iterdir()) for line in path.read_text("utf-8").splitlines()]
    texts = [line for line in lines if line.strip()]
    fast, exact = engines.values()
    for role, some in (("queries", texts[::6]), ("passages", texts[3::6])):
        cosines = (getattr(fast, role)(some) * getattr(exact, role)(some)).sum(axis=1)
        assert cosines.min() > 0.995
        assert cosines.mean() > 0.998
    assert fast.count_tokens(texts) == exact.count_tokens(texts)
