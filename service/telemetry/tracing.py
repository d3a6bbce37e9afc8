"""Whether requests are traced: OpenTelemetry's variables say so, and its SDK is not imported before."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.telemetry.spans import Tracing

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Variables that name the collector which spans are sent to; one of them has to be set."""
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
"""The protocol of OTLP that is spoken, which is also the standard's default."""
INSTALL = "pip install 'repere[otel]'"

log = logging.getLogger(__name__)


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the variables ask for traces that can be sent; what keeps them from it is logged."""
    endpoint = next((name for name in ENDPOINTS if environment.get(name)), None)
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporters = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if endpoint is None or off or exporters == "none":
        return False
    protocol = next((environment[name].strip() for name in PROTOCOLS if environment.get(name)), PROTOCOL)
    for name, value, known in (
        ("OTEL_TRACES_EXPORTER", exporters, "otlp"),
        ("the protocol of OTLP", protocol, PROTOCOL),
    ):
        if value != known:
            said = "No traces are sent, though %s is set: %s is %s, and only %s can be had."
            log.warning(said, endpoint, name, value, known)
            return False
    return True


def start(environment: Mapping[str, str] = os.environ) -> Tracing | None:
    """Return what traces the requests of this process; None where that is not asked for, or not installed."""
    if not wanted(environment):
        return None
    try:
        from service.telemetry import spans
    except ImportError as error:
        log.warning("No traces are sent: %s. Run %s, or unset %s.", error, INSTALL, " and ".join(ENDPOINTS))
        return None
    return spans.sending()
