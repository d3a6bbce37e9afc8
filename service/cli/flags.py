"""Command-line flags made from the fields of a pydantic model, and parsers that refuse unknown ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from service.settings import Settings
from service.settings_sources import flag

PRECEDENCE = """\
Every setting may also stand in the environment (--question-cache as REPERE_QUESTION_CACHE) and in the file
that --config names (question_cache = 4096); flags go before the environment, and that before the file.
"""


class CommandParser(argparse.ArgumentParser):
    """A parser of one command, which reports unknown arguments under its own usage line.

    Where every setting has a flag, unknown flags are kept instead as `options.unknown`, so that settings.read
    refuses them with the nearest right name.
    """

    def __init__(self, *arguments: Any, every_setting: bool = False, **options: Any) -> None:
        """`every_setting`: whether the command takes a flag for each setting."""
        super().__init__(*arguments, **options)
        if every_setting:
            self.set_defaults(unknown=[])

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the arguments of the command; none is left over."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown and self.get_default("unknown") is None:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        if unknown:
            options.unknown = unknown
        return options, []


def add_flags(parser: argparse.ArgumentParser, model: type[BaseModel], *fields: str) -> None:
    """Add a flag for each of these fields of a model, or for all, described as the model describes them."""
    for name in fields or model.model_fields:
        field = model.model_fields[name]
        default = "" if field.default in (None, "", ()) else f" Default: {field.default}."
        parser.add_argument(flag(name), metavar="…", help=f"{field.description}{default}".replace("%", "%%"))


def settings_flags(options: argparse.Namespace) -> dict[str, str]:
    """Return the settings given on the command line, as flag → value; unknown flags have an empty value."""
    known = {
        flag(name): value
        for name in Settings.model_fields
        if (value := getattr(options, name, None)) is not None
    }
    return known | {argument.partition("=")[0]: "" for argument in getattr(options, "unknown", [])}
