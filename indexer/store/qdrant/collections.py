"""Generations as collections: their names, which one serves, and how another comes to serve.

    NAME                  alias: the generation that serves
    NAME-g000012          its passages (see points.py)
    NAME-g000012-index    everything else: documents' texts, and the files that a searcher keeps a copy of

The files are written first, then FILES, which searchers that look ahead wait for. A generation is complete
once its second collection holds the point COMPLETE, which is written last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from qdrant_client import models

from indexer.errors import IndexMissing
from indexer.store.qdrant.engine import Engine
from indexer.store.qdrant.points import PASSAGE

INDEX = "-index"
"""What the name of the second collection ends with."""
BEGUN, COMPLETE, FILES = 0, 1, 2
"""Points of the second collection: digest of what is being written; all of it is there; its files are."""
_GENERATION = re.compile(r"(g\d{6,})")


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations of one index in Qdrant, under its name."""

    engine: Engine
    name: str

    def passages(self, generation: str) -> str:
        """Return the name of the collection of a generation's passages."""
        return f"{self.name}-{generation}"

    def index(self, generation: str) -> str:
        """Return the name of the collection of everything else of a generation."""
        return self.passages(generation) + INDEX

    def serving(self) -> str | None:
        """Return the generation that serves; None: none does. Raises StoreUnavailable."""
        aliases = self.engine.ask(lambda client: client.get_aliases().aliases)
        target = next((each.collection_name for each in aliases if each.alias_name == self.name), None)
        return None if target is None else target.removeprefix(f"{self.name}-")

    def there(self) -> list[str]:
        """Return the generations of which a collection is there, whole or not, oldest first."""
        found = self.engine.ask(lambda client: client.get_collections().collections)
        names = (each.name.removesuffix(INDEX) for each in found if each.name.startswith(f"{self.name}-"))
        generations = {name.removeprefix(f"{self.name}-") for name in names}
        return sorted(filter(_GENERATION.fullmatch, generations), key=lambda each: int(each[1:]))

    def marker(self, generation: str, point: int) -> dict[str, Any] | None:
        """Return the payload of BEGUN, FILES or COMPLETE of a generation; None where it is not there."""
        name = self.index(generation)
        if not self.engine.ask(lambda client: client.collection_exists(name)):
            return None
        found = self.engine.ask(lambda client: client.retrieve(name, [point], with_payload=True))
        return found[0].payload if found else None

    def complete(self) -> list[str]:
        """Return the generations that are whole, oldest first."""
        return [each for each in self.there() if self.marker(each, COMPLETE) is not None]

    def layout(self) -> str:
        """Return in words what serves, and how it is laid out. Raises StoreUnavailable."""
        serving = self.serving()
        if serving is None:
            return f"nothing serves as {self.name} at {self.engine.where}"
        return f"{serving} serves as {self.name} at {self.engine.where}: {self.laid_out(serving)}"

    def laid_out(self, generation: str) -> str:
        """Return in words how a generation is laid out. Raises StoreUnavailable."""
        held = self.engine.ask(lambda client: client.get_collection(self.passages(generation)))
        given = held.config.params
        passages = given.vectors[PASSAGE]
        parts = [
            f"{held.points_count} passages",
            f"shards {given.shard_number or 1}, replicas {given.replication_factor or 1}",
            "full vectors on disk" if passages.on_disk else "full vectors in memory",
        ]
        if passages.quantization_config is not None:
            parts.append("8 bits of them in memory")
        return ", ".join(parts)

    def serve(self, generation: str) -> None:
        """Make a complete generation serve, by one call."""
        create = models.CreateAlias(collection_name=self.passages(generation), alias_name=self.name)
        operations: list[Any] = [models.CreateAliasOperation(create_alias=create)]
        if self.serving() is not None:
            delete = models.DeleteAlias(alias_name=self.name)
            operations.insert(0, models.DeleteAliasOperation(delete_alias=delete))
        self.engine.ask(lambda client: client.update_collection_aliases(operations))

    def rollback(self) -> str:
        """Make the other kept generation serve, and return it; a second rollback undoes the first.

        Raises IndexMissing where there is none.
        """
        now = self.serving()
        others = [each for each in self.complete() if each != now]
        if now is None:
            raise IndexMissing(
                f"There is no index {self.name} at {self.engine.where}: nothing to go back to."
            )
        if not others:
            raise IndexMissing(
                f"{self.name} at {self.engine.where} has no generation beside {now}: nothing to go back to."
            )
        self.serve(others[-1])
        return others[-1]

    def sweep(self, *kept: str | None) -> None:
        """Remove every generation, whole or not, but those kept."""
        for generation in self.there():
            if generation not in kept:
                self.remove(generation)

    def remove(self, generation: str) -> None:
        """Remove both collections of a generation, its marks first, so that no half of it looks whole."""
        for name in self.index(generation), self.passages(generation):
            self.engine.ask(lambda client, name=name: client.delete_collection(name))  # type: ignore[misc]
