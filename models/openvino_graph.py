"""A BERT sentence encoder as OpenVINO graphs: in floating point, with int8 weights, and wholly in int8.

A graph takes the word embeddings of the tokens, which are looked up outside it (models/q4): the table, most
of the model's bytes, stays mapped from disk and is shared by all graphs and processes.

With int8 weights, each weight matrix has one scale for each output row; the activations stay as they are, or
are quantised as they come, by groups. Wholly in int8 the activations have fixed scales, which they allow only
after three exact rewritings of x·Wᵀ + b:

    smoothing   x/s · (W·s)ᵀ         a channel with a wide range passes part of it to the weights
                                     (SmoothQuant, Xiao et al., ICML 2023)
    shift       (x − m)/s · … + W·m  a range that is not centred is centred; W·m is added to the bias
    split       the few outlier channels of the inner layer that reach 10 to 70, where all others stay
                below 6, are multiplied in floating point

Without them the mean cosine between the vectors and those of fp32 is 0.987; with them it is 0.9994.
Attention, norms, gelu and pooling stay in floating point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.openvino_import import op, ov

F32 = npt.NDArray[np.float32]
Node: TypeAlias = ov.Node
Ranges = Mapping[str, tuple[F32, F32]]
"""Name of a linear map, as in sites() → least and greatest value of each of its input channels."""

Linear: TypeAlias = Callable[[Node, F32, F32], Node]
"""Input, weight [outputs, inputs] and bias [outputs] → the linear map's output."""

LEVELS = 256
"""Values that an int8 activation can take."""
MASKED = -1e4
"""Added to the score of a padding token, so that its weight after the softmax is 0 in any precision."""

SMOOTH = 0.65
"""Share of a channel's range that moves from the activations to the weights (0 none, 1 all)."""
MARGIN = 1.2
"""Factor by which the ranges observed in calibration are widened."""
OUTLIERS = 8
"""Channels of each inner layer multiplied in floating point; one or two of them need it."""
INNER_FLOOR = 1.5
"""Least half-range of an inner channel: one quiet in calibration can reach a few units on other text."""
FLOOR = 0.5
"""Least half-range of any other channel, as a share of the 0.9 quantile of its map's half-ranges."""


@dataclass(frozen=True, slots=True)
class Bert:
    """A BERT as Hugging Face saves it, without a pooler."""

    layers: int
    heads: int
    hidden: int
    eps: float
    """Epsilon of the layer norms."""
    tensors: Mapping[str, F32]
    """The weights by their Hugging Face names."""


@dataclass(frozen=True, slots=True)
class Int8Map:
    """Quantisation of one linear map's input: (x − shift) / smooth lies within ± reach."""

    shift: F32
    """[inputs]"""
    smooth: F32
    """[inputs]"""
    reach: float


MAPS = {
    "qkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "ao": ("attention.output.dense",),
    "fi": ("intermediate.dense",),
    "fo": ("output.dense",),
}
"""The linear maps of a layer: those that share their input are multiplied as one."""


def sites(bert: Bert) -> list[str]:
    """Return the names of the linear maps whose inputs are calibrated, in the order they are computed."""
    return [f"{layer}.{kind}" for layer in range(bert.layers) for kind in MAPS]


def float_model(bert: Bert, observe: bool = False) -> ov.Model:
    """Return the fp32 graph: words [n, tokens, hidden] and mask [n, tokens] → unit vectors [n, hidden].

    With observe, it has two more outputs for each of sites(): the least and the greatest value of every input
    channel over all tokens. Such a graph must be given no padding.
    """
    return _Builder(bert, None, observe).model()


def int8_weights_model(bert: Bert) -> ov.Model:
    """Return the graph with int8 weights, with the inputs and the output of float_model."""
    return _Builder(bert, None, False, _int8_weights_linear).model()


def int8_model(bert: Bert, ranges: Ranges) -> ov.Model:
    """Return the int8 graph, with the inputs and the output of float_model, which observed the ranges."""
    return _Builder(bert, ranges, False).model()


def merge(observed: Iterable[Ranges]) -> Ranges:
    """Return the least ranges that include all those observed."""
    merged: dict[str, tuple[F32, F32]] = {}
    for ranges in observed:
        for site, (low, high) in ranges.items():
            old_low, old_high = merged.get(site, (low, high))
            merged[site] = np.minimum(low, old_low), np.maximum(high, old_high)
    return merged


def split_outliers(low: F32, high: F32) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the inner layer's channels for int8, and the OUTLIERS with the widest ranges."""
    order = np.argsort(-np.maximum(-low, high), kind="stable")
    count = min(OUTLIERS, len(order) // 2)
    return np.sort(order[count:]), np.sort(order[:count])


def plan(weight: F32, low: F32, high: F32, inner: bool) -> Int8Map:
    """Return the shift and smoothing for weight [outputs, inputs] and the ranges [inputs] of its inputs."""
    if inner:  # gelu's output is mostly near 0, so 0 stays a level: a centred range would bias them all
        shift = np.zeros_like(low)
        half = np.maximum(np.maximum(-low, high), np.float32(INNER_FLOOR))
    else:
        shift = (low + high) / np.float32(2)
        half = (high - low) / np.float32(2)
        half = np.maximum(half, np.float32(FLOOR * np.quantile(half, 0.9)))
    widest = np.maximum(np.abs(weight).max(axis=0), np.float32(1e-4))
    smooth = half**SMOOTH / widest ** (1 - SMOOTH)
    smooth /= np.exp(np.log(smooth).mean())
    smooth = smooth.astype(np.float32)
    return Int8Map(shift.astype(np.float32), smooth, float((half / smooth).max() * MARGIN))


def quantise_rows(weight: F32) -> tuple[npt.NDArray[np.int8], F32]:
    """Quantise to symmetric int8 with one scale for each row: weight ≈ values · scales [rows, 1]."""
    scales = np.maximum(np.abs(weight).max(axis=1, keepdims=True), np.float32(1e-12)) / np.float32(127)
    return np.rint(weight / scales).astype(np.int8), scales.astype(np.float32)


class _Builder:
    """Builds one graph. Outside attention, the tokens of all texts are one matrix [n · tokens, hidden]."""

    def __init__(
        self, bert: Bert, ranges: Ranges | None, observe: bool, linear: Linear | None = None
    ) -> None:
        self.bert = bert
        self.ranges = ranges
        self.observe = observe
        self.linear = linear or _affine
        self.observed: list[Node] = []

    def model(self) -> ov.Model:
        bert = self.bert
        width = bert.hidden // bert.heads
        words = op.parameter([-1, -1, bert.hidden], np.float32, name="words")
        mask = op.parameter([-1, -1], np.float32, name="mask")
        sizes = op.shape_of(mask)
        heads = op.concat([sizes, _ints(3 * bert.heads, width)], 0)
        hidden_by_token = op.concat([sizes, _ints(bert.hidden)], 0)
        blocked = op.multiply(op.subtract(mask, np.float32(1)), np.float32(-MASKED))
        blocked = op.unsqueeze(blocked, _ints(1, 2))

        x = self._norm(self._embed(words, sizes), "embeddings.LayerNorm")
        for layer in range(bert.layers):
            x = self._layer(x, layer, heads, blocked)
        x = op.reshape(x, hidden_by_token, False)
        weight = op.unsqueeze(mask, _ints(2))
        mean = op.divide(op.reduce_sum(op.multiply(x, weight), _ints(1)), op.reduce_sum(weight, _ints(1)))
        unit = op.divide(mean, op.sqrt(op.reduce_sum(op.multiply(mean, mean), _ints(1), True)))
        return ov.Model([unit, *self.observed], [words, mask], "encoder")

    def _embed(self, words: Node, sizes: Node) -> Node:
        tensors = self.bert.tensors
        places = tensors["embeddings.position_embeddings.weight"]
        places = op.constant(places + tensors["embeddings.token_type_embeddings.weight"][0])
        places = op.slice(places, _ints(0), op.gather(sizes, _ints(1), np.int64(0)), _ints(1), _ints(0))
        return op.reshape(op.add(words, places), _ints(-1, self.bert.hidden), False)

    def _layer(self, x: Node, layer: int, heads: Node, blocked: Node) -> Node:
        bert, prefix = self.bert, f"encoder.layer.{layer}."
        temperature = np.float32((bert.hidden // bert.heads) ** -0.5)
        qkv = self._linear(x, f"{layer}.qkv")
        qkv = op.transpose(op.reshape(qkv, heads, False), _ints(0, 2, 1, 3))
        query, key, value = op.split(qkv, np.int64(1), 3).outputs()
        scores = op.multiply(op.matmul(query, key, False, True), temperature)
        mixed = op.matmul(op.softmax(op.add(scores, blocked), -1), value, False, False)
        mixed = op.reshape(op.transpose(mixed, _ints(0, 2, 1, 3)), _ints(-1, bert.hidden), False)
        x = self._norm(op.add(self._linear(mixed, f"{layer}.ao"), x), prefix + "attention.output.LayerNorm")
        return self._norm(op.add(self._feed_forward(x, layer), x), prefix + "output.LayerNorm")

    def _feed_forward(self, x: Node, layer: int) -> Node:
        if self.ranges is None:
            return self._linear(op.gelu(self._linear(x, f"{layer}.fi"), "erf"), f"{layer}.fo")
        into, into_bias = self._map(f"{layer}.fi")
        out, out_bias = self._map(f"{layer}.fo")
        low, high = self.ranges[f"{layer}.fo"]
        quiet, loud = split_outliers(low, high)
        inner = op.gelu(
            _int8_linear(x, into[quiet], into_bias[quiet], self._plan(f"{layer}.fi", into)), "erf"
        )
        inner_plan = plan(out[:, quiet], low[quiet], high[quiet], inner=True)
        exact = op.gelu(_affine(x, into[loud], into_bias[loud]), "erf")
        exact = op.matmul(exact, op.constant(np.ascontiguousarray(out[:, loud])), False, True)
        return op.add(_int8_linear(inner, out[:, quiet], out_bias, inner_plan), exact)

    def _linear(self, x: Node, site: str) -> Node:
        if self.observe:
            self.observed += [op.reduce_min(x, _ints(0)), op.reduce_max(x, _ints(0))]
        weight, bias = self._map(site)
        if self.ranges is None:
            return self.linear(x, weight, bias)
        return _int8_linear(x, weight, bias, self._plan(site, weight))

    def _plan(self, site: str, weight: F32) -> Int8Map:
        assert self.ranges is not None
        return plan(weight, *self.ranges[site], inner=False)

    def _map(self, site: str) -> tuple[F32, F32]:
        """Return weight [outputs, inputs] and bias [outputs] of the maps multiplied as one at a site."""
        layer, kind = site.split(".")
        names = [f"encoder.layer.{layer}.{name}." for name in MAPS[kind]]
        tensors = self.bert.tensors
        return (
            np.concatenate([tensors[name + "weight"] for name in names]),
            np.concatenate([tensors[name + "bias"] for name in names]),
        )

    def _norm(self, x: Node, name: str) -> Node:
        centred = op.mvn(x, _ints(-1), True, self.bert.eps, "inside_sqrt")
        scaled = op.multiply(centred, self.bert.tensors[name + ".weight"][None])
        return op.add(scaled, self.bert.tensors[name + ".bias"][None])


def _affine(x: Node, weight: F32, bias: F32) -> Node:
    return op.add(op.matmul(x, op.constant(np.ascontiguousarray(weight)), False, True), bias[None])


def _int8_weights_linear(x: Node, weight: F32, bias: F32) -> Node:
    values, scales = quantise_rows(weight)
    widened = op.multiply(op.convert(op.constant(values), "f32"), op.constant(scales))
    return op.add(op.matmul(x, widened, False, True), bias[None])


def _int8_linear(x: Node, weight: F32, bias: F32, planned: Int8Map) -> Node:
    values, scales = quantise_rows(weight * planned.smooth)
    multiplier = op.multiply(op.convert(op.constant(values), "f32"), op.constant(scales))
    low, high = -planned.reach, planned.reach * 127 / 128
    bounds = [planned.shift + planned.smooth * np.float32(end) for end in (low, high)]
    # Quantised without a sign, from 0 up, which multiplies faster; the bias takes back what that adds.
    ends = [np.full((1, 1), end - low, np.float32) for end in (low, high)]
    if planned.shift.any():
        # Bounds nothing. With it, OpenVINO quantises in one pass with the norm's scale and bias; without it,
        # in a kernel of its own that is several times slower. Gelu is quantised in the pass of its product.
        x = op.maximum(x, np.float32(-1e30))
    quantised = op.fake_quantize(x, bounds[0][None], bounds[1][None], ends[0], ends[1], LEVELS)
    offset = values.sum(axis=1, dtype=np.float32) * scales[:, 0] * np.float32(low)
    product = op.matmul(quantised, multiplier, False, True)
    return op.add(product, (bias + weight @ planned.shift + offset)[None])


def _ints(*values: int) -> Node:
    return op.constant(np.array(values, np.int64))
