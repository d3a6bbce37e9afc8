"""A confined process reads its libraries and what it was given, and nothing else of the machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ONE = """
import os, socket, subprocess, sys, threading
from pathlib import Path
given = open(sys.argv[1], "rb")
from indexer.building.confinement import confine
print(confine([Path(sys.argv[2])], [Path(sys.argv[3])]))
def trial(name, action):
    try:
        action()
        print(name, "done")
    except OSError as error:
        print(name, error.strerror)
trial("given", given.read)
trial("secret", lambda: open(sys.argv[1]))
trial("networks", lambda: open(sys.argv[2] + "/net.bin"))
trial("networks written", lambda: open(sys.argv[2] + "/new", "w"))
trial("cache", lambda: open(sys.argv[3] + "/page", "w"))
trial("listing", lambda: os.listdir(os.path.dirname(sys.argv[1])))
trial("link", lambda: os.symlink("/etc/passwd", "/tmp/of-a-reader"))
trial("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
trial("unix", lambda: socket.socket(socket.AF_UNIX))
trial("program", lambda: subprocess.run(["/bin/true"]))
trial("thread", lambda: threading.Thread(target=print).start())
import xml.dom.minidom, zoneinfo, lxml.etree, pypdfium2, apart
trial("import", lambda: None)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="Linux confines"
)
def test_what_is_left_to_a_confined_process(tmp_path: Path) -> None:
    for name in ("corpus", "networks", "cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "corpus" / "a.pdf").write_bytes(b"x")
    (tmp_path / "networks" / "net.bin").write_bytes(b"x")
    apart = tmp_path / "other" / "site-packages"  # as a .pth file or PYTHONPATH names one
    apart.mkdir(parents=True)
    (apart / "apart.py").write_bytes(b"")
    arguments = [str(tmp_path / name) for name in ("corpus/a.pdf", "networks", "cache")]
    done = subprocess.run(
        [sys.executable, "-c", ONE, *arguments],
        env={**os.environ, "PYTHONPATH": str(apart)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    whole, *trials = done.stdout.split("\n")
    if whole == "False":
        pytest.skip("this system has no Landlock, or no seccomp")
    found = dict(
        line.rsplit(" ", 1) if line.endswith("done") else line.split(" P", 1) for line in trials if line
    )
    refused = {name for name, what in found.items() if what == "ermission denied"}
    assert refused == {"secret", "networks written", "listing", "link", "udp", "unix", "program"}
    assert {name for name, what in found.items() if what == "done"} == {
        *("given", "networks", "cache", "thread", "import"),
    }
