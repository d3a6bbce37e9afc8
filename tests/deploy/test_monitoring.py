"""Dashboard and alerts ask for figures that the service really shows, by labels that it really gives them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from indexer import index_folders
from service.app import build_app
from service.middleware.policy import POLICIES
from service.search.batching import QuestionEncoder
from service.search.collections import Collections
from service.telemetry.metrics import PrometheusObserver
from tests.conftest import client_of, wait_until_ready
from tests.deploy.test_deploy import DEPLOY
from tests.standin import StandInEncoder

DASHBOARD = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
ALERTS = DEPLOY / "alerts.yml"
ALERT_TESTS = Path(__file__).with_name("alerts.test.yml")
RULES = [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]
PROMTOOL = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here")
ADDED = {"job", "instance", "pid", "le"}
"""Labels that Prometheus gives every figure, and those of several workers and of histograms."""
EXPRESSIONS = {
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    },
    **{f"annotation {each['name']}": each["expr"] for each in DASHBOARD["annotations"]["list"]},
    **{f"variable {each['name']}": each["query"]["query"] for each in DASHBOARD["templating"]["list"][1:]},
    **{f"alert {rule['alert']}": rule["expr"] for rule in RULES},
}


def shown(client: TestClient) -> dict[str, set[str]]:
    """Name of each figure → the labels that it bears."""
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


@pytest.fixture
def figures(index: Path) -> Iterator[dict[str, set[str]]]:
    """Figures of a service of one named collection, which has answered and refused."""
    observer = PrometheusObserver("articles")
    collections = Collections.of(
        index_folders.read({"articles": str(index)}),
        lambda: QuestionEncoder(StandInEncoder(), 10, observer),
        PrometheusObserver,
    )
    with client_of(build_app(collections)) as client:
        wait_until_ready(collections.watchers["articles"])
        client.get("/search", params={"q": "formation"})
        yield shown(client)


def asked(expression: str) -> list[tuple[str, set[str]]]:
    """Return (figure, labels it is chosen by) of an expression."""
    found = re.findall(r"\b(repere_\w+|up)\b(?:\{([^}]*)\})?", re.sub(r'"[^"]*"', '""', expression))
    return [(name, set(re.findall(r"(\w+)\s*[=!]", matchers))) for name, matchers in found]


def test_every_figure_is_shown_and_bears_the_labels_it_is_asked_by(figures: dict[str, set[str]]) -> None:
    for place, expression in EXPRESSIONS.items():
        names = asked(expression)
        assert names, place
        for name, labels in names:
            if name == "up":  # Prometheus' own
                continue
            assert name in figures, (place, name)
            assert labels <= figures[name] | ADDED, (place, name, labels)


def test_labels_that_are_grouped_by_and_written_out_are_there(figures: dict[str, set[str]]) -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            there = set().union(*(figures[name] for name, _ in asked(target["expr"]))) | ADDED
            grouped = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", target["expr"]))))
            written = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert grouped <= there and written <= there, panel["title"]
            if grouped:
                assert written <= grouped, panel["title"]


def test_every_figure_of_the_service_is_on_the_dashboard(figures: dict[str, set[str]]) -> None:
    on_it = {name for place, text in EXPRESSIONS.items() if "alert" not in place for name, _ in asked(text)}

    def family(name: str) -> str:
        return re.sub(r"_(count|sum|bucket)$", "", name)

    assert {family(name) for name in figures} == {family(name) for name in on_it}


def test_the_dashboard_is_whole() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    variables = {each["name"] for each in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) - {"__rate_interval", "__interval", "__all"}
    assert used == variables


def test_routes_that_take_no_place_are_told_from_those_that_do() -> None:
    (left_out,) = {pattern for rule in RULES for pattern in re.findall(r'route!~"([^"]+)"', rule["expr"])}
    for route, policy in POLICIES.items():
        asked_by_machines = route.startswith(("/health", "/metrics", "/static")) or route == "/"
        assert bool(re.fullmatch(left_out, route)) is asked_by_machines, route
        assert not (asked_by_machines and policy.admitted)
    on_dashboard = {
        pattern for text in EXPRESSIONS.values() for pattern in re.findall(r'route!~"([^"]+)"', text)
    }
    assert on_dashboard == {left_out}


def test_every_alert_says_what_to_do_and_is_tried_both_ways() -> None:
    tests: list[dict[str, Any]] = yaml.safe_load(ALERT_TESTS.read_text("utf-8"))["tests"]
    fired = {
        name
        for test in tests
        for case in test["promql_expr_test"]
        for sample in case["exp_samples"]
        for name in re.findall(r'alertname="(\w+)"', sample["labels"])
    }
    assert fired == {rule["alert"] for rule in RULES}
    for rule in RULES:
        assert rule["annotations"].keys() == {"summary", "do"} and rule["labels"]["severity"] in (
            "page",
            "ticket",
        )
    assert all(any(not case["exp_samples"] for case in test["promql_expr_test"]) for test in tests)


@pytest.mark.slow
@PROMTOOL
def test_alerts_fire_when_they_should_and_only_then() -> None:
    for command in (["check", "rules", str(ALERTS)], ["test", "rules", str(ALERT_TESTS)]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@PROMTOOL
def test_prometheus_understands_what_the_dashboard_asks(tmp_path: Path) -> None:
    rules = [
        {"record": f"x:{number}", "expr": re.sub(r"\$__\w+", "5m", expression)}
        for number, (place, expression) in enumerate(EXPRESSIONS.items())
        if not place.startswith(("alert", "variable"))
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "check", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
