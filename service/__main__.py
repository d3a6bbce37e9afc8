"""python -m service: serve an index over HTTP."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import sys

import uvicorn
from fastapi import FastAPI
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import encoder
from models.errors import RepereError
from service import settings
from service.app import build_app
from service.encoding import QuestionEncoder
from service.live import Live
from service.settings import SettingsError

GRACE = 5
"""Seconds that requests under way are given once the service is told to stop."""
LONGEST_HEAD = 1024 * 1024
"""Bytes of a request's address and headers; beyond, the server hangs up in its own words, not in JSON."""


def main() -> int:
    """Serve until interrupted; 2 when a setting is at fault."""
    # What the libraries beneath say in passing (devices, caches, prompts) is no news to who runs a service.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for ours in ("service", "uvicorn"):
        logging.getLogger(ours).setLevel(logging.INFO)
    try:
        chosen = settings.read()
        listener = listen(chosen.host, chosen.port)
    except RepereError as error:
        print(error, file=sys.stderr)
        return 2
    at = address(chosen.host, chosen.port)
    print(f"Repère serves {chosen.index} at {at} (the API is described at {at}/docs). Ask:", flush=True)
    print(f"  curl '{at}/search?q=formations+continues+en+oncologie&k=3'", flush=True)
    # NumPy's products are small here. More threads would not make them faster, and wait by spinning, on the
    # cores that the model needs.
    threadpool_limits(1, user_api="blas")
    app = build_app(
        Live(chosen.index, lambda: QuestionEncoder(encoder.load(chosen.choice), chosen.question_cache))
    )
    # Once stopped as it should be, the server raises again what made it stop.
    with contextlib.suppress(KeyboardInterrupt):
        server(app).run(sockets=[listener])
    return 0


def server(app: FastAPI) -> uvicorn.Server:
    """The server that runs the app; it logs where the rest logs, and not each request."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE,
            h11_max_incomplete_event_size=LONGEST_HEAD,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises SettingsError when it cannot, before any model is loaded."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # A name such as localhost may stand for both families; IPv4 is there on every machine.
        family, _, _, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
        listener = socket.create_server(place[:2], family=family)
        # An answer leaves in two pieces. Unless told not to, the system keeps the second back until the first
        # is acknowledged, which costs 40 ms; asyncio says so only to sockets that name their protocol.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (socket.gaierror, UnicodeError) as error:
        raise SettingsError(
            f"There is no address {host} to listen on. Set HOST to one of this machine."
        ) from error
    except OSError as error:
        at = address(host, port)
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Another program listens at {at}. Stop it, or set PORT to another."
            ) from error
        reason = error.strerror or error
        raise SettingsError(f"It is not possible to listen at {at}: {reason}. Set HOST or PORT.") from error


def address(host: str, port: int) -> str:
    """The URL of a host and port; an IPv6 address stands in brackets there."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


if __name__ == "__main__":
    sys.exit(main())
