"""The compose file of three Qdrant nodes and two searchers agrees with the code, as far as parsing tells."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

from indexer.store.home import VARIABLE
from indexer.store.qdrant.engine import connect
from tests.conftest import ROOT

NODES = ["qdrant-1", "qdrant-2", "qdrant-3"]
SEARCHERS = ["search-1", "search-2"]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "deploy" / "qdrant-compose.yaml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def test_three_nodes_make_one_cluster(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert sorted(services) == ["index", *NODES, *SEARCHERS]
    for name in NODES:
        node = services[name]
        assert node["environment"]["QDRANT__CLUSTER__ENABLED"] == "true"
        assert node["command"][-2:] == ["--uri", f"http://{name}:6335"]
        assert node["volumes"] == [f"{name}:/qdrant/storage"]
        assert ("--bootstrap" in node["command"]) == (name != NODES[0])


def test_builder_and_searchers_name_every_node(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QDRANT_API_KEY", "QDRANT_TLS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("index", *SEARCHERS):
        address = compose["services"][name]["environment"][VARIABLE]
        engine = connect(address)
        assert address == f"qdrant://{','.join(NODES)}" and len(engine.clients) == len(NODES)
        engine.close()


def test_nodes_without_a_key_are_reached_from_inside_alone(compose: dict[str, Any]) -> None:
    assert compose["networks"]["nodes"]["internal"] is True
    for name in NODES:
        assert compose["services"][name]["networks"] == ["nodes"]
        assert "ports" not in compose["services"][name]


def test_the_image_is_built_with_the_extra(compose: dict[str, Any]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in ("index", *SEARCHERS):
        extra = compose["services"][name]["build"]["args"]["EXTRAS"]
        assert extra in extras["optional-dependencies"]
    assert "${EXTRAS:+[$EXTRAS]}" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def test_searchers_share_no_disk_with_the_builder(compose: dict[str, Any]) -> None:
    for name in SEARCHERS:
        assert compose["services"][name]["volumes"] == ["keys:/keys"]
