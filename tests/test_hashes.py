"""What is installed is what was looked at: packages by their hashes, torch among its known builds."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

from models.bundle import FILES
from tests.test_licences import CONSTRAINTS, DEVELOPMENT

ROOT = Path(__file__).parents[1]
HASHES = ROOT / "hashes.txt"
NAME = re.compile(r"^([A-Za-z0-9._-]+)==(\S+) \\$", re.MULTILINE)


def pinned() -> dict[str, str]:
    """Name → version of all that Repère runs on, by constraints.txt."""
    text = CONSTRAINTS.read_text(encoding="utf-8").split(DEVELOPMENT)[0]
    return {_plain(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_hashes_are_those_of_the_versions_that_are_pinned() -> None:
    """Where this fails, `make hashes` writes hashes.txt anew."""
    text = HASHES.read_text(encoding="utf-8")
    assert {_plain(name): version for name, version in NAME.findall(text)} == pinned()
    blocks = NAME.split(text)[3::3]
    assert len(blocks) > 50 and all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", block) for block in blocks)
    assert "://" not in text and "--index" not in text


def test_packages_are_installed_by_their_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "$(call install,packages,--no-deps --require-hashes --requirement .venv/packages.txt)" in makefile


def of_torch(folder: Path, content: bytes, known: str) -> subprocess.CompletedProcess[str]:
    """Run what make asks of the wheel of torch that has come."""
    (folder / ".venv" / "torch").mkdir(parents=True)
    (folder / ".venv" / "torch" / "torch-2.0-any.whl").write_bytes(content)
    (folder / "hashes.txt").write_text(known, encoding="utf-8")
    rule = f"known: ; @{sys.executable} -c '$(known_torch)'"
    command = ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), f"--eval={rule}", "known"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_known_build_of_torch_is_taken(tmp_path: Path) -> None:
    assert (
        of_torch(tmp_path, b"torch", f"--hash=sha256:{hashlib.sha256(b'torch').hexdigest()}").returncode == 0
    )


def test_another_build_of_torch_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = of_torch(tmp_path, b"other", f"--hash=sha256:{hashlib.sha256(b'torch').hexdigest()}")
    assert done.returncode != 0
    assert "torch-2.0-any.whl has sha256 d9298a10d1b07358" in done.stderr
    assert "which hashes.txt does not hold" in done.stderr


def test_the_list_of_what_it_runs_on_holds_the_model() -> None:
    done = subprocess.run([sys.executable, "-m", "models.bundle"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        f"{each.requirement} --hash=sha256:{each.wheel_sha256}" for each in FILES
    ]
