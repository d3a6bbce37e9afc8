"""Which engine runs the default model: the fast one, from no network and without torch, or the plain one."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from models import bundle
from models import encoder as models
from models.encoder import ModelChoice, SentenceTransformersEncoder
from models.errors import ModelUnavailable
from models.openvino_engine import OpenVinoEncoder
from tests.conftest import ROOT, SEEDS

pytestmark = pytest.mark.slow

TEXTS = [
    line for path in sorted(SEEDS.iterdir()) for line in path.read_text("utf-8").splitlines() if line.strip()
]


def test_the_fast_engines_vectors_are_the_models_own() -> None:
    fast = OpenVinoEncoder(bundle.folder(), ModelChoice())
    exact = SentenceTransformersEncoder(bundle.folder(), ModelChoice())
    for role in ("queries", "passages"):
        cosines = (getattr(fast, role)(TEXTS) * getattr(exact, role)(TEXTS)).sum(axis=1)
        assert cosines.min() > 0.995
        assert cosines.mean() > 0.998
    assert (fast.name, fast.fingerprint, fast.dim) == (exact.name, exact.fingerprint, exact.dim)
    assert fast.count_tokens(TEXTS) == exact.count_tokens(TEXTS)
    assert fast.engine.startswith("OpenVINO (") and exact.engine == "sentence-transformers on cpu"


def test_loading_reaches_for_no_network_and_no_torch() -> None:
    script = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('reached for the network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from models import encoder\n"
        "encoder.load(encoder.ModelChoice()).queries(['oncologie'])\n"
        "loaded = {name for name, module in sys.modules.items() if module}\n"
        "assert not {'torch', 'transformers', 'openvino_telemetry'} & loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "fault", [ModelUnavailable("other vectors"), RuntimeError("no such\n\nop\n"), OSError("no disk")]
)
def test_where_it_cannot_run_the_plain_engine_does_with_one_warning(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr("models.openvino_engine.OpenVinoEncoder", fail)
    with caplog.at_level(logging.WARNING):
        assert isinstance(models.load(ModelChoice()), SentenceTransformersEncoder)
    why = " ".join(str(fault).split())
    assert [record.getMessage() for record in caplog.records] == [
        f"The fast engine cannot be used ({why}); sentence-transformers runs the model, far slower."
    ]


def test_a_cuda_device_is_faster_still(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(models, "_cuda", lambda: True)
    with caplog.at_level(logging.WARNING):
        assert isinstance(models.load(ModelChoice()), SentenceTransformersEncoder)
    assert not caplog.records
