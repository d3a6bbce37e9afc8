"""The command `repere`: all that Repère does, in one tree of commands."""

from __future__ import annotations

import argparse
import logging
import sys

from indexer.commands import Subparsers, add_building, add_upkeep, exit_code
from indexer.errors import CorpusError
from models import VERSION
from service.cli.flags import CommandParser
from service.cli.keys import add_keys
from service.cli.mcp import add_mcp
from service.cli.report import add_report
from service.cli.search import add_search
from service.cli.serve import add_run, add_serve
from service.settings_sources import SettingsError

SHELLS = ("bash", "zsh", "fish")
"""Shells that `repere completion` writes for."""
COMPLETION = """\
Print what makes a shell complete the commands and options of repere. To have it in every new shell:
  bash  repere completion bash > ~/.local/share/bash-completion/completions/repere
  zsh   repere completion zsh > ~/.zfunc/_repere   (with 'fpath+=~/.zfunc; autoload -Uz compinit; compinit')
  fish  repere completion fish > ~/.config/fish/completions/repere.fish
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 what was asked for is at fault."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    options = command_tree().parse_args(arguments)
    return exit_code(lambda: options.run(options), usage_errors=(CorpusError, SettingsError))


def command_tree() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser: argparse.ArgumentParser = CommandParser(
        prog="repere",
        description="Ask folders of documents a question, and get the passages that answer it.",
        epilog="'repere COMMAND --help' describes a command.",
    )
    parser.add_argument("--version", action="version", version=f"repere {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_run(commands)
    add_building(commands, build="index")
    add_serve(commands)
    add_mcp(commands)
    add_search(commands)
    add_upkeep(commands)
    add_keys(commands)
    add_report(commands)
    _add_completion(commands)
    return parser


def _add_completion(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "completion",
        help="print a shell's completion of these commands",
        description=COMPLETION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    parser.set_defaults(run=_complete)


def _complete(options: argparse.Namespace) -> None:
    import shtab

    print(shtab.complete(command_tree(), options.shell))


if __name__ == "__main__":
    sys.exit(main())
