"""The Encoder protocol: what the indexer and the service need of a model that is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.engine_choice import EngineChoice

Vectors = npt.NDArray[np.float32]
"""float32 [n, dim] in C order; every row has length 1."""


class Encoder(Protocol):
    """Turns texts into unit vectors. Its methods may be called from several threads at once."""

    @property
    def name(self) -> str:
        """Return the model's name as it is shown to people and recorded in an index."""

    @property
    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with weights, tokenizer, prompts or pooling.

        Vectors are comparable only when their models have the same fingerprint.
        """

    @property
    def engine(self) -> str:
        """Return what runs the model, for people: "OpenVINO int8 (brgemm_avx512_i8)" for instance."""

    @property
    def choice(self) -> EngineChoice | None:
        """Return what the engine was chosen from on this processor; None where there was no choice."""

    @property
    def dim(self) -> int:
        """Return the number of dimensions of a vector."""

    @property
    def max_tokens(self) -> int:
        """Return the number of tokens, prompt and special tokens included, beyond which a text is cut off."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of queries: float32 [len(texts), dim], unit rows."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages or sentences: float32 [len(texts), dim], unit rows."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, without prompt and special tokens."""
