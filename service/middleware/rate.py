"""How many requests a key, or an address without one, is allowed in a time: a sliding window of limits'."""

from __future__ import annotations

import math
import time

import limits
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ApiError
from service.middleware.access import needed
from service.settings import ip

COUNTERS = 20_000
"""Callers are counted in two windows each; beyond, the oldest counter is forgotten."""


class Counters(MemoryStorage):
    """The library's counters, whose removal is part of counting.

    Its own starts a thread for nearly every request, which goes through all counters there are. These expire
    in the order they were made in.
    """

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and forget what has expired; the count. Called by the event loop alone."""
        now = time.time()
        if key not in self.storage:
            while self.expirations and (
                len(self.expirations) >= COUNTERS or next(iter(self.expirations.values())) <= now
            ):
                self.clear(next(iter(self.expirations)))
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]


class Rate:
    """ASGI middleware; answers 429 in the one error shape. What is open to all is not counted."""

    def __init__(self, app: ASGIApp, rate: str) -> None:
        self.app = app
        self.allowed = limits.parse(rate)
        self.limiter = SlidingWindowCounterRateLimiter(Counters())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or needed(scope["path"]) == "open":
            await self.app(scope, receive, send)
            return
        who = caller(scope)
        admitted = self.limiter.hit(self.allowed, who)
        left = self.limiter.get_window_stats(self.allowed, who)
        # At the very moment of the reset the window is still full; a second is what the header counts in.
        wait = math.floor(max(0.0, left.reset_time - time.time())) + 1
        told = {
            "RateLimit-Limit": str(self.allowed.amount),
            "RateLimit-Remaining": str(left.remaining),
            "RateLimit-Reset": str(wait),
        }
        if not admitted:
            refusal = _refusal(self.allowed, wait, told)
            await refusal.response()(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self.app(scope, receive, sending)


def caller(scope: Scope) -> str:
    """Who asks: a key's name, or an address. A subscriber's 2^64 addresses of IPv6 count as one."""
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


def _refusal(allowed: limits.RateLimitItem, wait: int, told: dict[str, str]) -> ApiError:
    unit = allowed.GRANULARITY.name
    window = unit if allowed.multiples == 1 else f"{allowed.multiples} {unit}s"
    message = f"There were more requests than {allowed.amount} per {window}."
    hint = f"Try again in {wait} s."
    return ApiError(429, "too_many_requests", message, hint, {**told, "Retry-After": str(wait)})
