"""What is deployed agrees with the repository, as far as can be told without a container engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from configparser import RawConfigParser
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from pathspec import GitIgnoreSpec

from models import VERSION
from service.cli.main import command_tree
from service.settings import INDEXER_ONLY, Settings
from service.settings_sources import variable
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
PACKAGES = ["models", "indexer", "service"]
LANDLOCK = ("create_ruleset", "add_rule", "restrict_self")
"""System calls by which `indexer/building/confinement.py` keeps a process from files."""
UNITS = ("repere.service", "repere-index.service", "repere-watch.service")


def instructions(path: Path) -> list[tuple[str, str]]:
    """(name, the rest) of each step of a Dockerfile, continued lines joined."""
    text = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    steps = re.sub(r"\\\n", " ", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (step.partition(" ") for step in steps if step.strip())]


STEPS = instructions(DEPLOY / "Dockerfile")


def steps(name: str) -> list[str]:
    return [rest for step, rest in STEPS if step == name]


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return table


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_only_known_steps_and_one_base_of_an_exact_version() -> None:
    assert {name for name, _ in STEPS} <= set(
        "FROM ENV RUN WORKDIR COPY VOLUME EXPOSE USER HEALTHCHECK ARG CMD".split()
    )
    (base,) = steps("FROM")
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base)
    assert base.startswith(f"python:{project()['project']['requires-python'].removeprefix('>=')}-")


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    ignored = GitIgnoreSpec.from_lines((ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines())
    copied = [source for rest in steps("COPY") for source in rest.split()[:-1]]
    assert copied == ["pyproject.toml", "constraints.txt", "README.md", "LICENSE", *PACKAGES]
    for source in copied:
        path = ROOT / source
        files = (
            [path]
            if path.is_file()
            else [inside for inside in path.rglob("*") if inside.suffix in {".py", ".json"}]
        )
        wanted = [file for file in files if "cache" not in file.parts]
        assert wanted and not any(ignored.match_file(file.relative_to(ROOT)) for file in wanted), source
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
    assert not [name for name in known if re.match("nvidia|cuda|triton", name)]
    table = project()["project"]
    exact = [line for line in table["dependencies"] if "==" in line]
    assert exact == [f"torch=={known['torch']}"]
    for name in chain(table["dependencies"], *table["optional-dependencies"].values()):
        assert normal(name.partition("==")[0]) in known, name


@pytest.mark.parametrize("path", ["Makefile", "deploy/Dockerfile"])
def test_the_pin_of_torch_is_read_where_it_stands(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    command = "grep -o 'torch==[0-9.]*' pyproject.toml"
    assert command in text and not re.search(r"torch==\d", text)
    found = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == [f"torch=={pinned()['torch']}"]
    installs = [line for line in text.splitlines() if "pip install" in line or "call install," in line]
    assert command in installs[0]  # before what would bring another one


def test_every_install_of_the_image_is_constrained() -> None:
    installs = [part for part in re.split(r"&&|;", " ".join(steps("RUN"))) if "pip install" in part]
    assert len(installs) == 3
    assert all("--constraint constraints.txt" in install for install in installs)


def test_the_package_holds_the_product_and_its_version_alone() -> None:
    build = project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build == {"packages": PACKAGES, "exclude": ["models/cache"]}
    assert project()["project"]["scripts"] == {"repere": "service.cli.main:main"}
    version = re.findall(r'^VERSION = "(.+)"$', (ROOT / "models" / "__init__.py").read_text(), re.MULTILINE)
    assert version == [VERSION]


def test_make_passes_every_setting_on() -> None:
    names = ["CORPUS", "INCLUDE", "EXCLUDE", *(name.upper() for name in Settings.model_fields)]
    values = {name: f"{name.lower()}, # and: more" for name in names}
    made = subprocess.run(
        ["make", "--eval=show:; @env", "show", *(f"{name}={value}" for name, value in values.items())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = dict(line.split("=", 1) for line in made.stdout.splitlines() if line.startswith("REPERE_"))
    assert shown == {f"REPERE_{name}": value for name, value in values.items()}


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
    (health_check,) = steps("HEALTHCHECK")
    codes = re.findall("python -c '(.+?)'", " ".join(steps("RUN")))
    codes.append(json.loads(health_check.partition("CMD ")[2])[2])
    assert len(codes) == 3
    for code in codes:
        compile(code, "step", "exec")
    assert "http://127.0.0.1:8000/health/live" in health_check
    (command,) = steps("CMD")[-1:]
    assert is_command(json.loads(command))


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
        assert is_command(service["command"])
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_compose_mounts_what_the_image_makes(compose: dict[str, Any]) -> None:
    made = " ".join(steps("RUN"))
    mounts = {name: service["volumes"] for name, service in compose["services"].items()}
    assert mounts["index"] == ["index:/index", "${CORPUS:-../seeds}:/corpus:ro"]
    assert mounts["search"] == ["index:/index:ro", "keys:/keys", "${CORPUS:-../seeds}:/corpus:ro"]
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
    program, *arguments = shlex.split(service["ExecStart"])
    assert program == f"{service['WorkingDirectory']}/.venv/bin/repere"
    assert is_command(["repere", *arguments])
    assert service["User"] == "repere"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service.get("Restart") == (None if service["Type"] == "oneshot" else "on-failure")
    assert service["ReadWritePaths"].split() == ["/var/lib/repere", "/opt/repere/models/cache"]
    assert service["Environment"].startswith("REPERE_INDEX=/var/lib/repere/")
    assert service["MemoryMax"] and service["TimeoutStopSec"]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_lets_readers_confine_themselves(name: str) -> None:
    """@system-service has no Landlock: without its calls, a reader could open every file of the user."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    filters = [line.split() for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE)]
    allowed = {call for line in filters if not line[0].startswith("~") for call in line}
    assert allowed == {"@system-service", *(f"landlock_{call}" for call in LANDLOCK)}
    assert [line for line in filters if line[0].startswith("~")] in ([], [["~@privileged"]])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_the_timer_goes_off_once_a_night() -> None:
    when = unit("repere-index.timer")["Timer"]["OnCalendar"]
    command = ["systemd-analyze", "calendar", "--iterations=3", "--base-time=2026-01-01 00:00:00 UTC", when]
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = re.findall(r"2026-01-0\d \d\d:\d\d", done.stdout)
    assert list(dict.fromkeys(found)) == [f"2026-01-0{day} 03:30" for day in (1, 2, 3)]


def test_the_timer_starts_a_build_that_ends() -> None:
    timer = unit("repere-index.timer")["Timer"]
    assert "Unit" not in timer and timer["OnCalendar"]  # so it starts the service of the same name
    service = unit("repere-index.service")["Service"]
    assert service["Type"] == "oneshot" and service["ExecStart"].endswith("/repere index")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("name", [*UNITS, "repere-index.timer"])
def test_systemd_understands_a_unit(name: str, tmp_path: Path) -> None:
    for path in DEPLOY.glob("repere*"):
        # Only the program has to be there for it to be understood.
        text = path.read_text(encoding="utf-8").replace("/opt/repere/.venv/bin/repere", sys.executable)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_documented_unit_of_several_instances_differs_by_its_port() -> None:
    manual = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^# (sed .+) > /etc/systemd/system/repere@.service$", manual, re.MULTILINE)
    made = subprocess.run(
        ["sh", "-c", command.replace("/opt/repere", str(ROOT))], capture_output=True, text=True, check=True
    )
    one = (DEPLOY / "repere.service").read_text(encoding="utf-8").splitlines()
    several = made.stdout.splitlines()
    assert [line for line in several if line not in one] == ["Environment=REPERE_PORT=%i"]
    assert len(several) == len(one) + 1


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here")
def test_nginx_understands_the_proxy_that_is_documented(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    server, under_a_path = re.findall(r"```nginx\n(.*?)```", manual, re.DOTALL)
    server = server.replace("    location / {", f"{under_a_path}    location / {{")
    request = "req -x509 -newkey rsa:2048 -nodes -subj /CN=a -keyout privkey.pem -out fullchain.pem"
    subprocess.run(["openssl", *request.split()], cwd=tmp_path, capture_output=True, check=True)
    server = server.replace("/etc/letsencrypt/live/search.example.org", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {server} }}"
    )
    done = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def is_command(arguments: list[str]) -> bool:
    """Whether these are words of a command line that `repere` takes."""
    program, *rest = arguments
    return program == "repere" and callable(command_tree().parse_args(rest).run)


def test_every_setting_is_a_variable_of_the_service_or_the_indexer() -> None:
    files = [DEPLOY / "Dockerfile", DEPLOY / "compose.yaml", *(DEPLOY / name for name in UNITS)]
    names = {name for path in files for name in re.findall(r"\bREPERE_[A-Z_]+\b", path.read_text("utf-8"))}
    assert names <= {variable(field) for field in Settings.model_fields} | INDEXER_ONLY
