"""Requests that schemathesis derives from the OpenAPI document by the thousand, and answers that break it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from bench.servers import HOST
from tests.torture.faults import Outcome, Record, record

LEFT_OUT = ("positive_data_acceptance", "ignored_auth")
"""A valid request may be refused for what no schema says: a language that no document has, from after to.

And a service of this machine alone lets everybody in; authorisation.py tests who is let in.
"""
LONGEST = 1800
"""Seconds after which no more requests are made."""
EXAMPLES = 250
"""Requests of each operation, at the most, before the next round."""


def conforming(port: int, cases: int, seed: int) -> Record:
    """Make at least so many requests to the service at a port, in rounds that each begin with another seed.

    Right are answers of 2xx, refused those of 4xx; wrong is what is not as described, 5xx, or no answer.
    """
    outcomes: list[Outcome] = []
    broken: Counter[str] = Counter()
    until = time.monotonic() + LONGEST
    while len(outcomes) < cases and time.monotonic() < until:
        before = len(outcomes)
        for scenario in _round(port, min(max(cases // 10, 5), EXAMPLES), seed + before):
            outcomes += _outcomes(scenario)
            broken.update(_broken(scenario))
        if len(outcomes) == before:
            broken["nothing to ask"] += 1
            break
    note = "; ".join(f"{name}: {count}" for name, count in broken.most_common(5))
    return record("contract", outcomes, note=note or "0 of 5xx, 0 violations")


def _round(port: int, examples: int, seed: int) -> Iterator[ScenarioRecorder]:
    """Yield what one run of the engine sent and got. Raises what keeps it from running."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "cache": {"enabled": False},
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "request-timeout": 30,
            "continue-on-failure": True,
            "checks": {name: {"enabled": False} for name in LEFT_OUT},
        }
    )
    schema = schemathesis.openapi.from_url(f"http://{HOST}:{port}/openapi.json", config=config)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            yield event.recorder
        elif isinstance(event, events.FatalError):
            raise event.exception


def _outcomes(scenario: ScenarioRecorder) -> Iterator[Outcome]:
    failing = set(scenario.failing_case_ids())
    for case, sent in scenario.interactions.items():
        status = sent.response.status_code if sent.response else 599
        yield "wrong" if case in failing or status >= 500 else "right" if status < 400 else "refused"


def _broken(scenario: ScenarioRecorder) -> Iterator[str]:
    """Yield operation and check of each violation."""
    for case, checks in scenario.checks.items():
        for check in checks:
            if check.status is Status.FAILURE:
                yield f"{scenario.label} {check.name}"
        sent = scenario.interactions.get(case)
        if sent is not None and sent.response is None:
            yield f"{scenario.label} gave no answer"
