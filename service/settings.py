"""The service's settings: read once from REPERE_* variables, checked, and passed down."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.encoder import ModelChoice
from models.errors import RepereError

PREFIX = "REPERE_"
INDEXER_ONLY = {"REPERE_CORPUS", "REPERE_INCLUDE", "REPERE_EXCLUDE"}
"""Variables of the same prefix that only `python -m indexer` reads."""


class SettingsError(RepereError):
    """A setting is unknown or has a value it cannot have."""


class Settings(BaseModel):
    """Every setting of the service; the variable is REPERE_ and the name in capitals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: Path = Field(Path("index"), description="Folder of the index to serve.")
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    model: str = Field("", description="sentence-transformers folder or hub name; empty: the default model.")
    query_prompt: str | None = Field(None, description="Put before every question; unset: the model's own.")
    passage_prompt: str | None = Field(None, description="Put before every passage; unset: the model's own.")
    question_cache: int = Field(
        4096, ge=0, le=1_000_000, description="Questions whose vectors are remembered; 0: none."
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that answer; each holds the model.")
    concurrency: int = Field(16, ge=1, le=1000, description="Requests a worker works on at once.")
    queue: int = Field(64, ge=0, le=10_000, description="Requests that wait in a worker; more are refused.")
    timeout: float = Field(10.0, gt=0, le=3600, description="Seconds a request may take.")
    log_format: Literal["text", "json"] = Field("text", description="What the log's lines are.")
    query_log: Path | None = Field(None, description="File that questions are noted in; unset: nowhere.")

    @property
    def choice(self) -> ModelChoice:
        """The model, as the encoder takes it."""
        return ModelChoice(self.model, self.query_prompt, self.passage_prompt)


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises SettingsError for an unknown name or a bad value."""
    given = {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in INDEXER_ONLY
    }
    known = {PREFIX + field.upper(): field for field in Settings.model_fields}
    for name in given:
        if name not in known:
            # Compared without the prefix, which would make any two names alike.
            near = difflib.get_close_matches(name.removeprefix(PREFIX).lower(), Settings.model_fields, n=1)
            hint = f"Did you mean {PREFIX}{near[0].upper()}?" if near else f"Known are {', '.join(known)}."
            raise SettingsError(f"{name} is not a setting. {hint}")
    try:
        # An empty variable counts as unset: that is how make and shells pass on what was not given.
        return Settings(**{known[name]: value for name, value in given.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name}={first['input']!r} cannot be used: {first['msg']}.") from error
