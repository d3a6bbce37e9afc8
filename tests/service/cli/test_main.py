"""The tree of commands that `repere` is: its help, its exit codes, and a shell's completion."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from models import VERSION
from service.cli.main import SHELLS, main

COMMANDS = (
    *("run", "index", "watch", "serve", "mcp", "search", "status", "doctor", "backup", "restore", "rollback"),
    *("keys", "report", "completion"),
)
Capture = pytest.CaptureFixture[str]


def test_help_lists_every_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert tuple(line.split()[0] for line in lines if line.startswith("    ") and line[4] != " ") == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert capsys.readouterr().out.startswith(f"usage: repere {command}")


def test_the_version_is_that_of_every_index(capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"repere {VERSION}\n"


@pytest.mark.usefixtures("bare_folder")
@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["index", "nowhere"], 2, "There is no folder nowhere: create it, or name the one to index."),
        (["status"], 1, "There is no index in index. Build one with 'make index'."),
        (["serve", "--prot", "1"], 2, "--prot is not a setting. Did you mean --port?"),
        (["search", "robots", "--url", "ftp://a"], 2, "--url='ftp://a' cannot be used: "),
        (["report"], 2, "No questions are noted."),
    ],
)
def test_an_error_is_one_sentence(arguments: list[str], code: int, sentence: str, capsys: Capture) -> None:
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith(sentence) and printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], "repere"),
        (["searc"], "repere"),
        (["search"], "repere search"),
        (["search", "a", "--no-such"], "repere search"),
        (["keys"], "repere keys"),
        (["status", "--prot"], "repere status"),
    ],
)
def test_an_incomplete_command_shows_its_usage(arguments: list[str], command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err.startswith(f"usage: {command} [")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_understands_its_completion(shell: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in COMMANDS) and "dry-run" in script
    if shutil.which(shell):
        (tmp_path / "completion").write_text(script, encoding="utf-8")
        subprocess.run([shell, "-n", str(tmp_path / "completion")], check=True)
