"""OpenVINO without its telemetry: imported from here and nowhere else.

The package reports to an analytics service each time it is imported, unless that part of it is missing.
Nothing leaves a machine that Repère runs on, so that part is made to be missing.
"""

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # what makes importing it fail

import openvino as ov  # noqa: E402  # only now
from openvino import opset13 as op  # noqa: E402

__all__ = ["op", "ov"]
