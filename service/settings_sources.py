"""The places that settings come from (a TOML file, the environment, flags) and how each spells names."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from models.errors import RepereError

Value: TypeAlias = str | dict[str, str]
"""What a setting is given: a text, or a table of texts."""
PREFIX = "REPERE_"
"""Beginning of the name of every environment variable that is read."""


class SettingsError(RepereError):
    """Raised for a setting that is unknown, has a value it cannot have, or contradicts another."""


def variable(field: str) -> str:
    """Return the name of the environment variable that sets a field."""
    return PREFIX + field.upper()


def flag(field: str) -> str:
    """Return the command-line flag that sets a field."""
    return f"--{field.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One setting that a source gives a value."""

    field: str
    value: Value
    written: str
    """Name, value and place as the user wrote them, for messages."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place that settings come from."""

    values: Mapping[str, Value]
    """Value of each setting, under its name as it is written in this place."""
    fields: Collection[str]
    """Fields that may be set in this place."""
    spelling: Callable[[str], str]
    """Turns a field into its name as it is written in this place."""
    place: str = ""
    """What messages add to a name, such as " in repere.toml"."""

    def assignments(self) -> Iterator[Assignment]:
        """Yield an assignment for each field that has a value. Raises SettingsError for an unknown name."""
        known = {self.spelling(field): field for field in self.fields}
        for name, value in self.values.items():
            if name not in known:
                raise SettingsError(f"{name}{self.place} is not a setting. {self._hint(name)}")
            # An empty value counts as unset: that is how make and shells pass on what was not given.
            if value:
                yield Assignment(known[name], value, f"{name}={value!r}{self.place}")

    def _hint(self, name: str) -> str:
        # Compared without prefixes, which would make any two names alike.
        bare = name.removeprefix(PREFIX).removeprefix("--").replace("-", "_").lower()
        near = difflib.get_close_matches(bare, self.fields, n=1)
        if near:
            return f"Did you mean {self.spelling(near[0])}?"
        return f"Known are {', '.join(map(self.spelling, self.fields))}."


def read_toml(path: Path, tables: Collection[str] = ()) -> dict[str, Value]:
    """Return the settings of a TOML file as text; those in `tables` may be tables of texts.

    Raises SettingsError when it cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings in {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"The settings in {path} are not TOML: {error}.") from error
    return {
        name: _as_table(name, value, path)
        if name in tables and isinstance(value, dict)
        else _as_text(name, value, path)
        for name, value in table.items()
    }


def _as_table(name: str, value: dict[str, Any], path: Path) -> dict[str, str]:
    if value and all(isinstance(part, str) for part in value.values()):
        return value
    raise SettingsError(f'{name} in {path} is a table, which holds lines of name = "text", and at least one.')


def _as_text(name: str, value: Any, path: Path) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise SettingsError(f"{name} in {path} is neither a text, a number nor a list of texts.")
