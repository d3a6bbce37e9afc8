"""Encode questions that arrive together in one batch, and remember the vectors of earlier ones."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.encoder import Encoder, Vectors
from service.search.observer import SILENT, Observer

MOST = 16
"""Texts encoded at a time: in larger batches a text costs no less, and all wait longer."""

Vector = npt.NDArray[np.float32]
"""float32 [dim]."""


@dataclass(eq=False, slots=True)
class _Request:
    """The texts that one caller waits for."""

    texts: Sequence[str]
    turn: threading.Event = field(default_factory=threading.Event)
    """Set when there is an outcome, or when it is for this caller to encode the next batch."""
    outcome: Vectors | BaseException | None = None


class QuestionEncoder:
    """An Encoder that gathers questions into batches and remembers vectors; safe from any number of threads.

    Nothing waits for company: a question that finds the encoder idle is encoded at once, alone, and those
    that come meanwhile make up the next batch. The vector of a question depends on what it was encoded with
    only as far as the engine's rounding does.
    """

    def __init__(self, encoder: Encoder, remembered: int, observer: Observer = SILENT) -> None:
        """Remember the vectors of at most `remembered` texts; the least recently asked go first."""
        self._encoder = encoder
        self._remembered = remembered
        self._observer = observer
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._waiting: deque[_Request] = deque()
        self._busy = False
        self._lock = threading.Lock()  # of the three above; never held while something is encoded

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the encoder."""
        return getattr(self._encoder, name)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of questions: float32 [len(texts), dim], unit rows, a copy for the caller.

        Raises whatever the encoder does, in every caller whose texts it was encoding.
        """
        found = self._recalled(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        self._observer.cache(hits=len(found), misses=len(missing))
        if missing:
            new = dict(zip(missing, self._encoded(missing), strict=True))
            self._remember(new)
            found |= new
        vectors = np.empty((len(texts), self._encoder.dim), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = found[text]
        return vectors

    def _recalled(self, texts: Iterable[str]) -> dict[str, Vector]:
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
            for text in found:
                self._known.move_to_end(text)
        return found

    def _remember(self, new: Mapping[str, Vector]) -> None:
        with self._lock:
            for text, vector in new.items():
                self._known[text] = vector.copy()  # a view would keep the vectors of the whole batch
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        own = _Request(texts)
        with self._lock:
            self._waiting.append(own)
            if not self._busy:
                self._busy = True
                own.turn.set()
        own.turn.wait()
        if own.outcome is None:
            self._encode_waiting()
        if isinstance(own.outcome, BaseException):
            raise own.outcome
        assert own.outcome is not None
        return own.outcome

    def _encode_waiting(self) -> None:
        """Encode what the first callers in line wait for, then have the next in line do the same."""
        batch = self._next_batch()
        texts = [text for each in batch for text in each.texts]
        self._observer.batch(len(texts))
        try:
            vectors = self._encoder.queries(texts)
            start = 0
            for each in batch:
                each.outcome = vectors[start : start + len(each.texts)]
                start += len(each.texts)
        except BaseException as error:  # whatever it is, nobody may be left waiting
            for each in batch:
                each.outcome = error
        with self._lock:
            self._busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0].turn.set()
        for each in batch:
            each.turn.set()

    def _next_batch(self) -> list[_Request]:
        with self._lock:
            batch = [self._waiting.popleft()]
            count = len(batch[0].texts)
            while self._waiting and count + len(self._waiting[0].texts) <= MOST:
                batch.append(self._waiting.popleft())
                count += len(batch[-1].texts)
        return batch
