"""GET /metrics: what is counted, and that each figure an alert or the documentation names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.app import build_app
from service.search.batching import QuestionEncoder
from service.search.index_watcher import IndexWatcher
from service.telemetry.metrics import PrometheusObserver
from tests.conftest import ROOT, client_of, wait_until_ready
from tests.standin import StandInEncoder

STAGES = ("read", "encode", "candidates", "score", "fetch")
OBSERVER = PrometheusObserver()
ALERTS = ROOT / "deploy" / "alerts.yml"
OPERATIONS = ROOT / "docs" / "operations.md"


@pytest.fixture
def remembering(index: Path) -> Iterator[TestClient]:
    live = IndexWatcher(index, lambda: QuestionEncoder(StandInEncoder(), 10, OBSERVER), OBSERVER)
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        yield client


def figures(client: TestClient) -> dict[tuple[str, ...], float]:
    """(name, label values in the order of their names…) → value."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def grown(before: dict[tuple[str, ...], float], after: dict[tuple[str, ...], float], *key: str) -> float:
    return after.get(key, 0) - before.get(key, 0)


def test_a_search_is_counted_by_route_status_and_stage(remembering: TestClient) -> None:
    before = figures(remembering)
    for _ in range(2):
        remembering.get("/search", params={"q": "formation"})
    remembering.get("/search")
    after = figures(remembering)
    assert grown(before, after, "repere_requests_total", "GET", "/search", "200") == 2
    assert grown(before, after, "repere_requests_total", "GET", "/search", "422") == 1
    assert grown(before, after, "repere_request_seconds_count", "/search") == 3
    for name in STAGES:
        assert grown(before, after, "repere_stage_seconds_count", "", name) == 2, name
    assert grown(before, after, "repere_question_cache_total", "miss") == 1
    assert grown(before, after, "repere_question_cache_total", "hit") == 1
    assert grown(before, after, "repere_batch_texts_count") == 1
    assert after["repere_requests_working",] == after["repere_requests_waiting",] == 0


def test_it_tells_what_answers(remembering: TestClient) -> None:
    found = figures(remembering)
    assert found["repere_generation_info", "stand-in", "g000001", "stand-in"] == 1
    assert (found["repere_documents",], found["repere_ready",], found["repere_degraded",]) == (3, 1, 0)
    assert found["repere_passages",] >= 3
    assert found["repere_generation_created_seconds",] > 1.7e9
    assert found["repere_start_time_seconds",] > 1.7e9
    assert 1e7 < found["repere_resident_memory_bytes",] < 1e11


def test_without_an_index_it_says_so_and_counts_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = IndexWatcher(tmp_path / "nowhere", StandInEncoder, OBSERVER, poll=0.01)
    with client_of(build_app(live)) as client:
        before = figures(client)
        assert live.settled.wait(30)
        found = figures(client)
        assert found["repere_ready",] == 0
        assert ("repere_passages",) not in found
        failed = ("repere_reloads_total", "", "failed")
        assert found[failed] >= max(1, before[failed])


def test_addresses_that_do_not_exist_make_no_figures_of_their_own(remembering: TestClient) -> None:
    remembering.get("/nope/1")
    before = len(figures(remembering))
    for number in range(20):
        remembering.get(f"/nope/{number}")
        remembering.get(f"/documents/{number}")
    assert len(figures(remembering)) <= before + 20  # one route more, with its histogram


def test_a_parameter_is_refused_as_everywhere(remembering: TestClient) -> None:
    assert remembering.get("/metrics?full=1").status_code == 422


@pytest.mark.parametrize("path", [ALERTS, OPERATIONS], ids=["alerts", "operations"])
def test_every_figure_that_is_named_exists(remembering: TestClient, path: Path) -> None:
    remembering.get("/search", params={"q": "formation"})
    known = {name for name, *_ in figures(remembering)}
    named = set(re.findall(r"\brepere_\w+", path.read_text(encoding="utf-8")))
    families = {re.sub(r"_(total|count|sum|bucket)$", "", name) for name in known}
    assert len(named) >= 8
    assert named - known - families == set()


def test_every_figure_is_described(remembering: TestClient) -> None:
    described = OPERATIONS.read_text(encoding="utf-8")
    for name, *_ in figures(remembering):
        family = re.sub(r"_(total|count|sum|bucket)$", "", name)
        assert f"`{name}`" in described or f"`{family}`" in described, name


def test_the_alerts_are_rules_that_prometheus_can_load() -> None:
    """In shape: no Prometheus is at hand to load them."""
    import yaml

    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    assert group["name"] == "repere"
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"] and rule["annotations"]["do"]
        for opening, closing in ("()", "{}", "[]"):
            assert rule["expr"].count(opening) == rule["expr"].count(closing)
