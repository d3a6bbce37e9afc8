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
"""Id of the request that is being answered; a worker thread inherits it with its work."""
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Pattern of an id that is taken from a client; an id that could forge a line of the log does not fit."""


def request_id(given: str | None) -> str:
    """Return the id that came with a request if it is well-formed, else a new one."""
    return given if given and WELL_FORMED.fullmatch(given) else uuid.uuid4().hex


class TextFormatter(logging.Formatter):
    """Formats lines for people: time, level, message, and the request's id where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line without a stack trace."""
        line, request = super().formatMessage(record), REQUEST_ID.get()
        return line if request == "-" else f"{line} [{request}]"


class JsonFormatter(logging.Formatter):
    """Formats lines for programs: one JSON object a record, with the fields of `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON, its stack trace included."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (request := REQUEST_ID.get()) != "-":
            line["request_id"] = request
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(form: Format) -> None:
    """Log to standard error: the service's own records, and the warnings of the libraries it uses."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    # What the libraries say in passing (devices, caches, prompts) does not matter to who runs a service.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("service", "uvicorn"):
        logging.getLogger(ours).setLevel(logging.INFO)
