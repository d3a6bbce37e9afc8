"""Take items from an iterator in a thread of its own, a bounded way ahead of whoever uses them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from threading import Condition, Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Prefetch(Generic[T]):
    """Yields the items of an iterable in their order, made ahead in a thread while its block runs.

    Making stops while the items that wait weigh `most` or more, so that at least one is always on its way. An
    error in the thread is raised where the item would have come.
    """

    def __init__(self, items: Iterable[T], weight: Callable[[T], int], most: int) -> None:
        self._items = items
        self._weight = weight
        self._most = most
        self._waiting: deque[T] = deque()
        self._weighed = 0
        self._changed = Condition()
        self._stopped = self._ended = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._make, name="prefetch", daemon=True)

    def __enter__(self) -> Self:
        """Start making items."""
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        """Stop after the item that is being made."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    break
                item = self._waiting.popleft()
                self._weighed -= self._weight(item)
                self._changed.notify_all()
            yield item
        if self._error is not None:
            raise self._error

    def _make(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:  # it is raised again by whoever uses the items
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, item: T) -> bool:
        """Add an item once there is room; return whether more are wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._weighed < self._most or self._stopped)
            self._waiting.append(item)
            self._weighed += self._weight(item)
            self._changed.notify_all()
            return not self._stopped
