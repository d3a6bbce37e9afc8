"""No request fails while instances behind the documented proxy restart by turns, and indexes change."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from indexer.building import build as builder
from models.load import ModelChoice
from tests.deploy.fleet import Clients, Instance, all_serve, free_ports, status
from tests.deploy.test_deploy import DEPLOY
from tests.serving import wait_until

pytestmark = pytest.mark.slow


def site(port: int, instances: list[int]) -> str:
    """The documented site without TLS and without bounds for an address, before these instances."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (server,) = re.findall(r"^ +server 127\.0\.0\.1:8000(.*);$", text, re.MULTILINE)
    servers = " ".join(f"server 127.0.0.1:{each}{server};" for each in instances)
    text = text.replace(f"server 127.0.0.1:8000{server};", servers)
    text = re.sub(r"^ *(limit_\w+|ssl_\w+|listen \[::\]).*;$", "", text, flags=re.MULTILINE)
    assert text.count("listen 443 ssl http2;") == 1
    return text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};").replace(
        "server_name search.example.org;", "server_name 127.0.0.1;"
    )


@contextmanager
def proxy(folder: Path, port: int, instances: list[int]) -> Iterator[None]:
    folder.mkdir()
    folders = " ".join(
        f"{name}_temp_path {folder / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder / 'pid'}; error_log {folder / 'errors'}; events {{}}"
        f" http {{ access_log off; {folders} {site(port, instances)} }}",
        encoding="utf-8",
    )
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: status(port) == 200)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here")
def test_no_request_fails_over_restarts_and_reloads(index: Path, corpus: Path, tmp_path: Path) -> None:
    """One instance is one process, the other several."""
    front, *ports = free_ports(3)
    instances = [
        Instance(index, port, REPERE_WORKERS=workers) for port, workers in zip(ports, "12", strict=True)
    ]
    clients = Clients(front)
    try:
        for instance in instances:
            instance.wait()
        with proxy(tmp_path / "nginx", front, ports), clients.asking():
            for instance in instances:
                assert instance.stop() == 0
                instance.start()
                instance.wait()
            for newest in ("g000002", "g000003"):
                builder.build(corpus, index, ModelChoice(), force=True)
                wait_until(partial(all_serve, newest, ports))
    finally:
        for instance in instances:
            instance.stop()
    assert clients.failed == []
    assert clients.answered > 200


def test_clients_are_told_to_connect_elsewhere_before_their_connections_end(index: Path) -> None:
    (port,) = free_ports(1)
    instance = Instance(index, port, REPERE_WORKERS="1")
    try:
        instance.wait()
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert asked_over(kept) == (200, None)
        instance.terminate()
        wait_until(lambda: asked_over(kept) == (200, "close"))  # for a second it goes on
        new = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert asked_over(new) == (200, "close")
    finally:
        assert instance.stop() == 0


def asked_over(connection: http.client.HTTPConnection) -> tuple[int, str | None]:
    """Status of an answer, and what it says of its connection."""
    connection.request("GET", "/search?q=formation")
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.headers["Connection"]
