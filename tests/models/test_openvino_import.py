"""OpenVINO's one Core: it outlives what is compiled with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from models.openvino_import import core

SCRIPT = """
import gc, os, signal
from models.openvino_import import core, op, ov

zero = op.parameter([1], ov.Type.f32)
models = [core().compile_model(ov.Model([zero], [zero]), "CPU") for _ in range(2)]
for place in range(2):
    models[place] = None
    gc.collect()
signal.signal(signal.SIGTERM, lambda *_: print("handled"))
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_there_is_one() -> None:
    assert core() is core()


def test_a_signal_is_handled_after_models_are_let_go_in_turn() -> None:
    """The C library is told to give freed memory of that size back, so that using it ends the process."""
    environment = {**os.environ, "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4096"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "handled\n"), done.stderr
