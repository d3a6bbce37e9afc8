"""Rate limit: how many requests a key, or an address without one, may make in a sliding window of time."""

from __future__ import annotations

import math
import time

import limits
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ApiError
from service.middleware.policy import rule_for
from service.settings import ip

MAX_COUNTERS = 20_000
"""Counters held, two a caller; beyond, the oldest is forgotten."""


class Counters(MemoryStorage):
    """The library's counters, whose removal is part of counting.

    The library itself starts a thread for nearly every request, which goes through all counters there are.
    These expire in the order they were made in.
    """

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, forget what has expired, and return the count. Called by the event loop alone."""
        now = time.time()
        if key not in self.storage:
            while self.expirations and (
                len(self.expirations) >= self._capacity or next(iter(self.expirations.values())) <= now
            ):
                self.clear(next(iter(self.expirations)))
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]


class RateLimit:
    """ASGI middleware; answers 429 in the one error shape."""

    def __init__(self, app: ASGIApp, rate: str, max_counters: int = MAX_COUNTERS) -> None:
        """Allow each caller a rate such as "120/minute"."""
        self.app = app
        self.allowed = limits.parse(rate)
        self.counters = Counters(max_counters)
        self.limiter = SlidingWindowCounterRateLimiter(self.counters)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = rule_for(scope["path"]) if scope["type"] == "http" else None
        if rule is None or not rule.policy.rate_limited:
            await self.app(scope, receive, send)
            return
        who = caller(scope)
        allowed = self.limiter.hit(self.allowed, who)
        window = self.limiter.get_window_stats(self.allowed, who)
        # At the very moment of the reset the window is still full; a second is what the header counts in.
        wait = math.floor(max(0.0, window.reset_time - time.time())) + 1
        headers = {
            "RateLimit-Limit": str(self.allowed.amount),
            "RateLimit-Remaining": str(window.remaining),
            "RateLimit-Reset": str(wait),
        }
        if not allowed:
            await _refusal(self.allowed, wait, headers).response()(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def caller(scope: Scope) -> str:
    """Return who asks: a key's name, or an address. A subscriber's 2^64 addresses of IPv6 count as one."""
    key = scope.get("state", {}).get("key")
    if key is not None:
        return f"key {key}"
    client = scope.get("client")
    address = ip(client[0]) if client else None
    if address is None:
        return "address unknown"
    if address.version == 6:
        mapped = address.ipv4_mapped
        return f"address {mapped}" if mapped else f"address {int(address) >> 64:x}"
    return f"address {address}"


def _refusal(allowed: limits.RateLimitItem, wait: int, headers: dict[str, str]) -> ApiError:
    unit = allowed.GRANULARITY.name
    window = unit if allowed.multiples == 1 else f"{allowed.multiples} {unit}s"
    message = f"There were more requests than {allowed.amount} per {window}."
    hint = f"Try again in {wait} s."
    return ApiError(429, "too_many_requests", message, hint, {**headers, "Retry-After": str(wait)})
