"""Where settings stand and how their names are written there: a file, the environment, the command line."""

from __future__ import annotations

import argparse
import difflib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from models.errors import RepereError

PREFIX = "REPERE_"


class SettingsError(RepereError):
    """A setting is unknown, has a value it cannot have, or contradicts another."""


def variable(field: str) -> str:
    """The environment variable that sets a field."""
    return PREFIX + field.upper()


def flag(field: str) -> str:
    """The flag that sets a field."""
    return f"--{field.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Source:
    """One place that settings come from."""

    given: Mapping[str, str]
    """Names as they are written there → values."""
    fields: Collection[str]
    """What may be set there."""
    written: Callable[[str], str]
    """A field's name as it is written there."""
    where: str = ""

    def read(self) -> Iterator[tuple[str, str, str]]:
        """Each field that is set: its name, its value, and both as the user wrote them.

        Raises SettingsError for an unknown name.
        """
        known = {self.written(field): field for field in self.fields}
        for name, value in self.given.items():
            if name not in known:
                raise SettingsError(f"{name}{self.where} is not a setting. {self._hint(name)}")
            # An empty value counts as unset: that is how make and shells pass on what was not given.
            if value:
                yield known[name], value, f"{name}={value!r}{self.where}"

    def _hint(self, name: str) -> str:
        # Compared without prefixes, which would make any two names alike.
        bare = name.removeprefix(PREFIX).removeprefix("--").replace("-", "_").lower()
        near = difflib.get_close_matches(bare, self.fields, n=1)
        if near:
            return f"Did you mean {self.written(near[0])}?"
        return f"Known are {', '.join(map(self.written, self.fields))}."


def in_file(path: Path) -> dict[str, str]:
    """What a TOML file holds, as text. Raises SettingsError when it cannot be read."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings in {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"The settings in {path} are not TOML: {error}.") from error
    return {name: _as_text(name, value, path) for name, value in found.items()}


def _as_text(name: str, value: Any, path: Path) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise SettingsError(f"{name} in {path} is neither a text, a number nor a list of texts.")


def add_flags(parser: argparse.ArgumentParser, model: type[BaseModel], *fields: str) -> None:
    """Have a parser take the flags of these fields of a model, or of all."""
    for name in fields or model.model_fields:
        field = model.model_fields[name]
        default = "" if field.default in (None, "", ()) else f" Default: {field.default}."
        told = f"{field.description}{default}".replace("%", "%%")
        parser.add_argument(flag(name), metavar="…", help=told)


def given(options: argparse.Namespace, model: type[BaseModel]) -> dict[str, str]:
    """Flag → value of those that were given."""
    return {
        flag(name): value
        for name in model.model_fields
        if (value := getattr(options, name, None)) is not None
    }
