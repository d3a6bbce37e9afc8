"""The commands that build an index and look after it: the options of each, and what it runs."""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeAlias

from models.errors import RepereError

# What the commands run is imported by them: it costs seconds, and --help does without.
if TYPE_CHECKING:
    from indexer.building.workers import Cluster
    from indexer.corpus.walk import Corpus
    from indexer.index_folders import IndexFolders
    from indexer.upkeep.checks import Finding
    from models.load import ModelChoice

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run: TypeAlias = Callable[[argparse.Namespace], int | None]


def exit_code(run: Callable[[], int | None], usage_errors: tuple[type[RepereError], ...]) -> int:
    """Run a command and return its exit code; an error is printed as its one sentence.

    0 done, 1 failed, 2 what was asked for is at fault (one of usage_errors), 130 interrupted.
    """
    try:
        return run() or 0
    except RepereError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, usage_errors) else 1
    except KeyboardInterrupt:
        print("Stopped; the index is as it was before. A build goes on where it stood.", file=sys.stderr)
        return 130


def add_building(commands: Subparsers, build: str = "build") -> None:
    """Add the commands that bring an index up to date; `build` is the name of the first."""
    parents = [_index_option(), corpus_options(), _model_options()]
    parser = _add(commands, build, _build, "index folders and publish the result", *parents)
    parser.add_argument("--force", action="store_true", help="build even when nothing has changed")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    cluster = "have a Ray cluster read and embed: host:port, auto, or local"
    parser.add_argument(
        "--ray", type=_naming("cluster: give host:port, auto or local"), metavar="ADDRESS", help=cluster
    )
    parser.add_argument(
        "--workers", type=_count, metavar="N", help="workers on it; one a GPU or CPU by default"
    )
    parser.add_argument(
        "--cache",
        type=_naming("folder and no storage"),
        metavar="FOLDER",
        help="folder or storage (s3://…) that keeps what is computed until it is published",
    )
    parser.set_defaults(refuse=parser.error)
    _add(commands, "watch", _watch, f"{build}, and again whenever the folders change", *parents)


def add_upkeep(commands: Subparsers) -> None:
    """Add the commands that show, check, save and restore an index."""
    index = _index_option()
    status = _add(commands, "status", _status, "say what the index holds", index)
    doctor = _add(commands, "doctor", _doctor, "say what is wrong, and what to do", index, _model_options())
    doctor.add_argument("--repair", action="store_true", help="mend what can be mended")
    for parser in (status, doctor):
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    backup = _add(commands, "backup", _backup, "save what serves in one file", index)
    restore = _add(commands, "restore", _restore, "serve what a backup holds", index)
    for parser in (backup, restore):
        parser.add_argument("file", type=Path, metavar="FILE")
    _add(commands, "rollback", _rollback, "make the generation before serve again", index)


def _add(
    commands: Subparsers, name: str, run: Run, summary: str, *parents: argparse.ArgumentParser
) -> argparse.ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}."
    parser = commands.add_parser(name, parents=parents, help=summary, description=description)
    parser.set_defaults(run=run)
    return parser


def _index_option() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    default = os.environ.get("REPERE_INDEX") or "index"
    parser.add_argument(
        "--index", type=_index_folders, default=default, metavar="FOLDER", help="folder of the index"
    )
    return parser


def _index_folders(text: str) -> IndexFolders:
    from indexer import index_folders

    try:
        return index_folders.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be used: {error}.") from error


def _one_index(options: argparse.Namespace) -> Path:
    """Return the folder of the one index that a command is for. Raises CorpusError where it is several."""
    folders: IndexFolders = options.index
    if not folders.names:
        return folders.first
    from indexer.errors import CorpusError

    raise CorpusError(
        f"This is done to one index, and there are {len(folders.names)}: {folders}."
        " Name one with --index FOLDER."
    )


def _model_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--model", default=os.environ.get("REPERE_MODEL", ""), help="folder or hub name")
    wheels = "folder or page of the wheels that the package index does not give"
    parser.add_argument(
        "--wheels", default=os.environ.get("REPERE_WHEELS", ""), metavar="FOLDER", help=wheels
    )
    for kind, default in ("query", "before every question"), ("passage", "before every passage"):
        parser.add_argument(
            f"--{kind}-prompt", default=os.environ.get(f"REPERE_{kind.upper()}_PROMPT"), help=f"put {default}"
        )
    return parser


def corpus_options() -> argparse.ArgumentParser:
    """Return a parent parser with the options that name the folders and files to index."""
    parser = argparse.ArgumentParser(add_help=False)
    several = f"several are parted by {os.pathsep!r} or given one by one"
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="folder to index, as --corpus names it")
    parser.add_argument("--corpus", action="append", metavar="FOLDER", help=f"folder to index; {several}")
    for name in "include", "exclude":
        told = f"files to {name}, as in .gitignore; {several}"
        parser.add_argument(f"--{name}", action="append", metavar="PATTERN", help=told)
    return parser


def read_corpus(options: argparse.Namespace, index: Path) -> Corpus:
    """Return the corpus that the options, else the environment, name; the index is no part of it."""
    from indexer.corpus.walk import Corpus

    def parts(name: str, given: list[str], default: str = "") -> tuple[str, ...]:
        values = given or [os.environ.get(f"REPERE_{name}") or default]
        return tuple(part for value in values for part in _split_paths(value) if part)

    folders = parts("CORPUS", options.folders + (options.corpus or []), "seeds")
    return Corpus(
        tuple(Path(folder).expanduser() for folder in folders),
        parts("INCLUDE", options.include or []),
        parts("EXCLUDE", options.exclude or []),
        apart_from=index,
    )


def _split_paths(text: str) -> list[str]:
    """Return what stands between path separators; a folder that has one in its name stays in one piece."""
    return [text] if Path(text).is_dir() else text.split(os.pathsep)


def _model_choice(options: argparse.Namespace) -> ModelChoice:
    from models.load import ModelChoice

    return ModelChoice(options.model, options.query_prompt, options.passage_prompt, wheels=options.wheels)


def _build(options: argparse.Namespace) -> None:
    if options.workers and not options.ray:
        options.refuse(
            "--workers counts workers on a Ray cluster, and none is named: add --ray, or leave --workers out."
        )
    index = _one_index(options)
    corpus, choice = read_corpus(options, index), _model_choice(options)
    if not options.dry_run:
        from indexer.building.workers import Cluster
        from indexer.store import home

        home.require(index)
        cluster = Cluster(options.ray, options.workers) if options.ray else None
        build_index(corpus, index, choice, force=options.force, cluster=cluster, cache=options.cache)
        return
    from indexer import reports
    from indexer.building import build as builder

    _print_lines(reports.planned(builder.plan(corpus, index, choice, force=options.force)))


def _naming(what: str) -> Callable[[str], str]:
    """Return a function that takes any text but an empty one, which names no `what`."""

    def read(text: str) -> str:
        if not text.strip():
            raise argparse.ArgumentTypeError(f"it names no {what}.")
        return text

    return read


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers: give 1 or more.")
    return int(text)


def build_index(
    corpus: Corpus,
    index: Path,
    choice: ModelChoice,
    *,
    force: bool = False,
    cluster: Cluster | None = None,
    cache: str | None = None,
) -> None:
    """Build an index and print what was done."""
    from indexer import reports
    from indexer.building import build as builder

    report = builder.build(corpus, index, choice, force=force, cluster=cluster, cache=cache)
    _print_lines(reports.built(report, index))
    _publish(index)


def _publish(index: Path) -> None:
    """Have what serves in the folder serve where REPERE_STORE says as well, and print that."""
    from indexer.store import home

    if told := home.publish(index):
        print(told, flush=True)


def _watch(options: argparse.Namespace) -> None:
    from indexer.upkeep.watch import watch

    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    index = _one_index(options)
    corpus = read_corpus(options, index)
    rebuild_on_change(corpus, index, _model_choice(options), lambda rebuild: watch(corpus, rebuild, stop))


def rebuild_on_change(
    corpus: Corpus, index: Path, choice: ModelChoice, watch: Callable[[Callable[[], None]], None]
) -> None:
    """Have `watch` build whenever the corpus changes; a build that fails is told, and watching goes on."""
    from indexer import reports
    from indexer.building import build as builder

    load = functools.cache(choice.load)  # once for all builds

    def rebuild() -> None:
        try:
            _print_lines(reports.built(builder.build(corpus, index, choice, load=load), index))
            _publish(index)
        except RepereError as error:
            print(error, file=sys.stderr, flush=True)

    print(f"Watching {corpus.name}; Ctrl-C ends it.", flush=True)
    watch(rebuild)


def _status(options: argparse.Namespace) -> int:
    from indexer.upkeep import status
    from models import engine_choice
    from models.load import ModelChoice

    model = ModelChoice().local_folder()
    engines = engine_choice.recorded(model) if model else None
    found = _look(options.index, lambda index: status.status(index, engines))
    _show(found, status, as_json=options.json)
    return 1 if any(isinstance(report, str) for report in found.values()) else 0


def _doctor(options: argparse.Namespace) -> int:
    from indexer.upkeep import audit, doctor

    choice = _model_choice(options)

    def examine(index: Path) -> list[Finding]:
        if not options.repair:
            return doctor.examine(index, choice)
        with audit.noted(index, "repair", required=False) as outcome:
            findings = doctor.examine(index, choice, repair=True)
            outcome["repaired"] = ", ".join(finding.check for finding in findings if finding.repaired)
        return findings

    found = _look(options.index, examine)
    _show(found, doctor, as_json=options.json)
    healthy = all(not isinstance(report, str) and doctor.healthy(report) for report in found.values())
    return 0 if healthy else 1


def _look(folders: IndexFolders, look: Callable[[Path], Any]) -> dict[str | None, Any]:
    """Return name → what is found of each index, or why that fails; without a name, that is raised."""
    found: dict[str | None, Any] = {}
    for each in folders.entries:
        try:
            found[each.name] = look(each.folder)
        except RepereError as error:
            if each.name is None:
                raise
            found[each.name] = str(error)
    return found


def _show(found: dict[str | None, Any], report: Any, *, as_json: bool) -> None:
    """Print reports as the module `report` shows them, each under its name where it has one."""
    if as_json:
        said = {
            name: {"error": each} if isinstance(each, str) else report.as_json(each)
            for name, each in found.items()
        }
        print(json.dumps(said.get(None, said), ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    console = Console()
    for name, each in found.items():
        if name is not None:
            console.rule(name, align="left")
        if isinstance(each, str):
            console.print(each, markup=False, highlight=False, soft_wrap=True)
        else:
            report.show(each, console)


def _backup(options: argparse.Namespace) -> None:
    from indexer.upkeep.backup import backup

    saved = backup(_one_index(options), options.file)
    size = f"{saved.files} files of {saved.size / 1e6:.1f} MB"
    print(f"{saved.manifest.generation} is in {options.file}: {size}, each as its checksum says.")


def _restore(options: argparse.Namespace) -> None:
    from indexer.upkeep import audit
    from indexer.upkeep.backup import restore

    index = _one_index(options)
    with audit.noted(index, "restore", required=True, file=str(options.file.absolute())) as outcome:
        manifest = restore(options.file, index)
        outcome["generation"] = manifest.generation
    model = f"model {manifest.model.name} ({manifest.model.fingerprint})"
    size = f"{manifest.documents} documents, {manifest.passages} passages"
    print(f"{manifest.generation} serves: {size}, built {manifest.created} by {model}.")
    _publish(index)


def _rollback(options: argparse.Namespace) -> None:
    from indexer.errors import IndexMissing
    from indexer.store import generation, home
    from indexer.upkeep import audit

    index = _one_index(options)
    try:
        generation.read_pointer(index)  # a folder that holds no index gets no audit log either
    except IndexMissing:  # it may lie on another machine, or be lost
        if (said := home.rollback(index)) is None:
            raise
        print(said)
        return
    home.require(index)
    with audit.noted(index, "rollback", required=False) as outcome:
        pointer = generation.rollback(index)
        try:
            told = home.publish(index)
        except BaseException:
            generation.rollback(index)  # so that what is tried again is the same
            raise
        outcome["generation"] = pointer.current
    print(f"{pointer.current} serves again; 'rollback' once more returns to {pointer.previous}.")
    if told:
        print(told)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)
