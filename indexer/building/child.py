"""A Python process at the other end of a pipe, which does what may hang or crash, and can be killed."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Child:
    """A running module of ours; it ends by itself once nobody holds the connection to it."""

    process: subprocess.Popen[bytes]
    connection: Connection

    @classmethod
    def start(cls, module: str, arguments: Iterable[object], environment: Mapping[str, str]) -> Self:
        """Run a module, which is given the descriptor of its end of the pipe, then the arguments."""
        own, other = multiprocessing.Pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(other.fileno()), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # the last words of a dying library help no user
            cwd=Path(__file__).parents[2],
            env=environment,
            pass_fds=[other.fileno()],
            start_new_session=True,  # an interrupt is for whoever started it to handle
        )
        other.close()
        return cls(process, own)

    @property
    def ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self.process.poll() is not None

    def stop(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.wait()
        self.connection.close()
