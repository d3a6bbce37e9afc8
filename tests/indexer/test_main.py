"""The command line: what it prints, where, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from indexer import reports
from indexer.__main__ import main
from indexer.commands import exit_code, rebuild_on_change
from indexer.corpus.walk import Corpus
from indexer.errors import BuildUnderWay, CorpusError
from indexer.store import generation as store
from indexer.store.manifest import NearestRecord, read_manifest, verify
from models.load import ModelChoice

Capture = pytest.CaptureFixture[str]


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


@pytest.mark.usefixtures("stand_in")
def test_build_reports(corpus: Path, tmp_path: Path, capsys: Capture) -> None:
    (corpus / "lettre.docx").write_bytes(b"PK\x03\x04")
    assert run("build", "--corpus", corpus, "--index", tmp_path / "i") == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == f"Published g000001 in {tmp_path / 'i'}: 3 documents of 4 files,"
    assert re.fullmatch(r"  \d passages, \d+ sentences, [\d.]+ s,", lines[1])
    assert re.fullmatch(r"  (\d+) of \1 texts embedded, each once,", lines[2])
    del lines[2]
    assert lines[2] == "  model stand-in (0123456789abcdef) on stand-in,"
    stages = ("read", "passages", "twins", "words", "catalogue", "vectors", "cells", "rest")
    assert re.fullmatch("  seconds: " + ", ".join(rf"{stage} [\d.]+" for stage in stages) + ";", lines[3])
    assert lines[4:6] == ["  search: every passage is looked at.", "Skipped 1:"]
    assert lines[6].startswith("  lettre.docx: ") and len(lines) == 7
    assert said.err == ""


@pytest.mark.usefixtures("stand_in")
def test_build_again(corpus: Path, index: Path, capsys: Capture) -> None:
    assert run("build", "--corpus", corpus, "--index", index) == 0
    assert capsys.readouterr().out == f"Up to date: {corpus} has not changed since g000001.\n"
    assert run("build", "--corpus", corpus, "--index", index, "--force") == 0
    said = capsys.readouterr().out
    assert said.startswith("Published g000002 in ") and "taken over" not in said


@pytest.mark.usefixtures("stand_in")
def test_build_tells_what_was_taken_over(corpus: Path, index: Path, capsys: Capture) -> None:
    (corpus / "robots.txt").write_text("Robots\n\nThere are three of them now.", encoding="utf-8")
    assert run("build", "--corpus", corpus, "--index", index) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "  files: 1 changed, 2 unchanged,"
    assert lines[3] == "  vectors of 2 passages taken over from the generation before,"
    assert re.fullmatch(r"  \d of \d texts embedded, each once,", lines[4])
    assert lines[5].startswith("  model ") and lines[6].startswith("  seconds: ") and len(lines) == 8


@pytest.mark.usefixtures("stand_in")
def test_a_dry_run_says_what_a_build_would_do(corpus: Path, index: Path, capsys: Capture) -> None:
    assert run("build", "--dry-run", "--corpus", corpus, "--index", index) == 0
    assert capsys.readouterr().out == "Nothing to do: all 3 files are as they were indexed.\n"
    (corpus / "robots.txt").write_text("Robots\n\nThere are three of them now.", encoding="utf-8")
    (corpus / "oncologie.txt").rename(corpus / "cancer.txt")
    (corpus / "santé" / "télémédecine.md").unlink()
    (corpus / "neuf.txt").write_text("Un texte neuf.", encoding="utf-8")
    assert run("build", "--dry-run", "--corpus", corpus, "--index", index) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Of 3 files: 1 new, 1 changed, 1 moved, 1 removed.",
        "new 1:",
        "  neuf.txt",
        "changed 1:",
        "  robots.txt",
        "moved 1:",
        "  oncologie.txt → cancer.txt",
        "removed 1:",
        "  santé/télémédecine.md",
    ]
    assert store.read_pointer(index).current == "g000001"
    assert run("build", "--corpus", corpus, "--index", index) == 0
    said = capsys.readouterr().out
    assert "  files: 1 new, 1 changed, 1 moved, 1 removed,\n" in said


@pytest.mark.usefixtures("stand_in")
def test_a_dry_run_before_the_first_build_makes_nothing(
    corpus: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert run("build", "--dry-run", "--corpus", corpus, "--index", tmp_path / "i") == 0
    assert capsys.readouterr().out == "Everything would be read and embedded anew: 3 files.\n"
    assert not (tmp_path / "i").exists()


@pytest.mark.usefixtures("stand_in")
def test_several_folders_and_patterns(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "note.txt").write_text("Une note.", encoding="utf-8")
    monkeypatch.setenv("REPERE_CORPUS", f"{corpus}{os.pathsep}{tmp_path / 'b'}")
    monkeypatch.setenv("REPERE_EXCLUDE", "robots.txt")
    assert run("build", "--index", tmp_path / "i") == 0
    assert "3 documents of 3 files," in capsys.readouterr().out
    assert run("build", "--index", tmp_path / "i", "--include", "*.md", "--exclude", "rien") == 0
    assert "1 documents of 1 files," in capsys.readouterr().out


def test_status_for_programs(index: Path, corpus: Path, capsys: Capture) -> None:
    assert run("status", "--index", index, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["manifest"]["generation"], said["manifest"]["corpus"]) == ("g000001", str(corpus))
    assert said["formats"] == {
        "text": {"documents": 2, "passages": 2},
        "markdown": {"documents": 1, "passages": 1},
    }
    assert set(said["languages"]) == {"fr", "en"}
    assert said["years"]["2021"] == {"documents": 1, "passages": 1}


@pytest.mark.usefixtures("stand_in")
def test_a_watch_goes_on_after_a_build_that_failed(corpus: Path, tmp_path: Path, capsys: Capture) -> None:
    def watch(rebuild: Callable[[], None]) -> None:
        rebuild()
        (tmp_path / "elsewhere").mkdir()
        corpus.rename(tmp_path / "elsewhere" / "corpus")
        rebuild()
        (tmp_path / "elsewhere" / "corpus").rename(corpus)
        rebuild()

    rebuild_on_change(Corpus((corpus,)), tmp_path / "i", ModelChoice(), watch)
    said = capsys.readouterr()
    assert said.out.startswith(f"Watching {corpus}; Ctrl-C ends it.\nPublished g000001 in ")
    assert said.err == f"There is no folder {corpus}: create it, or name the one to index.\n"
    assert said.out.endswith(f"Up to date: {corpus} has not changed since g000001.\n")


@pytest.mark.usefixtures("stand_in")
@pytest.mark.slow
def test_a_watch_ends_when_it_is_told_to(corpus: Path, tmp_path: Path, capsys: Capture) -> None:
    ended = Event()

    def terminate() -> None:
        while not (tmp_path / "i" / "CURRENT").exists():
            if ended.wait(0.01):
                return
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    killer = Thread(target=terminate, daemon=True)
    killer.start()
    try:
        assert run("watch", corpus, "--index", tmp_path / "i") == 0
    finally:
        ended.set()
        killer.join()
        signal.signal(signal.SIGTERM, before)
    assert "Published g000001 in " in capsys.readouterr().out


def test_an_index_with_cells_is_described(index: Path) -> None:
    manifest = read_manifest(index / "generations" / "g000001")
    manifest = replace(manifest, nearest=NearestRecord(579, 8, 0.99921875))
    assert reports.nearest(manifest) == "8 of 579 cells are looked into, recall@10 0.999"


@pytest.mark.usefixtures("stand_in")
def test_a_long_list_of_skipped_files_is_cut(corpus: Path, tmp_path: Path, capsys: Capture) -> None:
    for number in range(25):
        (corpus / f"{number:02}.jpg").touch()
    run("build", "--corpus", corpus, "--index", tmp_path / "i")
    lines = capsys.readouterr().out.splitlines()
    assert lines[6] == "Skipped 25:"
    assert lines[-2].startswith("  19.jpg: ")
    assert lines[-1] == "  … and 5 more"


def test_status(index: Path, corpus: Path, capsys: Capture) -> None:
    assert run("status", "--index", index) == 0
    lines = capsys.readouterr().out.splitlines()
    said = dict(line.split(maxsplit=1) for line in lines[:11])
    assert re.fullmatch(r"g000001, built 20\S+\+00:00 by version \S+", said["generation"])
    assert said["before"] == "it   none"
    assert said["corpus"] == str(corpus)
    assert said["model"] == "stand-in (0123456789abcdef, 64 dimensions)"
    assert (said["engine"], said["search"]) == ("stand-in", "every passage is looked at")
    assert (said["documents"], said["passages"], said["sentences"]) == ("3", "3", "14")
    files = verify(index / "generations" / "g000001").files
    assert said["checksums"] == f"all {len(files)} files whole"


@pytest.mark.usefixtures("stand_in")
def test_rollback(index: Path, corpus: Path, capsys: Capture) -> None:
    assert run("rollback", "--index", index) == 1
    assert "has no generation before g000001" in capsys.readouterr().err
    run("build", "--corpus", corpus, "--index", index, "--force")
    capsys.readouterr()
    assert run("rollback", "--index", index) == 0
    assert capsys.readouterr().out == "g000001 serves again; 'rollback' once more returns to g000002.\n"
    assert store.read_pointer(index).current == "g000001"


def one_line(capsys: Capture) -> str:
    """What standard error said, which was one line; nothing went to standard output."""
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("\n") and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("name", ["missing", "empty", "file.txt"])
def test_a_corpus_at_fault_is_2(tmp_path: Path, capsys: Capture, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    assert run("build", "--corpus", tmp_path / name, "--index", tmp_path / "i") == 2
    assert str(tmp_path / name) in one_line(capsys)


@pytest.mark.parametrize("name", ["status", "rollback"])
def test_no_index_is_1(tmp_path: Path, capsys: Capture, name: str) -> None:
    assert run(name, "--index", tmp_path / "i") == 1
    assert one_line(capsys).endswith("Build one with 'make index'.\n")
    assert not (tmp_path / "i").exists()


def test_a_damaged_index_is_1(index: Path, capsys: Capture) -> None:
    (index / "generations" / "g000001" / "passages.npy").write_bytes(b"")
    assert run("status", "--index", index) == 1
    assert "Generation g000001 is damaged: passages.npy has checksum" in one_line(capsys)


@pytest.mark.usefixtures("stand_in")
def test_an_index_that_cannot_be_written_is_1(corpus: Path, capsys: Capture) -> None:
    assert run("build", "--corpus", corpus, "--index", corpus / "robots.txt") == 1
    assert "cannot hold an index: " in one_line(capsys)


def test_a_missing_model_is_1(corpus: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run("build", "--corpus", corpus, "--index", tmp_path / "i", "--model", "no/such/model") == 1
    assert "MODEL=no/such/model is neither a folder nor a hub name" in one_line(capsys)


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (BuildUnderWay("Another build is under way."), 1),
        (CorpusError("There is no folder a."), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_stops_a_command(capsys: Capture, raised: BaseException, code: int) -> None:
    def stop() -> None:
        raise raised

    assert exit_code(stop, usage_errors=(CorpusError,)) == code
    one_line(capsys)


@pytest.mark.parametrize("arguments", [[], ["destroy"], ["build", "--no-such"]], ids=str)
def test_a_wrong_command_line_is_2(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    assert "usage: python -m indexer" in capsys.readouterr().err


@pytest.mark.slow
def test_the_module_runs(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "indexer", "build", "--corpus", str(tmp_path / "missing")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    said = f"There is no folder {tmp_path / 'missing'}: create it, or name the one to index.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.setenv("REPERE_INDEX", str(tmp_path / "from-environment"))
    assert run("status") == 1
    assert "from-environment" in one_line(capsys)


def test_status_and_doctor_tell_of_each_of_several_indexes(
    index: Path, tmp_path: Path, capsys: Capture
) -> None:
    named = f"lois={index},santé={tmp_path / 'nowhere'}"
    assert run("status", "--index", named) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("─")] == ["lois", "santé"]
    assert lines[-1] == f"There is no index in {tmp_path / 'nowhere'}. Build one with 'make index'."
    assert run("status", "--json", "--index", named) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["lois"]["manifest"]["documents"] == 3
    assert said["santé"]["error"].startswith("There is no index in ")
    assert run("doctor", "--json", "--index", named) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["lois"]["healthy"], said["santé"]["healthy"]) == (True, False)


@pytest.mark.parametrize("command", ["build", "watch", "rollback", "backup", "restore"])
def test_what_changes_an_index_takes_one(tmp_path: Path, capsys: Capture, command: str) -> None:
    file = [tmp_path / "file"] if command in ("backup", "restore") else []
    assert run(command, "--index", "a=x,b=y", *file) == 2
    said = capsys.readouterr().err
    assert said == "This is done to one index, and there are 2: a=x,b=y. Name one with --index FOLDER.\n"


def test_an_index_that_cannot_be_is_refused_in_a_sentence(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        run("status", "--index", "a=x,a=y")
    assert "'a=x,a=y' cannot be used: the name a is given twice; " in capsys.readouterr().err
