"""python -m service: serve an index over HTTP, and look after the keys that let requests in."""

from __future__ import annotations

import argparse
import contextlib
import errno
import ipaddress
import signal
import socket
import sys
from collections.abc import Callable

from models.errors import RepereError
from service import settings
from service.middleware import access, keys
from service.settings import Settings
from service.settings_sources import SettingsError, add_flags, given
from service.telemetry import logs
from service.telemetry.query_report import report_main
from service.workers import leave


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 a setting or the command line is at fault."""
    arguments = sys.argv[1:] if arguments is None else arguments
    named = bool(arguments) and not arguments[0].startswith("-")
    command, rest = (arguments[0], arguments[1:]) if named else ("serve", arguments)
    if command not in COMMANDS:
        print(f"There is no command {command!r}. Known are {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        return COMMANDS[command](rest) or 0
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1


def _serve(arguments: list[str]) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m service",
        usage="python -m service [serve] [--SETTING VALUE …]",
        description="Serve an index over HTTP.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=HELP,
        allow_abbrev=False,
    )
    add_flags(parser, Settings)
    options, unknown = parser.parse_known_args(arguments)
    # What the parser does not know is refused where every name is, with the nearest right one.
    flags = given(options, Settings) | {each.partition("=")[0]: "" for each in unknown}
    chosen = settings.read(flags=flags)
    keyed = access.check(chosen)
    listener = listen(chosen.host, chosen.port)
    logs.configure(chosen.log_format)
    at = address(chosen.host, chosen.port)
    key = "-H 'Authorization: Bearer KEY' " if keyed else ""
    print(f"Repère serves {chosen.index} at {at} (the API is described at {at}/docs). Ask:", flush=True)
    print(f"  curl {key}'{at}/search?q=formations+continues+en+oncologie&k=3'", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        from service.server import serve  # with all that searches, which the other commands do without

        serve(chosen, listener)
    leave(0)


def _keys(arguments: list[str]) -> None:
    """Create, list or revoke keys. A service that runs takes it up within a second."""
    parser = argparse.ArgumentParser(prog="python -m service keys", description=_keys.__doc__)
    where = argparse.ArgumentParser(add_help=False)
    add_flags(where, Settings, "index", "keys", "config")
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", parents=[where], help="make a key, and show it this once")
    create.add_argument("name", metavar="NAME", help="what it is known by: who or what uses it")
    told = "read: ask questions; admin: that, and see how the service does"
    create.add_argument("--scope", choices=keys.SCOPES, required=True, help=told)
    actions.add_parser("list", parents=[where], help="show the names, scopes and dates of all keys")
    revoke = actions.add_parser("revoke", parents=[where], help="have a key let nobody in any more")
    revoke.add_argument("name", metavar="NAME")
    options = parser.parse_args(arguments)
    path = settings.read(flags=given(options, Settings)).keys_file
    if options.action == "create":
        print(keys.create(path, options.name, options.scope))
        told = f"This is the key {options.name}. It is not shown again: {path} holds its checksum alone."
        print(told, file=sys.stderr)
    elif options.action == "revoke":
        left = keys.revoke(path, options.name)
        print(f"Revoked. Keys left: {left}.")
        if not left:
            print(f"Nobody is let in. Delete {path} and start again to serve this machine without keys.")
    else:
        for key in keys.load(path) or ():
            print(f"{key.name}  {key.scope}  {key.created}")


COMMANDS: dict[str, Callable[[list[str]], int | None]] = {
    "serve": _serve,
    "keys": _keys,
    "report": report_main,
}
HELP = """\
Every setting may also stand in the environment (--question-cache as REPERE_QUESTION_CACHE) and in the file
that --config names (question_cache = 4096); flags go before the environment, and that before the file.

Other commands: keys create|list|revoke, report (see 'python -m service keys --help').
"""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises SettingsError when it cannot, before any model is loaded."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # A name such as localhost may stand for both families; IPv4 is there on every machine.
        family, _, _, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
        if host == "localhost" and not ipaddress.ip_address(place[0]).is_loopback:
            raise SettingsError(f"localhost is {place[0]} here, which is not this machine alone. Set HOST.")
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
