"""The OpenVINO graph against a BERT written in NumPy, on a tiny random model."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest

from models import openvino_graph
from models.openvino_import import core

HIDDEN, HEADS, LAYERS, INNER, WORDS, PLACES = 32, 4, 2, 64, 50, 40
EPS = 1e-12
F64 = npt.NDArray[np.float64]


def tiny_bert(seed: int = 0, loud: float = 0.0) -> openvino_graph.Bert:
    """Return random weights; with loud, one inner channel of each layer is far above all others, as in E5."""
    rng = np.random.default_rng(seed)

    def random(*shape: int, scale: float = 0.2) -> openvino_graph.F32:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": random(WORDS, HIDDEN, scale=1.0),
        "embeddings.position_embeddings.weight": random(PLACES, HIDDEN),
        "embeddings.token_type_embeddings.weight": random(2, HIDDEN),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        norms += [prefix + "attention.output.LayerNorm", prefix + "output.LayerNorm"]
        sizes = {"intermediate.dense": (INNER, HIDDEN), "output.dense": (HIDDEN, INNER)}
        for name in ("query", "key", "value"):
            sizes[f"attention.self.{name}"] = (HIDDEN, HIDDEN)
        sizes["attention.output.dense"] = (HIDDEN, HIDDEN)
        for name, (rows, columns) in sizes.items():
            tensors[f"{prefix}{name}.weight"] = random(rows, columns)
            tensors[f"{prefix}{name}.bias"] = random(rows, scale=0.05)
        tensors[prefix + "intermediate.dense.bias"][7] += np.float32(loud)
    for name in norms:
        tensors[name + ".weight"] = 1 + random(HIDDEN)
        tensors[name + ".bias"] = random(HIDDEN)
    return openvino_graph.Bert(LAYERS, HEADS, HIDDEN, EPS, tensors)


def numpy_bert(bert: openvino_graph.Bert, ids: list[int]) -> F64:
    """Return the unit vector of one text, in float64 and one operation after the other."""
    t = {name: value.astype(np.float64) for name, value in bert.tensors.items()}

    def norm(x: F64, name: str) -> F64:
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred**2).mean(-1, keepdims=True)
        scaled: F64 = centred / np.sqrt(variance + bert.eps) * t[name + ".weight"] + t[name + ".bias"]
        return scaled

    def linear(x: F64, name: str) -> F64:
        mapped: F64 = x @ t[name + ".weight"].T + t[name + ".bias"]
        return mapped

    def softmax(x: F64) -> F64:
        powers = np.exp(x - x.max(-1, keepdims=True))
        shares: F64 = powers / powers.sum(-1, keepdims=True)
        return shares

    def gelu(x: F64) -> F64:
        halved: F64 = x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
        return halved

    x = t["embeddings.word_embeddings.weight"][ids] + t["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + t["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    width = bert.hidden // bert.heads
    for layer in range(bert.layers):
        prefix = f"encoder.layer.{layer}."
        query, key, value = (
            linear(x, f"{prefix}attention.self.{kind}") for kind in ("query", "key", "value")
        )
        mixed = np.empty_like(x)
        for head in range(bert.heads):
            part = slice(head * width, (head + 1) * width)
            shares = softmax(query[:, part] @ key[:, part].T / math.sqrt(width))
            mixed[:, part] = shares @ value[:, part]
        x = norm(linear(mixed, prefix + "attention.output.dense") + x, prefix + "attention.output.LayerNorm")
        inner = gelu(linear(x, prefix + "intermediate.dense"))
        x = norm(linear(inner, prefix + "output.dense") + x, prefix + "output.LayerNorm")
    mean = x.mean(axis=0)
    unit: F64 = mean / np.linalg.norm(mean)
    return unit


def compiled(model: ov.Model) -> ov.InferRequest:
    return core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()


def encode(
    bert: openvino_graph.Bert, model: ov.Model, texts: list[list[int]], longest: int | None = None
) -> openvino_graph.F32:
    longest = longest or max(map(len, texts))
    ids, mask = np.zeros((len(texts), longest), np.int32), np.zeros((len(texts), longest), np.float32)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    words = bert.tensors["embeddings.word_embeddings.weight"][ids]
    vectors: openvino_graph.F32 = compiled(model).infer([words, mask])[0].copy()
    return vectors


def random_texts(count: int, seed: int = 1) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, WORDS, rng.integers(1, PLACES + 1)).tolist() for _ in range(count)]


def observed(bert: openvino_graph.Bert, texts: list[list[int]]) -> openvino_graph.Ranges:
    request = compiled(openvino_graph.float_model(bert, observe=True))
    names = openvino_graph.sites(bert)
    ranges = []
    for text in texts:
        words = bert.tensors["embeddings.word_embeddings.weight"][[text]]
        request.infer([words, np.ones((1, len(text)), np.float32)])
        ends = [request.get_output_tensor(1 + i).data.reshape(-1).copy() for i in range(2 * len(names))]
        ranges.append(dict(zip(names, zip(ends[::2], ends[1::2], strict=True), strict=True)))
    return openvino_graph.merge(ranges)


def test_float_model_is_the_numpy_bert() -> None:
    bert, texts = tiny_bert(), random_texts(12)
    expected = np.stack([numpy_bert(bert, text) for text in texts])
    vectors = encode(bert, openvino_graph.float_model(bert), texts)
    assert (vectors * expected).sum(axis=1).min() > 0.99999
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_padding_changes_nothing() -> None:
    bert, texts = tiny_bert(), random_texts(6)
    model = openvino_graph.float_model(bert)
    alone = np.concatenate([encode(bert, model, [text]) for text in texts])
    np.testing.assert_allclose(encode(bert, model, texts, PLACES), alone, atol=2e-6)


def test_int8_weights_stay_close() -> None:
    bert, texts = tiny_bert(), random_texts(12)
    exact = encode(bert, openvino_graph.float_model(bert), texts)
    vectors = encode(bert, openvino_graph.int8_weights_model(bert), texts)
    cosines = (vectors * exact).sum(axis=1)
    assert cosines.min() > 0.9998 and cosines.min() < 1 - 1e-6


@pytest.mark.parametrize("loud", [0.0, 60.0])
def test_int8_stays_close_even_with_a_loud_channel(loud: float) -> None:
    bert, texts = tiny_bert(loud=loud), random_texts(30)
    ranges = observed(bert, random_texts(60, seed=2))
    exact = encode(bert, openvino_graph.float_model(bert), texts)
    vectors = encode(bert, openvino_graph.int8_model(bert, ranges), texts)
    assert (vectors * exact).sum(axis=1).min() > 0.998


def test_ranges_hold_what_was_computed() -> None:
    bert, text = tiny_bert(), random_texts(1)[0]
    low, high = observed(bert, [text])["0.qkv"]
    assert low.shape == high.shape == (HIDDEN,)
    assert (low <= high).all()
    wider = observed(bert, [text, *random_texts(5, seed=3)])["0.qkv"]
    assert (wider[0] <= low).all() and (wider[1] >= high).all()


def test_the_inner_channels_with_the_widest_ranges_are_split_off() -> None:
    low, high = np.full(64, -0.17, np.float32), np.linspace(0, 3, 64, dtype=np.float32)
    high[5], low[6] = 70, -9
    quiet, loud = openvino_graph.split_outliers(low, high)
    assert {5, 6} <= set(loud.tolist()) and len(loud) == openvino_graph.OUTLIERS
    assert sorted([*quiet.tolist(), *loud.tolist()]) == list(range(64))


def test_a_plan_reaches_every_value_it_was_made_for() -> None:
    rng = np.random.default_rng(4)
    weight = rng.standard_normal((16, 32)).astype(np.float32)
    low, high = -rng.random(32).astype(np.float32), 40 * rng.random(32).astype(np.float32)
    for inner in (False, True):
        made = openvino_graph.plan(weight, low, high, inner)
        for end in (low, high):
            assert (np.abs((end - made.shift) / made.smooth) <= made.reach * 127 / 128).all()


def test_rows_are_quantised_within_half_a_step() -> None:
    table = np.random.default_rng(5).standard_normal((9, 64)).astype(np.float32)
    table[3] = 0
    values, scales = openvino_graph.quantise_rows(table)
    assert (np.abs(values * scales - table) <= scales / 2 * 1.001).all()
