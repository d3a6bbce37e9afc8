"""How often one may ask: per key, per address, for whom it is told, and in how much memory."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from service.middleware.rate import RateLimit, caller
from tests.service.contract import assert_refusal


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of day, which the test moves."""
    now = [1_000_000_020.0]  # the start of a minute
    monkeypatch.setattr("time.time", lambda: now[0])
    return now


class _Named:
    """Stands where the access middleware does: a header names the key."""

    def __init__(self, app: RateLimit) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name = dict(scope["headers"]).get(b"key")
        scope["state"] = {"key": name.decode()} if name else {}
        await self.app(scope, receive, send)


def client_at(app: RateLimit, address: str = "192.0.2.1") -> TestClient:
    return TestClient(_Named(app), client=(address, 1))


def test_what_is_allowed_is_answered_and_what_is_not_told_when_to_come_back(clock: list[float]) -> None:
    client = client_at(RateLimit(Response("answered"), "3/minute"))
    clock[0] += 10.5
    for left in ("2", "1", "0"):
        response = client.get("/search")
        assert response.text == "answered"
        assert response.headers["ratelimit-limit"] == "3"
        assert response.headers["ratelimit-remaining"] == left
    refused = client.get("/search")
    assert_refusal(refused, 429, "too_many_requests")
    assert refused.json()["error"]["message"] == "There were more requests than 3 per minute."
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"] == "50"
    assert refused.headers["ratelimit-remaining"] == "0"


def test_who_comes_back_when_told_is_answered(clock: list[float]) -> None:
    client = client_at(RateLimit(Response("answered"), "3/minute"))
    refusals = 0
    for _ in range(60):
        clock[0] += 0.7
        response = client.get("/search")
        if response.status_code == 429:
            refusals += 1
            clock[0] += int(response.headers["retry-after"])
            assert client.get("/search").status_code == 200
    assert refusals > 10


@pytest.mark.slow
def test_no_window_of_a_minute_holds_more_than_twice_what_is_allowed(clock: list[float]) -> None:
    client = client_at(RateLimit(Response("answered"), "5/minute"))
    answered = []
    for _ in range(600):
        clock[0] += 1
        if client.get("/search").status_code == 200:
            answered.append(clock[0])
    assert max(sum(start <= each < start + 60 for each in answered) for start in answered) <= 6
    assert len(answered) >= 45


def test_callers_do_not_take_from_one_another(clock: list[float]) -> None:
    app = RateLimit(Response("answered"), "1/minute")
    one, other = client_at(app), client_at(app, "192.0.2.2")
    assert [one.get("/search").status_code for _ in range(2)] == [200, 429]
    assert other.get("/search").status_code == 200
    assert [other.get("/search", headers={"key": "a"}).status_code for _ in range(2)] == [200, 429]
    assert one.get("/search", headers={"key": "b"}).status_code == 200
    assert one.get("/search", headers={"key": "a"}).status_code == 429


def test_what_is_open_is_not_counted(clock: list[float]) -> None:
    client = client_at(RateLimit(Response("answered"), "1/minute"))
    for _ in range(5):
        assert "ratelimit-limit" not in client.get("/health").headers
    assert client.get("/search").status_code == 200


@pytest.mark.parametrize(
    ("client", "who"),
    [
        (("192.0.2.1", 5), "address 192.0.2.1"),
        (("::ffff:192.0.2.1", 5), "address 192.0.2.1"),
        (("2001:db8::1", 5), "address 20010db800000000"),
        (("2001:db8::ffff:2", 5), "address 20010db800000000"),
        (("2001:db8:0:1::1", 5), "address 20010db800000001"),
        (("somewhere", 5), "address unknown"),
        (None, "address unknown"),
    ],
)
def test_who_asks(client: tuple[str, int] | None, who: str) -> None:
    assert caller({"client": client}) == who


def test_a_key_is_told_from_an_address_of_its_name() -> None:
    assert caller({"client": None, "state": {"key": "unknown"}}) == "key unknown"


def test_memory_is_bounded_under_many_addresses(clock: list[float]) -> None:
    app = RateLimit(Response("answered"), "1/minute", max_counters=100)
    counters = app.counters
    for at in range(1000):
        clock[0] += 0.001
        assert app.limiter.hit(app.allowed, f"address {at}")
        assert len(counters.storage) == len(counters.expirations) <= 100
        assert not counters.locks and not counters.events
    assert not app.limiter.hit(app.allowed, "address 999")


def test_what_has_expired_is_forgotten(clock: list[float]) -> None:
    app = RateLimit(Response("answered"), "1/minute")
    for at in range(50):
        app.limiter.hit(app.allowed, f"address {at}")
    clock[0] += 121
    app.limiter.hit(app.allowed, "address new")
    assert len(app.counters.storage) == len(app.counters.expirations) == 1


def test_a_clock_that_is_put_back_neither_fails_nor_lets_all_in(clock: list[float]) -> None:
    client = client_at(RateLimit(Response("answered"), "2/minute"))
    assert [client.get("/search").status_code for _ in range(3)] == [200, 200, 429]
    for jump in (-86400, 5, 172_800, 1):
        clock[0] += jump
        assert [client.get("/search").status_code for _ in range(4)].count(200) <= 2
