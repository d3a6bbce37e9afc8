"""python -m service: serve an index over HTTP, and look after the keys that let requests in."""

from __future__ import annotations

import argparse
import sys

from indexer.commands import exit_code
from service.cli.flags import PRECEDENCE, CommandParser
from service.cli.keys import add_keys
from service.cli.report import add_report
from service.cli.serve import add_serve
from service.settings_sources import SettingsError

USAGE = "python -m service [serve] [--SETTING VALUE …]"
EPILOG = f"""\
{PRECEDENCE}
Other commands: keys create|list|revoke, report (see 'python -m service keys --help').
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 a setting or the command line is at fault."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0].startswith("-"):
        arguments = ["serve", *arguments]
    parser: argparse.ArgumentParser = CommandParser(prog="python -m service")
    commands = parser.add_subparsers()
    add_serve(commands, prog="python -m service", usage=USAGE, epilog=EPILOG)
    add_keys(commands)
    add_report(commands)
    if arguments[0] not in commands.choices:
        known = ", ".join(commands.choices)
        print(f"There is no command {arguments[0]!r}. Known are {known}.", file=sys.stderr)
        return 2
    options = parser.parse_args(arguments)
    return exit_code(lambda: options.run(options), usage_errors=(SettingsError,))


if __name__ == "__main__":
    sys.exit(main())
