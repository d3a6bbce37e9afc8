"""The command `search`: ask a running service, or an index itself, and print the hits."""

from __future__ import annotations

import argparse
import json
import os
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from indexer.commands import Subparsers
from models.errors import RepereError
from service import settings
from service.cli.flags import add_flags, settings_flags
from service.settings import Settings
from service.settings_sources import SettingsError

if TYPE_CHECKING:
    from rich.text import Text

    from indexer.index_folders import IndexFolders
    from models.encoder import Encoder
    from service.search.ranking import RankingSettings

TIMEOUT = 60.0
"""Seconds that a service is given to answer."""
PARAMETERS = {
    "collection": "only these collections, of several that are served: papers,laws",
    "k": "passages to show at the most; 10 unless set",
    "per_source": "passages of one document at the most; 3 unless set",
    "group": "document: one hit a document",
    "min_relevance": "leave out hits below a probability (0.5) or a class (weak, strong)",
    "source": "only documents whose path fits: 'santé/*', '*.pdf'",
    "language": "only passages in these languages: fr,ar",
    "format": "only documents of these formats: pdf,docx",
    "from": "only documents of this year, month or day, or later: 2019-10",
    "to": "only documents of this year, month or day, or earlier",
    "title": "only documents whose title holds these words",
    "author": "only documents of which an author's name holds these words",
    "tag": "only documents that bear this tag",
}
"""What each parameter of a search does, under its name in the API."""
INDENT = 4
"""Columns by which what belongs to a hit is indented."""


def add_search(commands: Subparsers) -> None:
    """Add `search`."""
    parser = commands.add_parser(
        "search",
        help="ask a question, and show the passages that answer it",
        description="Ask the service at --url, or else open the index, and show the passages that answer.",
        epilog="REPERE_CLIENT_URL stands for --url. REPERE_CLIENT_KEY is the key, where a service wants one.",
    )
    parser.add_argument("question", nargs="+", metavar="QUESTION", help="the question, in French or English")
    parser.add_argument("--url", metavar="URL", help="service to ask, as http://127.0.0.1:8000")
    parser.add_argument("--json", action="store_true", help="as JSON, the same as the API answers")
    for name, summary in PARAMETERS.items():
        flags = ["-k"] if name == "k" else [f"--{name.replace('_', '-')}"]
        parser.add_argument(*flags, dest=name, metavar="…", help=summary)
    add_flags(parser, Settings, "index", "model", "query_prompt", "passage_prompt", "config")
    parser.set_defaults(run=_search)


def _search(options: argparse.Namespace) -> None:
    given = {name: value for name in PARAMETERS if (value := getattr(options, name)) is not None}
    parameters = {"q": " ".join(options.question), **given}
    url = options.url or os.environ.get("REPERE_CLIENT_URL")
    if url:
        response = ask_service(url, parameters, os.environ.get("REPERE_CLIENT_KEY"))
    else:
        chosen = settings.read(flags=settings_flags(options))
        load = partial(chosen.choice.load, use="questions")
        response = ask_indexes(chosen.index, load, parameters, chosen.ranking)
    if options.json:
        print(json.dumps(response, ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.padding import Padding

    console = Console(highlight=False)
    for indent, line in lines(response):
        if console.is_terminal:
            console.print(Padding(line, (0, 0, 0, indent)))
        else:
            print(" " * indent + line.plain)  # uncut, for other programs


def ask_indexes(
    folders: IndexFolders,
    load: Callable[[], Encoder],
    parameters: dict[str, str],
    ranking: RankingSettings | None = None,
) -> dict[str, Any]:
    """Open the indexes that are asked and return what the API would answer; ranking None: as by default.

    Raises SettingsError for parameters that the API refuses, RepereError when no index can be searched.
    """
    from pydantic import ValidationError
    from pydantic_core import to_json

    from service.api.opened import Opened
    from service.api.routes.search import search_response
    from service.api.schemas import SearchRequest
    from service.search.collections import serving
    from service.search.ranking import SETTINGS

    try:
        request = SearchRequest.model_validate(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{first['loc'][0]}: {reason}.") from error
    chosen = Opened(serving(folders, load(), ranking or SETTINGS)).several(request.collection)
    return json_object(to_json(search_response(request, chosen)))


def ask_service(url: str, parameters: dict[str, str], key: str | None = None) -> dict[str, Any]:
    """Return what a running service answers. Raises RepereError when it refuses or cannot be reached."""
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"--url={url!r} cannot be used: write it as http://127.0.0.1:8000.")
    address = f"{url.rstrip('/')}/search?{urllib.parse.urlencode(parameters)}"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(urllib.request.Request(address, headers=headers), timeout=TIMEOUT) as answer:
            return json_object(answer.read())
    except urllib.error.HTTPError as error:
        raise RepereError(_refusal(url, error.code, error.read())) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise RepereError(
            f"The service at {url} cannot be asked: {reason}."
            " Start it with 'repere serve', or leave --url out."
        ) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would take the key to another host."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def _refusal(url: str, status: int, body: bytes) -> str:
    try:
        error = json_object(body)["error"]
        return f"{error['message']} {error['hint']}"
    except (ValueError, KeyError, TypeError):
        return f"What answers at {url} is no Repère service: it answers with status {status}."


def json_object(text: str | bytes) -> dict[str, Any]:
    """Return the object that a JSON text holds. Raises ValueError for any other text."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("the answer is no JSON object")
    return value


def lines(response: dict[str, Any]) -> Iterator[tuple[int, Text]]:
    """Yield an answer of the API as (indent, line), for people: each hit's title, place and best sentence."""
    from rich.text import Text

    tried = {**response["corrected"], **response["expanded"]}
    if tried:
        yield (
            0,
            Text(visible("Also tried: " + ", ".join(f"{word} → {other}" for word, other in tried.items()))),
        )
    if not response["hits"]:
        yield 0, Text("No passage was found.")
    elif response["relevance"]["class"] == "none":
        yield 0, Text("Nothing relevant was found. The nearest passages are:", "yellow")
    for collection in response["collections"]:
        if collection["reason"]:
            yield 0, Text(visible(f"{collection['name']} does not answer. {collection['reason']}"), "yellow")
    for hit in response["hits"]:
        yield 0, Text.assemble(f"{hit['rank']:>2}  ", (visible(hit["title"]), "bold cyan"))
        page = f"page {hit['page_label'] or hit['page']}" if hit["page"] else None
        place = (hit["collection"], hit["source"], page, hit["date"], hit["author"], relevance(hit))
        yield INDENT, Text(visible(" · ".join(part for part in place if part)), "dim")
        for passage in (hit, *hit["more"]):
            yield INDENT, Text(visible(passage["highlight"]["text"]), "bold")


def relevance(hit: dict[str, Any]) -> str | None:
    """Return a hit's relevance in words; None where the model is not calibrated."""
    probability = hit["relevance"]["probability"]
    return None if probability is None else f"relevance {probability:.0%} ({hit['relevance']['class']})"


def visible(text: str) -> str:
    """Return a text on one line, without the characters by which it could steer a terminal."""
    return "".join(
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in text
    )
