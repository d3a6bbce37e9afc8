"""Writes tiny E5S1 weights files, byte by byte, for the tests of what reads them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np
import numpy.typing as npt

from models.q4 import Shape

TINY = Shape(hidden=32, layers=1, heads=2, intermediate=64, vocabulary=5, positions=8, token_types=2)


def q4_block(scale: float, weights: Sequence[int]) -> bytes:
    """A block of 32 weights, each -8…7 and worth weight · scale."""
    nibbles = [weight + 8 for weight in weights]
    return struct.pack("<e", scale) + bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))


def header(shape: Shape = TINY, magic: bytes = b"E5S1", version: int = 1, block: int = 32) -> bytes:
    return magic + struct.pack("<I7ifi", version, *astuple(shape), 1e-12, block)


def tokenizer(pieces: int = 3) -> bytes:
    """A tokenizer of as many pieces, to be skipped."""
    blob, entries = b"abc", b"\x07" * 11
    numbers = struct.pack("<i4iQ", pieces, 0, 2, 1, 3, len(blob))
    numbers += struct.pack(f"<{pieces + 1}I{pieces}f", *range(pieces + 1), *[-1.5] * pieces)
    return numbers + blob + struct.pack("<iI", 1, len(entries)) + entries


def file(tensors: Mapping[str, tuple[int, int, bytes]], head: bytes = b"") -> bytes:
    """A whole file; tensors[name] = (type, number of weights, bytes)."""
    front = (head or header()) + tokenizer()
    size = len(front) + 4 + sum(2 + len(name) + struct.calcsize("<BIQQ") for name in tensors)
    directory, body = struct.pack("<i", len(tensors)), b""
    for name, (kind, count, raw) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, size + len(body), len(raw))
        body += raw
    return front + directory + body


def bert(shape: Shape = TINY, seed: int = 0) -> bytes:
    """A whole file with every tensor of a BERT of this shape, at random."""
    rng = np.random.default_rng(seed)
    h, inner = shape.hidden, shape.intermediate
    tensors = {"emb.word": _q4(rng, shape.vocabulary * h), "emb.pos": _f32(rng, shape.positions * h)}
    tensors |= {"emb.type": _f32(rng, shape.token_types * h)}
    tensors |= {"emb.ln.w": _f32(rng, h), "emb.ln.b": _f32(rng, h)}
    linears = {"q": (h, h), "k": (h, h), "v": (h, h), "ao": (h, h), "fi": (inner, h), "fo": (h, inner)}
    for layer in range(shape.layers):
        for name, (rows, columns) in linears.items():
            tensors[f"l{layer}.{name}.w"] = _q4(rng, rows * columns)
            tensors[f"l{layer}.{name}.b"] = _f32(rng, rows)
        for name in ("aln", "oln"):
            tensors[f"l{layer}.{name}.w"] = _f32(rng, h)
            tensors[f"l{layer}.{name}.b"] = _f32(rng, h)
    return file(tensors, header(shape))


def _q4(rng: np.random.Generator, count: int) -> tuple[int, int, bytes]:
    blocks = [q4_block(0.01, rng.integers(-8, 8, 32).tolist()) for _ in range(count // 32)]
    return 1, count, b"".join(blocks)


def _f32(rng: np.random.Generator, count: int) -> tuple[int, int, bytes]:
    values: npt.NDArray[np.float32] = rng.standard_normal(count, dtype=np.float32)
    return 0, count, values.astype("<f4").tobytes()
