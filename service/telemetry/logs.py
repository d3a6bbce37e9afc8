"""The service's log: each record is a line of text or of JSON, with the id of the request it belongs to."""

from __future__ import annotations

import json
import logging
import re
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

Format = Literal["text", "json"]

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered; a worker thread inherits it with its work."""
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What an id that a client gives may look like: nothing that could forge a line of a log."""


def request_id(given: str | None) -> str:
    """The id that was given with a request if it is well-formed, else a new one."""
    return given if given and WELL_FORMED.fullmatch(given) else uuid.uuid4().hex


class TextFormatter(logging.Formatter):
    """Lines for people: time, level, message, and the request's id where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line, without a trace."""
        said, its_id = super().formatMessage(record), REQUEST_ID.get()
        return said if its_id == "-" else f"{said} [{its_id}]"


class JsonFormatter(logging.Formatter):
    """Lines for programs: one JSON object a record, with what was passed as `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON, its trace included."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (its_id := REQUEST_ID.get()) != "-":
            line["request_id"] = its_id
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(chosen: Format) -> None:
    """Log to standard error: all of ours, and the warnings of the libraries beneath."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if chosen == "json" else TextFormatter())
    # What the libraries beneath say in passing (devices, caches, prompts) is no news to who runs a service.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("service", "uvicorn"):
        logging.getLogger(ours).setLevel(logging.INFO)
