"""Import OpenVINO without its telemetry. No other module may import openvino itself.

The package reports to an analytics service each time it is imported, unless its telemetry module is missing.
Nothing may leave a machine that Repère runs on, so that module is made to be missing.
"""

import sys
from functools import cache

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # importing it fails

import openvino as ov  # noqa: E402
from openvino import opset13 as op  # noqa: E402

__all__ = ["core", "op", "ov"]


@cache
def core() -> ov.Core:
    """Return the process's one Core, which any thread may use and which is never let go.

    The plugin for the processor gives the thread that loads it another stack for signals, and frees it
    with its Core. Of two that are let go in turn, the second leaves the thread with the first one's, and the
    next signal that Python handles crashes the process.
    """
    return ov.Core()
