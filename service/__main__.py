"""python -m service: serve an index over HTTP."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Sequence

from models.errors import RepereError
from service import logs, settings
from service.report import report_main
from service.settings import SettingsError


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop, or report what was asked; 2 when a setting is at fault."""
    if arguments[:1] == ["report"]:
        return report_main(arguments[1:])
    try:
        chosen = settings.read()
        listener = listen(chosen.host, chosen.port)
    except RepereError as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(chosen.log_format)
    at = address(chosen.host, chosen.port)
    print(f"Repère serves {chosen.index} at {at} (the API is described at {at}/docs). Ask:", flush=True)
    print(f"  curl '{at}/search?q=formations+continues+en+oncologie&k=3'", flush=True)
    from service.server import leave, serve  # with all that searches, which a report does without

    serve(chosen, listener)
    leave(0)


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
    sys.exit(main(sys.argv[1:]))
