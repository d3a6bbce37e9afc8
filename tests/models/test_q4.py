"""The reader of 4-bit weights, against files written byte by byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models import q4
from models.errors import ModelCorrupt
from tests.models import e5s1

COUNTING = list(range(-8, 8)) + list(range(7, -9, -1))
"""Every weight there is, upwards in the low nibbles and downwards in the high ones."""


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "tiny.bin"
    path.write_bytes(content)
    return path


def test_a_block_written_by_hand() -> None:
    # f16 0.5, then byte j = 0x8f: low nibble 15 → weight 7, high nibble 8 → weight 0.
    raw = np.frombuffer(b"\x00\x38" + b"\x8f" * 16, dtype=np.uint8)
    weights = q4.unpack_q4(raw)
    assert weights.dtype == np.float32
    assert weights.tolist() == [3.5] * 16 + [0.0] * 16


def test_tensors_are_read_exactly(tmp_path: Path) -> None:
    two_blocks = e5s1.q4_block(0.25, COUNTING) + e5s1.q4_block(-2.0, COUNTING[::-1])
    floats = np.array([1.5, -0.0, 3e-39, np.inf], dtype="<f4")
    content = e5s1.file({"a.w": (1, 64, two_blocks), "b": (0, 4, floats.tobytes())})
    shape, tensors = q4.read(written(tmp_path, content))
    assert shape == e5s1.TINY
    assert list(tensors) == ["a.w", "b"]
    assert tensors["a.w"].tolist() == [w * 0.25 for w in COUNTING] + [w * -2.0 for w in COUNTING[::-1]]
    assert tensors["b"].tobytes() == floats.tobytes()
    assert {each.dtype for each in tensors.values()} == {np.dtype("float32")}


@pytest.mark.parametrize(
    ("scale", "weights"),
    [
        (0.25, COUNTING),
        (-2.0, COUNTING[::-1]),
        (0.5, [0] * 32),
        (0.0, COUNTING),
        (3e-7, [7, -7] * 16),
        (0.011, [-3, 2, 1] + [0] * 29),
    ],
)
def test_blocks_that_are_packed_again_give_the_same_weights(scale: float, weights: list[int]) -> None:
    unpacked = q4.unpack_q4(np.frombuffer(e5s1.q4_block(scale, weights) * 3, np.uint8))
    assert (q4.unpack_q4(q4.pack_q4(unpacked)) == unpacked).all()


def test_random_blocks_are_packed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(q4, "PACKED", 7)
    rng = np.random.default_rng(1)
    raw = b"".join(e5s1.q4_block(rng.normal(), rng.integers(-8, 8, 32).tolist()) for _ in range(300))
    unpacked = q4.unpack_q4(np.frombuffer(raw, np.uint8))
    assert (q4.unpack_q4(q4.pack_q4(unpacked)) == unpacked).all()


def test_weights_of_more_than_4_bits_are_not_packed() -> None:
    with pytest.raises(ValueError, match="1 of 2 blocks of weights are not of 4 bits"):
        q4.pack_q4(np.array([[1.0] * 32, [0.1 * n for n in range(32)]], np.float32))


ONE = {"a": (0, 1, b"\0" * 4)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "cut short", id="empty"),
        pytest.param(e5s1.file(ONE, e5s1.header(magic=b"GGUF")), "begins with b'GGUF'", id="magic"),
        pytest.param(e5s1.file(ONE, e5s1.header(version=2)), "version 2", id="version"),
        pytest.param(e5s1.file(ONE, e5s1.header(block=64)), "blocks of 64", id="block"),
        pytest.param(e5s1.file({"a": (7, 1, b"\0" * 4)}), "unknown type 7", id="type"),
        pytest.param(e5s1.file({"a": (0, 2, b"\0" * 4)}), "holds 1 weights, not 2", id="count"),
        pytest.param(e5s1.file({"a": (1, 32, b"\0" * 17)}), "damaged", id="block of 17 bytes"),
        pytest.param(e5s1.header() + b"\xff" * 4, "cut short", id="a negative number of pieces"),
    ],
)
def test_what_is_not_the_format_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ModelCorrupt, match=said):
        q4.read(written(tmp_path, content))


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    whole = e5s1.file({"a.w": (1, 32, e5s1.q4_block(1.0, COUNTING)), "b": (0, 2, b"\0" * 8)})
    q4.read(written(tmp_path, whole))
    for length in range(len(whole)):
        with pytest.raises(ModelCorrupt, match=r"tiny\.bin"):
            q4.read(written(tmp_path, whole[:length]))
