"""Every route of the app with every kind of key: who is let in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from service.app import build_app
from service.middleware import keys
from service.middleware.policy import POLICIES, rule_for
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import client_of
from tests.serving import serving
from tests.standin import StandInEncoder
from tests.torture import authorisation
from tests.torture.authorisation import NO_KEYS, Row


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    home = tmp_path_factory.mktemp("authorisation")
    kept = home / "keys.json"
    keys.create(kept, "first", "admin")
    live = IndexWatcher(home / "index", StandInEncoder)  # without an index every question is let in to a 503
    keyed, unkeyed = build_app(live, Settings(index=home / "index", keys=kept)), build_app(live)
    with serving(keyed) as one, serving(unkeyed) as other:
        over = authorisation.over_http
        return authorisation.table(keyed, over(one), over(other), kept)


def test_every_route_is_classified(rows: list[Row]) -> None:
    assert {row.path for row in rows} <= set(POLICIES)


def test_nobody_is_let_in_who_should_not_be_and_nobody_kept_out(rows: list[Row]) -> None:
    assert not [row for row in rows if row.wrong], "\n" + authorisation.shown(rows)


def test_the_table_is_about_something(rows: list[Row]) -> None:
    asked = {(row.method, row.path): row.statuses for row in rows}
    assert {"/search", "/documents/{source:path}", "/health", "/docs", "/openapi.json"} <= {
        p for _, p in asked
    }
    search = dict(asked["GET", "/search"])
    assert search.pop("read key") == search.pop("admin key") == search.pop(NO_KEYS) == 503
    assert set(search.values()) == {401}
    assert set(asked["GET", "/openapi.json"].values()) == {200}
    metrics = asked["GET", "/metrics"]
    assert (metrics["read key"], metrics["admin key"], metrics["no key"]) == (403, 200, 401)


@pytest.mark.parametrize(
    ("need", "who", "status", "right"),
    [
        ("read", "no key", 401, True),
        ("read", "no key", 200, False),
        ("read", "read key", 401, False),
        ("read", "revoked key", 503, False),
        ("admin", "read key", 403, True),
        ("admin", "read key", 200, False),
        ("admin", "admin key", 403, False),
        ("open", "malformed header", 401, False),
        ("nobody", "admin key", 200, False),
        ("nobody", "admin key", 404, True),
    ],
)
def test_a_wrong_answer_is_seen_and_marked(need: str, who: str, status: int, right: bool) -> None:
    row = Row("GET", "/x", need, {who: status})
    assert bool(row.wrong) is not right
    assert (" (!) " in authorisation.shown([row])) is not right


def test_a_route_that_nobody_has_classified_is_refused_to_everyone(tmp_path: Path) -> None:
    app = build_app(IndexWatcher(tmp_path, StandInEncoder))

    @app.get("/secret")
    async def secret() -> Mapping[str, str]:
        return {}

    with client_of(app) as client:
        assert client.get("/secret").status_code == 404
    assert rule_for("/secret") is None
    assert ("GET", "/secret") in authorisation.routes(app)
