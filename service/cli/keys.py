"""The command `keys`: create, list and revoke the keys that let requests in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from indexer.commands import Subparsers
from indexer.upkeep import audit
from service import settings
from service.cli.flags import add_flags, settings_flags
from service.middleware import keys
from service.settings import Settings
from service.settings_sources import SettingsError


def add_keys(commands: Subparsers) -> None:
    """Add `keys` with its three actions."""
    summary = "create, list or revoke keys"
    description = "Create, list or revoke keys. A service that runs takes it up within a second."
    parser = commands.add_parser("keys", help=summary, description=description)
    actions = parser.add_subparsers(dest="action", required=True)
    place = argparse.ArgumentParser(add_help=False)
    add_flags(place, Settings, "index", "keys", "config")
    create = actions.add_parser("create", parents=[place], help="make a key, and show it this once")
    create.add_argument("name", metavar="NAME", help="what it is known by: who or what uses it")
    scopes = "read: ask questions; admin: that, and see how the service does"
    create.add_argument("--scope", choices=keys.SCOPES, required=True, help=scopes)
    only = "names of the collections that it opens, joined by ','; every one unless set"
    create.add_argument("--collections", metavar="NAMES", help=only)
    create.set_defaults(run=_create)
    listing = actions.add_parser("list", parents=[place], help="show the names, scopes and dates of all keys")
    listing.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", parents=[place], help="have a key let nobody in any more")
    revoke.add_argument("name", metavar="NAME")
    revoke.set_defaults(run=_revoke)


def _create(options: argparse.Namespace) -> None:
    chosen = settings.read(flags=settings_flags(options))
    path = chosen.keys_file
    collections = None if options.collections is None else options.collections.split(",")
    if collections is not None:
        _check_served(keys.opened_by(options.scope, collections), chosen)
    about = {"key": options.name, "scope": options.scope, "collections": options.collections}
    with audit.noted(path.parent, "keys create", required=True, **about):
        token = keys.create(path, options.name, options.scope, collections)
    print(token)
    print(
        f"This is the key {options.name}. It is not shown again: {path} holds its checksum alone.",
        file=sys.stderr,
    )


def _check_served(names: Sequence[str], chosen: Settings) -> None:
    """Raise SettingsError for the name of a collection that the settings do not hold."""
    served = chosen.index.names
    for name in names:
        if name not in served:
            there = f"there are {', '.join(served)}" if served else "there is one index without a name"
            raise SettingsError(f"There is no collection {name}: {there}. Set index as the service has it.")


def _list(options: argparse.Namespace) -> None:
    for key in keys.load(settings.read(flags=settings_flags(options)).keys_file) or ():
        only = "" if key.collections is None else f"  {','.join(key.collections)}"
        print(f"{key.name}  {key.scope}  {key.created}{only}")


def _revoke(options: argparse.Namespace) -> None:
    path = settings.read(flags=settings_flags(options)).keys_file
    with audit.noted(path.parent, "keys revoke", required=False, key=options.name):
        left = keys.revoke(path, options.name)
    print(f"Revoked. Keys left: {left}.")
    if not left:
        print(f"Nobody is let in. Delete {path} and start again to serve this machine without keys.")
