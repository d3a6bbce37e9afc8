"""Read the default model's weights: the "E5S1" file of 4-bit blocks, little-endian, into float32 arrays."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import ModelCorrupt

MAGIC = b"E5S1"
BLOCK = 32
"""Weights that share one scale."""
BLOCK_BYTES = 2 + BLOCK // 2
"""An f16 scale, then two weights a byte."""
F32, Q4 = 0, 1


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the BERT the weights belong to."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    token_types: int


class _Cursor:
    """Reads little-endian values one after another from a buffer."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def skip(self, count: int) -> None:
        self.at += count


def unpack_q4(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Weights of consecutive blocks: uint8 [blocks * 18] → float32 [blocks * 32].

    weight[j] = (low nibble of byte j - 8) · d and weight[j + 16] = (high nibble of byte j - 8) · d,
    with d the block's f16 scale. The product is exact in float32.
    """
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    weights: npt.NDArray[np.float32] = (nibbles.astype(np.float32) - np.float32(8.0)) * scales
    return weights.reshape(-1)


def read(path: Path) -> tuple[Shape, dict[str, npt.NDArray[np.float32]]]:
    """Every tensor of the file, flat, by its name in the file.

    Raises ModelCorrupt when the file is not of this format.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(memoryview(data))
    if bytes(data[:4]) != MAGIC:
        raise ModelCorrupt(f"{path.name} does not begin with {MAGIC!r}: it is not an E5S1 weights file.")
    cursor.skip(4)
    (version,) = cursor.take("I")
    shape = Shape(*cursor.take("7i"))
    _eps, block = struct.unpack("<fi", struct.pack("<Ii", *cursor.take("Ii")))
    if (version, block) != (1, BLOCK):
        raise ModelCorrupt(
            f"{path.name} has version {version} and blocks of {block}; version 1 and blocks of {BLOCK} are read here."
        )
    _skip_tokenizer(cursor)
    tensors = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (name_length,) = cursor.take("H")
        name = bytes(data[cursor.at : cursor.at + name_length]).decode("ascii")
        cursor.skip(name_length)
        kind, elements, offset, size = cursor.take("BIQQ")
        raw = np.asarray(data[offset : offset + size])
        values = unpack_q4(raw) if kind == Q4 else raw.copy().view("<f4")
        if values.size != elements:
            raise ModelCorrupt(f"{path.name}: tensor {name} holds {values.size} weights, not {elements}.")
        tensors[name] = values
    return shape, tensors


def _skip_tokenizer(cursor: _Cursor) -> None:
    (pieces,) = cursor.take("i")
    cursor.take("4i")
    (blob,) = cursor.take("Q")
    cursor.skip(4 * (pieces + 1) + 4 * pieces + blob)
    cursor.take("i")
    (entries,) = cursor.take("I")
    cursor.skip(entries)
