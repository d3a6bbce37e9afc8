"""What is deployed agrees with the repository, as far as can be told without a container engine."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from pathspec import GitIgnoreSpec

from service.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = ("repere.service", "repere-index.service")


def instructions(path: Path) -> list[tuple[str, str]]:
    """(name, the rest) of each step of a Dockerfile, continued lines joined."""
    text = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    steps = re.sub(r"\\\n", " ", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (step.partition(" ") for step in steps if step.strip())]


STEPS = instructions(DEPLOY / "Dockerfile")


def steps(name: str) -> list[str]:
    return [rest for each, rest in STEPS if each == name]


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_only_known_steps_and_one_base_of_an_exact_version() -> None:
    assert {name for name, _ in STEPS} <= set(
        "FROM ENV RUN WORKDIR COPY VOLUME EXPOSE USER HEALTHCHECK CMD".split()
    )
    (base,) = steps("FROM")
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base)
    wanted = re.search(r'requires-python = ">=(\S+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert wanted and base.startswith(f"python:{wanted[1]}-")


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    ignored = GitIgnoreSpec.from_lines((ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines())
    copied = [source for rest in steps("COPY") for source in rest.split()[:-1]]
    assert copied == ["requirements.txt", "constraints.txt", "LICENSE", "models", "indexer", "service"]
    for source in copied:
        path = ROOT / source
        files = (
            [path]
            if path.is_file()
            else [each for each in path.rglob("*") if each.suffix in {".py", ".json"}]
        )
        wanted = [each for each in files if "cache" not in each.parts]
        assert wanted and not any(ignored.match_file(each.relative_to(ROOT)) for each in wanted), source
    for never in (
        ".git/config",
        "index/CURRENT",
        "models/cache/x/model.safetensors",
        "tests/conftest.py",
        "keys.json",
    ):
        assert ignored.match_file(never), never


def test_versions_are_those_that_were_tested() -> None:
    known = {normal(name): version for name, version in pinned().items()}
    told = " ".join(steps("RUN"))
    assert re.findall(r"([\w.-]+)==([\w.]+)", told) == [("torch", known["torch"])]
    installs = [part for part in re.split(r"&&|;", told) if "pip install" in part]
    assert all("--constraint constraints.txt" in each for each in installs)
    assert "torch==" in installs[0]  # before what would bring another one
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert normal(line.partition("==")[0]) in known, line
    assert not [name for name in known if re.match("nvidia|cuda|triton", name)]


def test_the_user_is_not_root_and_may_not_write_the_code() -> None:
    names = [name for name, _ in STEPS]
    assert steps("USER") == ["10001:10001"]
    assert names.index("USER") > max(at for at, name in enumerate(names) if name in ("COPY", "RUN"))
    assert "useradd --system --uid 10001" in steps("RUN")[0]
    assert not re.search(r"chown|chmod|--chown", " ".join(rest for _, rest in STEPS))


def test_what_is_run_can_be_run() -> None:
    for script in steps("RUN"):
        script = re.sub(r"--mount=\S+", "", script)
        subprocess.run(["sh", "-n", "-c", script], check=True)
    for rest in (*steps("RUN"), *steps("HEALTHCHECK")):
        for code in re.findall(r"""-c ?(?:"|')?,? ?["'](.+?)["'](?:\]|$)""", rest):
            compile(code, "step", "exec")
    assert "http://127.0.0.1:8000/health/live" in steps("HEALTHCHECK")[0]
    (command,) = steps("CMD")[-1:]
    assert command == '["python", "-m", "service"]'


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_compose_builds_from_what_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"index", "search"}
    for service in compose["services"].values():
        assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert set(service["build"]["secrets"]) <= set(compose["secrets"])
        assert find_spec(f"{service['command'][2]}.__main__")
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_compose_mounts_what_the_image_makes(compose: dict[str, Any]) -> None:
    made = " ".join(steps("RUN"))
    mounts = {name: service["volumes"] for name, service in compose["services"].items()}
    assert mounts["index"] == ["index:/index", "${CORPUS:-../seeds}:/corpus:ro"]
    assert mounts["search"] == ["index:/index:ro", "keys:/keys"]
    assert set(compose["volumes"]) == {"index", "keys"}
    assert "--mode=0750 /index /keys" in made
    assert compose["services"]["search"]["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]


def unit(name: str) -> RawConfigParser:
    parser = RawConfigParser(strict=False)  # a name may stand there twice
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / name, encoding="utf-8")
    return parser


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_what_is_there_as_somebody_who_may_little(name: str) -> None:
    service = unit(name)["Service"]
    program, flag, module, *_ = shlex.split(service["ExecStart"])
    assert (program, flag) == (f"{service['WorkingDirectory']}/.venv/bin/python", "-m")
    assert find_spec(f"{module}.__main__")
    assert service["User"] == "repere"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service["Restart"] == "on-failure"
    assert service["ReadWritePaths"].split() == ["/var/lib/repere", "/opt/repere/models/cache"]
    assert service["Environment"].startswith("REPERE_INDEX=/var/lib/repere/")
    for each in ("MemoryMax", "TimeoutStopSec"):
        assert service[each]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_a_unit(name: str, tmp_path: Path) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    # Only the program has to be there for it to be understood.
    (tmp_path / name).write_text(
        text.replace("/opt/repere/.venv/bin/python", sys.executable), encoding="utf-8"
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


SETTING = re.compile(r"\bREPERE_([A-Z_]+)\b")


def test_every_setting_is_a_variable_of_the_service_or_the_indexer() -> None:
    files = [DEPLOY / "Dockerfile", DEPLOY / "compose.yaml", *(DEPLOY / name for name in UNITS)]
    named = {name for path in files for name in SETTING.findall(path.read_text(encoding="utf-8"))}
    read = {
        name
        for path in [*(ROOT / "service").glob("*.py"), ROOT / "indexer" / "__main__.py"]
        for name in SETTING.findall(path.read_text(encoding="utf-8"))
    }
    assert named <= read | {field.upper() for field in Settings.model_fields}
