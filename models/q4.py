"""The default model's 4-bit weights: read their "E5S1" file, little-endian; pack and unpack blocks."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import ModelCorrupt

MAGIC = b"E5S1"
"""First bytes of the file."""
BLOCK = 32
"""Number of weights that share one scale."""
BLOCK_BYTES = 2 + BLOCK // 2
"""Size of a block in bytes: an f16 scale, then two weights in each byte."""
PACKED = 1 << 16
"""Blocks packed at a time, so that no more than some 30 MB are needed beside the weights."""
F32, Q4 = 0, 1
"""Types of a tensor: plain float32, or blocks of 4-bit weights."""


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
    """Reads little-endian values one after another. Raises struct.error or ValueError where the data end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def take_bytes(self, count: int) -> bytes:
        start = self.at
        self.skip(count)
        return self.data[start : self.at]

    def skip(self, count: int) -> None:
        if not 0 <= count <= len(self.data) - self.at:
            raise ValueError(f"{count} bytes are announced, {len(self.data) - self.at} are left")
        self.at += count


def unpack_q4(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the weights of consecutive blocks: uint8 [blocks * 18] → float32 [blocks * 32].

    weight[j] = (low nibble of byte j - 8) · d and weight[j + 16] = (high nibble of byte j - 8) · d,
    with d the block's f16 scale. The product is exact in float32.
    """
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    weights: npt.NDArray[np.float32] = (nibbles.astype(np.float32) - np.float32(8.0)) * scales
    return weights.reshape(-1)


def pack_q4(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return blocks whose weights unpack_q4 gives back bit by bit: float32 [n * 32] → uint8 [n * 18].

    Raises ValueError when the weights do not come from such blocks.
    """
    rows = weights.reshape(-1, BLOCK)
    return np.concatenate([_pack(rows[start : start + PACKED]) for start in range(0, len(rows), PACKED)])


def _pack(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    packed = np.zeros((len(rows), BLOCK_BYTES), np.uint8)
    left = np.arange(len(rows))
    # The widest weight of a block is k times its scale for some k; any scale that gives all weights will do.
    for steps in (-8, 8, *(sign * k for k in range(7, 0, -1) for sign in (1, -1))):
        block = rows[left]
        widest = np.take_along_axis(block, np.abs(block).argmax(axis=1)[:, None], axis=1)
        scales = (widest / np.float32(steps)).astype(np.float16)
        exact = scales.astype(np.float32)
        levels = np.rint(block / np.where(exact == 0, np.float32(1), exact))
        found = ((levels >= -8) & (levels <= 7) & (levels * exact == block)).all(axis=1)
        nibbles = (levels[found] + 8).astype(np.uint8)
        packed[left[found], :2] = scales[found].view(np.uint8)
        packed[left[found], 2:] = nibbles[:, : BLOCK // 2] | nibbles[:, BLOCK // 2 :] << 4
        left = left[~found]
        if not len(left):
            return packed.reshape(-1)
    raise ValueError(f"{len(left)} of {len(rows)} blocks of weights are not of 4 bits")


def read(path: Path) -> tuple[Shape, dict[str, npt.NDArray[np.float32]]]:
    """Return the model's sizes, and its tensors, flat, by their names in the file.

    Raises ModelCorrupt when the file is not of this format, or ends too early.
    """
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        cursor = _Cursor(data)
        shape = _header(cursor, path.name)
        _skip_tokenizer(cursor)
        return shape, dict(_tensors(cursor, path.name))
    except (struct.error, ValueError, OverflowError) as error:
        raise ModelCorrupt(f"{path.name} is cut short or damaged: {error}.") from error


def _header(cursor: _Cursor, file: str) -> Shape:
    magic = cursor.take_bytes(len(MAGIC))
    if magic != MAGIC:
        raise ModelCorrupt(f"{file} begins with {magic!r}, not {MAGIC!r}: it is not an E5S1 weights file.")
    (version,) = cursor.take("I")
    shape = Shape(*cursor.take("7i"))
    cursor.skip(4)  # the layer norms' epsilon, 1e-12 in every E5
    (block,) = cursor.take("i")
    if (version, block) != (1, BLOCK):
        raise ModelCorrupt(
            f"{file} has version {version} and blocks of {block};"
            f" version 1 and blocks of {BLOCK} are read here."
        )
    return shape


def _tensors(cursor: _Cursor, file: str) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    (count,) = cursor.take("i")
    for _ in range(count):
        (name_length,) = cursor.take("H")
        name = cursor.take_bytes(name_length).decode("ascii")
        kind, elements, offset, size = cursor.take("BIQQ")
        if kind not in (F32, Q4):
            raise ModelCorrupt(f"{file}: tensor {name} has the unknown type {kind}.")
        raw = np.frombuffer(cursor.data, dtype=np.uint8, count=size, offset=offset)
        values = unpack_q4(raw) if kind == Q4 else raw.copy().view("<f4")
        if values.size != elements:
            raise ModelCorrupt(f"{file}: tensor {name} holds {values.size} weights, not {elements}.")
        yield name, values


def _skip_tokenizer(cursor: _Cursor) -> None:
    (pieces,) = cursor.take("i")
    cursor.take("4i")
    (blob,) = cursor.take("Q")
    cursor.skip(4 * (pieces + 1) + 4 * pieces + blob)
    cursor.take("i")
    (entries,) = cursor.take("I")
    cursor.skip(entries)
