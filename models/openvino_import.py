"""Import OpenVINO without its telemetry. No other module may import openvino itself.

The package reports to an analytics service each time it is imported, unless its telemetry module is missing.
Nothing may leave a machine that Repère runs on, so that module is made to be missing.
"""

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # importing it fails

import openvino as ov  # noqa: E402
from openvino import opset13 as op  # noqa: E402

__all__ = ["op", "ov"]
