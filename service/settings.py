"""The service's settings: what there is to set, the values allowed, and which contradict each other."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import limits
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from models.encoder import ModelChoice
from service.settings_sources import PREFIX, SettingsError, Source, flag, in_file, variable

INDEXER_ONLY = {"REPERE_CORPUS", "REPERE_INCLUDE", "REPERE_EXCLUDE"}
"""Variables of the same prefix that only `python -m indexer` reads."""
_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@*]+")


def ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, when it is no name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [part.strip().lower() for part in value.split(",") if part.strip()]


def _name(value: str) -> str:
    if ip(value) is None and not _NAME.fullmatch(value):
        raise ValueError(f"{value} is no host's name; write it without scheme, port and path")
    return value


def _origin(value: str) -> str:
    if value == "*":
        raise ValueError("any web page could then read the corpus; name the origins, as https://example.org")
    if not _ORIGIN.fullmatch(value):
        raise ValueError(f"{value} is no origin; write it as https://example.org, without a path")
    return value


def _rate(value: str) -> str:
    try:
        allowed = limits.parse_many(value)
    except ValueError:
        allowed = []
    if len(allowed) != 1 or allowed[0].amount < 1:
        raise ValueError("write it as 120/minute; second, minute, hour and day are known")
    return value


Names = Annotated[tuple[Annotated[str, AfterValidator(_name)], ...], BeforeValidator(_parts)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_parts)]


class Settings(BaseModel):
    """Every setting of the service, by the name it has in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: Path = Field(Path("index"), description="Folder of the index to serve.")
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    config: Path | None = Field(None, description="TOML file that sets any of these.")
    model: str = Field("", description="sentence-transformers folder or hub name; empty: the default model.")
    query_prompt: str | None = Field(None, description="Put before every question; unset: the model's own.")
    passage_prompt: str | None = Field(None, description="Put before every passage; unset: the model's own.")
    question_cache: int = Field(
        4096, ge=0, le=1_000_000, description="Questions whose vectors are remembered; 0: none."
    )
    keys: Path | None = Field(None, description="File of the keys; unset: keys.json in the index's folder.")
    hosts: Names = Field((), description="Names that clients ask for beside the address, parted by commas.")
    cors_origins: Origins = Field((), description="Origins of web pages that may ask, parted by commas.")
    rate: Annotated[str, AfterValidator(_rate)] | None = Field(
        None, description="Requests allowed a key, or an address without one, as 120/minute; unset: any."
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that answer; each holds the model.")
    concurrency: int = Field(16, ge=1, le=1000, description="Requests a worker works on at once.")
    queue: int = Field(64, ge=0, le=10_000, description="Requests that wait in a worker; more are refused.")
    timeout: float = Field(10.0, gt=0, le=3600, description="Seconds a request may take.")
    log_format: Literal["text", "json"] = Field("text", description="What the log's lines are: text or json.")
    query_log: Path | None = Field(None, description="File that questions are noted in; unset: nowhere.")

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        address = ip(self.host)
        if address is not None and address.is_unspecified and not self.hosts:
            raise ValueError(
                f"host {self.host} is every address of this machine, and hosts is empty."
                " Set hosts to the names and addresses that clients ask for"
            )
        return self

    @property
    def choice(self) -> ModelChoice:
        """The model, as the encoder takes it."""
        return ModelChoice(self.model, self.query_prompt, self.passage_prompt)

    @property
    def loopback(self) -> bool:
        """Whether nobody beyond this machine can reach the service."""
        address = ip(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)

    @property
    def keys_file(self) -> Path:
        """Where the keys stand."""
        return self.keys or self.index / "keys.json"


def read(environment: Mapping[str, str] = os.environ, flags: Mapping[str, str] | None = None) -> Settings:
    """Settings from a file, the environment, and flags as `--port` → value; later ones win.

    Raises SettingsError for an unknown name, a value that cannot be, or settings that contradict each other.
    """
    flags = flags or {}
    ours = {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in INDEXER_ONLY
    }
    fields = list(Settings.model_fields)
    sources = [Source(ours, fields, variable), Source(flags, fields, flag)]
    config = flags.get(flag("config")) or ours.get(variable("config"))
    if config:
        may_stand_there = [field for field in fields if field != "config"]
        sources.insert(0, Source(in_file(Path(config)), may_stand_there, str, f" in {config}"))
    values: dict[str, str] = {}
    said: dict[str, str] = {}
    for source in sources:
        for field, value, written in source.read():
            values[field], said[field] = value, written
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise SettingsError(f"{reason}.") from error
        raise SettingsError(f"{said[str(first['loc'][0])]} cannot be used: {reason}.") from error
