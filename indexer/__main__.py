"""python -m indexer: build an index, keep it up to date, tell its state and health, save and restore it."""

from __future__ import annotations

import argparse
import functools
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

from rich.console import Console

from indexer import reports
from indexer.building import build as builder
from indexer.corpus.walk import Corpus
from indexer.errors import CorpusError
from indexer.store import generation as store
from indexer.upkeep import doctor
from indexer.upkeep import status as state
from indexer.upkeep.backup import backup
from indexer.upkeep.restore import restore
from indexer.upkeep.watch import watch
from models import encoder as models
from models.encoder import ModelChoice
from models.errors import RepereError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 the corpus or the command line is at fault."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options) or 0
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 2
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the index is as it was before.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indexer", description="Build and look after an index.")
    commands = parser.add_subparsers(dest="command", required=True)
    index = argparse.ArgumentParser(add_help=False)
    index.add_argument("--index", type=Path, default=os.environ.get("REPERE_INDEX", "index"))
    corpus = argparse.ArgumentParser(add_help=False)
    several = f"several are parted by {os.pathsep!r} or given one by one"
    corpus.add_argument("--corpus", action="append", metavar="FOLDER", help=f"folder to index; {several}")
    for name in "include", "exclude":
        told = f"files to {name}, as in .gitignore; {several}"
        corpus.add_argument(f"--{name}", action="append", metavar="PATTERN", help=told)
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--model", default=os.environ.get("REPERE_MODEL", ""), help="folder or hub name")
    model.add_argument("--query-prompt", default=os.environ.get("REPERE_QUERY_PROMPT"))
    model.add_argument("--passage-prompt", default=os.environ.get("REPERE_PASSAGE_PROMPT"))
    build = commands.add_parser(
        "build", parents=[index, corpus, model], help="index folders and publish the result"
    )
    build.add_argument("--force", action="store_true", help="build even when nothing has changed")
    build.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    watched = "build, and again whenever the folders change"
    commands.add_parser("watch", parents=[index, corpus, model], help=watched)
    status = commands.add_parser("status", parents=[index], help="say what the index holds")
    status.add_argument("--json", action="store_true", help="as JSON, for programs")
    commands.add_parser("rollback", parents=[index], help="make the generation before serve again")
    checks = commands.add_parser("doctor", parents=[index, model], help="say what is wrong, and what to do")
    checks.add_argument("--repair", action="store_true", help="mend what can be mended")
    checks.add_argument("--json", action="store_true", help="as JSON, for programs")
    saved = {"backup": "save what serves in one file", "restore": "serve what a backup holds"}
    for name, told in saved.items():
        commands.add_parser(name, parents=[index], help=told).add_argument("file", type=Path, metavar="FILE")
    return parser


def _build(options: argparse.Namespace) -> None:
    corpus, choice = _corpus(options), _choice(options)
    if options.dry_run:
        _say(reports.planned(builder.plan(corpus, options.index, choice, force=options.force)))
        return
    report = builder.build(corpus, options.index, choice, force=options.force)
    _say(reports.built(report, options.index))


def _watch(options: argparse.Namespace) -> None:
    corpus, choice, stop = _corpus(options), _choice(options), Event()
    load = functools.cache(models.load)  # once for all builds
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def rebuild() -> None:
        try:
            _say(reports.built(builder.build(corpus, options.index, choice, load=load), options.index))
        except RepereError as error:
            print(error, file=sys.stderr, flush=True)

    print(f"Watching {corpus.name}; Ctrl-C ends it.", flush=True)
    watch(corpus, rebuild, stop)


def _status(options: argparse.Namespace) -> None:
    found = state.status(options.index)
    if options.json:
        print(json.dumps(state.as_json(found), ensure_ascii=False, indent=1))
    else:
        state.show(found, Console())


def _rollback(options: argparse.Namespace) -> None:
    pointer = store.rollback(options.index)
    print(f"{pointer.current} serves again; 'rollback' once more returns to {pointer.previous}.")


def _doctor(options: argparse.Namespace) -> int:
    findings = doctor.examine(options.index, _choice(options), repair=options.repair)
    if options.json:
        print(json.dumps(doctor.as_json(findings), ensure_ascii=False, indent=1))
    else:
        doctor.show(findings, Console())
    return 0 if doctor.healthy(findings) else 1


def _backup(options: argparse.Namespace) -> None:
    saved = backup(options.index, options.file)
    told = f"{saved.files} files of {saved.size / 1e6:.1f} MB"
    print(f"{saved.manifest.generation} is in {options.file}: {told}, each as its checksum says.")


def _restore(options: argparse.Namespace) -> None:
    manifest = restore(options.file, options.index)
    told = f"{manifest.documents} documents, {manifest.passages} passages, built {manifest.created}"
    print(
        f"{manifest.generation} serves: {told} by model {manifest.model.name} ({manifest.model.fingerprint})."
    )


def _corpus(options: argparse.Namespace) -> Corpus:
    """The corpus that options and environment name."""

    def named(name: str, default: str = "") -> tuple[str, ...]:
        given = getattr(options, name) or [os.environ.get(f"REPERE_{name.upper()}") or default]
        return tuple(part for each in given for part in _parts(each) if part)

    folders = tuple(Path(folder).expanduser() for folder in named("corpus", "seeds"))
    return Corpus(folders, named("include"), named("exclude"), apart_from=options.index)


def _parts(text: str) -> list[str]:
    """What stands between separators; a folder that has one in its name is whole."""
    return [text] if Path(text).is_dir() else text.split(os.pathsep)


def _choice(options: argparse.Namespace) -> ModelChoice:
    return ModelChoice(options.model, options.query_prompt, options.passage_prompt)


def _say(lines: reports.Lines) -> None:
    for line in lines:
        print(line, flush=True)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "build": _build,
    "watch": _watch,
    "status": _status,
    "rollback": _rollback,
    "doctor": _doctor,
    "backup": _backup,
    "restore": _restore,
}

if __name__ == "__main__":
    sys.exit(main())
