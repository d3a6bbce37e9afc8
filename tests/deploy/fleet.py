"""Instances of the service as processes, and clients that ask again and again and count what fails."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from service.cli.serve import listen
from tests.conftest import ROOT
from tests.serving import wait_until

CLIENTS = 6
PAUSE = 0.03
"""Seconds from an answer to the next question: without it clients take the processor of what starts."""
PATIENCE = 30
"""Seconds that a client waits for an answer."""


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens at."""
    listeners = [listen("127.0.0.1", 0) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def status(port: int, path: str = "/health/ready") -> int:
    """0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def generation(port: int) -> str | None:
    """The generation that an instance answers from."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/health")
        found = json.loads(connection.getresponse().read())["index"]
    finally:
        connection.close()
    return found and str(found["generation"])


def all_serve(newest: str, ports: Sequence[int]) -> bool:
    """Whether every instance, and as far as can be told every process, answers from a generation."""
    return {generation(port) for port in 5 * tuple(ports)} == {newest}


class Instance:
    """One service with the stand-in model, which can be stopped and started again at its port."""

    def __init__(self, index: Path, port: int, within: Sequence[str] = (), **settings: str) -> None:
        """`within`: command that runs the one after it."""
        self.port = port
        clean = {name: value for name, value in os.environ.items() if not name.startswith("REPERE_")}
        self._environment = clean | {"REPERE_INDEX": str(index), "REPERE_PORT": str(port)} | settings
        self._command = [*within, sys.executable, "-m", "tests.end_to_end.serve_process"]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        """Return once it answers questions."""
        wait_until(lambda: self._process.poll() is not None or status(self.port) == 200)
        assert self._process.poll() is None, "it has ended"

    def terminate(self) -> None:
        """Tell it to end."""
        self._process.terminate()

    def stop(self) -> int:
        """Stop it in order, and return its exit code."""
        self.terminate()
        try:
            return self._process.wait(PATIENCE)
        finally:
            self._process.kill()


class Clients:
    """Clients that ask a port, each over one connection, by GET and by POST in turn."""

    def __init__(self, port: int) -> None:
        self._port, self._enough = port, threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]
        self.answered = 0
        self.failed: list[str] = []

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Have them ask while the block runs."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join(2 * PATIENCE)

    def _ask(self, first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        for number in itertools.count(first):
            if self._enough.wait(PAUSE):
                break
            try:
                if number % 2:
                    body = json.dumps({"q": f"formation {number % 50}"})
                    connection.request("POST", "/search", body, {"Content-Type": "application/json"})
                else:
                    connection.request("GET", f"/search?q=formation+{number % 50}")
                answer = connection.getresponse()
                said = answer.read()
                if answer.status != 200 or not json.loads(said)["hits"]:
                    self.failed.append(f"{answer.status} {said[:200]!r}")
                self.answered += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failed.append(repr(error))
                connection.close()
        connection.close()
