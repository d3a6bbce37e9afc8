"""python -m indexer: build an index, keep it up to date, tell its state and health, save and restore it."""

from __future__ import annotations

import argparse
import logging
import sys

from indexer.commands import add_building, add_upkeep, exit_code
from indexer.errors import CorpusError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 the corpus or the command line is at fault."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m indexer", description="Build and look after an index.")
    commands = parser.add_subparsers(dest="command", required=True)
    add_building(commands)
    add_upkeep(commands)
    options = parser.parse_args(arguments)
    return exit_code(lambda: options.run(options), usage_errors=(CorpusError,))


if __name__ == "__main__":
    sys.exit(main())
