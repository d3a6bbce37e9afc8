"""One index folder, mounted twice: built over a mount for writing, served over one for reading alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.store import generation as store
from models.load import ModelChoice
from tests.deploy.fleet import Clients, Instance, all_serve, free_ports
from tests.serving import wait_until

ALONE = ("unshare", "--map-root-user", "--mount")
"""What runs a command with mounts of its own, which nobody else sees; it needs no rights where users may."""
MOUNT = 'mount --bind -o ro "$0" "$1" && shift && exec "$@"'


def within(index: Path, mount: Path) -> list[str]:
    """What runs a command that sees the index also at another place, where nothing can be written."""
    return [*ALONE, "sh", "-c", MOUNT, str(index), str(mount)]


def mounting_is_allowed(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    tried = [*within(folder / "a", folder / "b"), "sh", "-c", f"! touch {folder / 'b' / 'file'}"]
    return subprocess.run(tried, check=False, capture_output=True).returncode == 0


@pytest.mark.slow
def test_an_index_is_served_from_where_nothing_can_be_written(
    index: Path, corpus: Path, tmp_path: Path
) -> None:
    if not mounting_is_allowed(tmp_path):
        pytest.skip("mounting is not allowed here")
    mount = tmp_path / "mount"
    mount.mkdir()
    (port,) = free_ports(1)
    instance = Instance(mount, port, within(index, mount), REPERE_WORKERS="1")
    clients = Clients(port)
    before = sorted(os.listdir(index))
    try:
        instance.wait()
        assert not os.listdir(mount)  # here the same path is another folder: the mount is the service's own
        with clients.asking():
            for newest in ("g000002", "g000003"):
                builder.build(corpus, index, ModelChoice(), force=True)
                wait_until(partial(all_serve, newest, [port]))
            assert store.rollback(index).current == "g000002"
            wait_until(partial(all_serve, "g000002", [port]))
    finally:
        instance.stop()
    assert clients.failed == []
    assert clients.answered > 50
    assert sorted(os.listdir(index)) == before
