"""The commands that serve an index over HTTP: `serve`, and `run`, which indexes first."""

from __future__ import annotations

import argparse
import contextlib
import errno
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from indexer import commands as indexing
from indexer.commands import Subparsers
from service import settings
from service.cli.flags import PRECEDENCE, add_flags, settings_flags
from service.settings import Settings
from service.settings_sources import SettingsError


def add_serve(commands: Subparsers, **options: Any) -> None:
    """Add `serve`; the options are passed on to its parser."""
    parser = commands.add_parser("serve", help="serve an index over HTTP", **_every_setting(**options))
    add_flags(parser, Settings)
    parser.set_defaults(run=_serve)


def add_run(commands: Subparsers) -> None:
    """Add `run`, which takes the folders to index and every setting of the service."""
    summary = "index folders, then serve the index"
    parents = [indexing.corpus_options()]
    parser = commands.add_parser(
        "run",
        help=summary,
        parents=parents,
        **_every_setting(description="Index folders, then serve the index."),
    )
    add_flags(parser, Settings)
    parser.set_defaults(run=_run)


def _every_setting(**options: Any) -> dict[str, Any]:
    return {
        "description": "Serve an index over HTTP.",
        "epilog": PRECEDENCE,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,  # an abbreviated flag would pass for a right one until another begins like it
        "every_setting": True,
        **options,
    }


def _serve(options: argparse.Namespace) -> None:
    serve(settings.read(flags=settings_flags(options)))


def serve(chosen: Settings) -> None:
    """Serve until interrupted, then end the process. Raises SettingsError before any model is loaded."""
    from service.middleware import access
    from service.telemetry import logs

    keyed = access.check(chosen)
    listener = listen(chosen.host, chosen.port)
    logs.configure(chosen.log_format)
    url = address(chosen.host, chosen.port)
    header = "-H 'Authorization: Bearer KEY' " if keyed else ""
    print(f"Repère serves {chosen.index} at {url} (the API is described at {url}/docs). Ask:", flush=True)
    print(f"  curl {header}'{url}/search?q=formations+continues+en+oncologie&k=3'", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        from service import server  # with all that searches, while the user reads the lines above

        server.serve(chosen, listener)
    from service.workers import leave

    leave(0)


def _run(options: argparse.Namespace) -> None:
    index_and_serve(options, os.execv)


def index_and_serve(options: argparse.Namespace, replace_process: Callable[[str, list[str]], object]) -> None:
    """Build the index, then have `python -m service` take the place of this process.

    A new process serves, so that the memory which the build took is given back. What keeps the service from
    starting is found before the build: raises SettingsError.
    """
    from service.middleware import access

    flags = settings_flags(options)
    chosen = settings.read(flags=flags)
    index = _one_folder(chosen)
    access.check(chosen)
    listen(chosen.host, chosen.port).close()
    indexing.build_index(indexing.read_corpus(options, index), index, chosen.choice)
    arguments = [f"{name}={value}" for name, value in flags.items()]
    replace_process(sys.executable, [sys.executable, "-m", "service", *arguments])


def _one_folder(chosen: Settings) -> Path:
    """Return the folder of the one index. Raises SettingsError where there are several."""
    if chosen.index.names:
        raise SettingsError(
            f"run builds one index, and index is {chosen.index}."
            " Build each with 'repere index --index FOLDER', then 'repere serve'."
        )
    return chosen.index.first


def listen(host: str, port: int, resolve: Callable[..., Any] = socket.getaddrinfo) -> socket.socket:
    """Return a socket that listens there. Raises SettingsError when that is not possible."""
    try:
        addresses = resolve(host, port, type=socket.SOCK_STREAM)
        # A name such as localhost may stand for both families; IPv4 is there on every machine.
        family, _, _, _, place = min(addresses, key=lambda entry: entry[0] != socket.AF_INET)
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
        url = address(host, port)
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Another program listens at {url}. Stop it, or set PORT to another."
            ) from error
        reason = error.strerror or error
        raise SettingsError(f"It is not possible to listen at {url}: {reason}. Set HOST or PORT.") from error


def address(host: str, port: int) -> str:
    """Return the URL of a host and port; an IPv6 address stands in brackets there."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
