"""Whether requests are traced: OpenTelemetry's variables say so, and without them no SDK is imported."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from service.telemetry import tracing

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("environment", "expected", "said"),
    [
        ({}, False, ""),
        ({"OTEL_SERVICE_NAME": "search"}, False, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False, ""),
        (COLLECTOR, True, ""),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, True, ""),
        (COLLECTOR | {"OTEL_SDK_DISABLED": "True"}, False, ""),
        (COLLECTOR | {"OTEL_SDK_DISABLED": "no"}, True, ""),
        (COLLECTOR | {"OTEL_TRACES_EXPORTER": "none"}, False, ""),
        (COLLECTOR | {"OTEL_TRACES_EXPORTER": "otlp"}, True, ""),
        (COLLECTOR | {"OTEL_TRACES_EXPORTER": "zipkin"}, False, "is zipkin, and only otlp can be had"),
        (COLLECTOR | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True, ""),
        (COLLECTOR | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False, "is grpc, and only http/protobuf"),
        (
            COLLECTOR
            | {
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            True,
            "",
        ),
    ],
)
def test_the_standards_variables_switch_it_on(
    environment: dict[str, str], expected: bool, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert tracing.wanted(environment) is expected
    assert said in caplog.text and bool(said) is bool(caplog.records)


def test_without_the_extra_it_is_said_once_and_the_service_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "service.telemetry.spans", raising=False)
    monkeypatch.delattr("service.telemetry.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with caplog.at_level(logging.WARNING):
        assert tracing.start(COLLECTOR) is None
    (record,) = caplog.records
    assert "pip install 'repere[otel]'" in record.getMessage()


@pytest.mark.slow
def test_where_it_is_off_no_sdk_is_imported() -> None:
    """The framework itself imports the interface, which does nothing by itself."""
    code = (
        "import sys; from service.telemetry import tracing; import service.server; tracing.start({});"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exp'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
