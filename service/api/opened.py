"""Which collections a request is answered from: of those that its key opens, the ones it names."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Self

from indexer.index_folders import ALL
from service.errors import ApiError, echo
from service.search.collections import Collections
from service.search.index_watcher import Serving
from service.search.searcher import Searcher


@dataclass(frozen=True, slots=True)
class Answering:
    """A collection that answers, with what answers a request to its end."""

    name: str | None
    """None for one index without a name."""
    searcher: Searcher

    @property
    def generation(self) -> str:
        """The generation that answers."""
        return self.searcher.index.manifest.generation


@dataclass(frozen=True, slots=True)
class Chosen:
    """The collections that a request names."""

    answering: tuple[Answering, ...]
    """In the order of the settings; at least one."""
    silent: Mapping[str, str]
    """Name → why it does not answer."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all of them, none for one index without a name."""
        return (*(each.name for each in self.answering if each.name is not None), *self.silent)


@dataclass(frozen=True, slots=True)
class Opened:
    """The collections that a request may ask, each as it serves at one moment."""

    serving: Mapping[str | None, Serving]
    """Name → what answers; in the order of the settings."""

    @classmethod
    def by(cls, collections: Collections, names: AbstractSet[str] | None = None) -> Self:
        """Return what a key opens that names collections; None: every one. Raises a 503 where none answers.

        Raises a 403 where none of its collections is served.
        """
        serving = {
            name: watcher.now
            for name, watcher in collections.watchers.items()
            if names is None or name in names
        }
        if not serving:
            message = "The key opens none of the collections that are served here."
            raise ApiError(403, "forbidden", message, "Send a key that opens one of them.")
        if all(now.searcher is None for now in serving.values()):
            raise not_ready(serving)
        return cls(serving)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the collections, none for one index without a name."""
        return tuple(name for name in self.serving if name is not None)

    def one(self, wanted: str | None) -> Answering:
        """Return the one collection that a request names, or may leave out where there is but one.

        Raises a 422 where that is none or several, a 503 where it does not answer.
        """
        serving = self._wanted(wanted)
        if len(serving) > 1:
            message = f"This is asked of one collection, and {len(serving)} are meant."
            raise ApiError(
                422, "one_collection", message, f"Send collection with one of: {', '.join(self.names)}."
            )
        return _answering(serving)[0]

    def several(self, wanted: str | None) -> Chosen:
        """Return the collections that a request names; None: all.

        Raises a 422 for a name that there is none of, a 503 where none of them answers.
        """
        serving = self._wanted(wanted)
        silent = {
            name: now.problem or ""
            for name, now in serving.items()
            if now.searcher is None and name is not None
        }
        return Chosen(_answering(serving), silent)

    def _wanted(self, wanted: str | None) -> Mapping[str | None, Serving]:
        if wanted is None or wanted == ALL:
            return self.serving
        names = unicodedata.normalize("NFC", wanted).split(",")
        for name in names:
            if names.count(name) > 1 and name in self.serving:
                message = f"collection: it names {name} twice."
                raise ApiError(422, "invalid_parameter", message, "Name each collection once.")
            if name not in self.serving:
                there = ", ".join(self.names)
                hint = f"There are: {there}." if there else "There is one index without a name: leave it out."
                raise ApiError(422, "unknown_collection", f"There is no collection {echo(name)}.", hint)
        return {name: now for name, now in self.serving.items() if name in names}


def _answering(serving: Mapping[str | None, Serving]) -> tuple[Answering, ...]:
    """Return those that answer. Raises a 503 where none does."""
    answering = tuple(Answering(name, now.searcher) for name, now in serving.items() if now.searcher)
    if not answering:
        raise not_ready(serving)
    return answering


def not_ready(serving: Mapping[str | None, Serving]) -> ApiError:
    """Return the refusal where no collection answers, with the reason of the first."""
    name, now = next(iter(serving.items()))
    problem = now.problem or "There is no index yet."
    message = problem if name is None else f"{name} does not answer. {problem}"
    return ApiError(503, "not_ready", message, "GET /health says when the service is ready.")


def generations(answering: Sequence[Answering]) -> str:
    """Return the generations that answer, joined by "," in the order of the settings."""
    return ",".join(each.generation for each in answering)
