"""Who is let in, in which words the others are not, and that a service without keys stays on its machine."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from indexer import index_folders
from service.middleware import access, keys
from service.middleware.access import AccessControl
from service.middleware.keys import Keyring, KeysError
from service.settings import Settings
from service.settings_sources import SettingsError
from tests.service.contract import assert_refusal

NO_KEY = "This needs a key."
UNKNOWN_KEY = "The key is not one of this service; it may have been revoked."
NOT_BEARER = "The header Authorization is not of the kind Bearer."
EMPTY = "The header that is to bring a key is empty."
SEVERAL = "The request brings more than one key."


async def who(request: Request) -> JSONResponse:
    return JSONResponse({"key": getattr(request.state, "key", None)})


APP = Starlette(routes=[Route(path, who) for path in ("/health", "/search", "/metrics", "/other")])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def client(path: Path) -> TestClient:
    return TestClient(AccessControl(APP, Keyring(path, required=False, poll_seconds=0)))


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], NO_KEY),
        ([("Authorization", "Bearer wrong")], UNKNOWN_KEY),
        ([("X-API-Key", "wrong")], UNKNOWN_KEY),
        ([("Authorization", "Basic YTpi")], UNKNOWN_KEY),
        ([("Authorization", "Basic YQ==")], UNKNOWN_KEY),
        ([("Authorization", "Basic Og==")], EMPTY),
        ([("Authorization", "Basic no base64")], EMPTY),
        ([("Authorization", "Basic /w==")], EMPTY),
        ([("Authorization", "Digest a")], NOT_BEARER),
        ([("Authorization", "")], NOT_BEARER),
        ([("Authorization", "Bearer")], EMPTY),
        ([("Authorization", "Bearer  ")], EMPTY),
        ([("X-API-Key", "")], EMPTY),
        ([("Authorization", "Bearer a"), ("X-API-Key", "a")], SEVERAL),
        ([("Authorization", "Bearer a"), ("Authorization", "Bearer a")], SEVERAL),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "BREW"])
def test_without_a_key_one_is_told_how_to_send_it(
    path: Path, client: TestClient, method: str, headers: list[tuple[str, str]], message: str
) -> None:
    keys.create(path, "a", "read")
    response = client.request(method, "/search", headers=headers)
    assert_refusal(response, 401, "unauthorized")
    assert response.json()["error"]["message"] == message
    assert "Authorization: Bearer KEY" in response.json()["error"]["hint"]
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "before"), [("Authorization", "Bearer "), ("authorization", "bearer  "), ("X-API-Key", "")]
)
def test_a_key_lets_in_by_either_header_and_its_name_is_passed_on(
    path: Path, client: TestClient, header: str, before: str
) -> None:
    token = keys.create(path, "alice", "read")
    response = client.get("/search", headers={header: before + token})
    assert (response.status_code, response.json()) == (200, {"key": "alice"})


@pytest.mark.parametrize("credentials", ["anyone:{}", ":{}", "{}:", "{}"])
def test_a_key_lets_in_as_a_password_for_programs_that_know_no_other_header(
    path: Path, client: TestClient, credentials: str
) -> None:
    token = keys.create(path, "alice", "read")
    sent = base64.b64encode(credentials.format(token).encode()).decode()
    response = client.get("/search", headers={"Authorization": f"Basic {sent}"})
    assert (response.status_code, response.json()) == (200, {"key": "alice"})


BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Accept-Language": "fr-FR,en;q=0.5"}


@pytest.mark.parametrize(
    ("address", "headers", "challenge"),
    [
        ("/originals/a", {}, "Basic"),
        ("/originals/a", {"Sec-Fetch-Mode": "navigate"}, "Basic"),
        ("/originals/a", {"Sec-Fetch-Mode": "cors"}, "Bearer"),
        ("/search", {"Sec-Fetch-Mode": "navigate"}, "Bearer"),
    ],
)
def test_a_browser_asks_for_the_key_of_a_link_and_never_for_a_page_that_asks_itself(
    path: Path, client: TestClient, address: str, headers: dict[str, str], challenge: str
) -> None:
    keys.create(path, "a", "read")
    response = client.get(address, headers=headers)
    assert_refusal(response, 401, "unauthorized")
    assert response.headers["www-authenticate"].split(" ")[0] == challenge


def test_a_person_who_opens_a_link_without_a_key_has_a_page(path: Path, client: TestClient) -> None:
    keys.create(path, "a", "read")
    response = client.get("/originals/a", headers=BROWSER)
    assert (response.status_code, response.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "Il faut une clé" in response.text and 'lang="fr"' in response.text
    assert_refusal(client.get("/search", headers=BROWSER), 401, "unauthorized")


def test_a_read_key_may_not_see_operations_and_an_admin_key_may_ask(path: Path, client: TestClient) -> None:
    read, admin = keys.create(path, "a", "read"), keys.create(path, "b", "admin")
    refused = client.get("/metrics", headers={"X-API-Key": read})
    assert_refusal(refused, 403, "forbidden")
    assert refused.json()["error"]["message"] == "The key a may ask questions, but not for this."
    for address in ("/metrics", "/search"):
        assert client.get(address, headers={"X-API-Key": admin}).json() == {"key": "b"}
    assert_refusal(client.get("/other", headers={"X-API-Key": admin}), 404, "not_found")


def test_what_is_open_needs_no_key_even_while_none_can_be_read(path: Path, client: TestClient) -> None:
    assert_refusal(client.get("/other"), 404, "not_found")
    path.write_text("[")
    assert client.get("/health").status_code == 200
    assert_refusal(client.get("/search", headers={"X-API-Key": "a"}), 503, "not_ready")
    assert_refusal(client.get("/search"), 401, "unauthorized")


def test_no_answer_repeats_what_was_sent_as_a_key(path: Path, client: TestClient) -> None:
    token = keys.create(path, "a", "read")
    for header, value in [
        ("Authorization", token),
        ("X-API-Key", token + "x"),
        ("Authorization", f"Basic {token}"),
    ]:
        response = client.get("/search", headers={header: value})
        assert response.status_code == 401
        assert token not in response.text + str(response.headers)


def test_at_the_start_loopback_needs_no_key(tmp_path: Path) -> None:
    assert access.check(Settings(index=tmp_path)) is False
    keys.create(tmp_path / "keys.json", "a", "read")
    assert access.check(Settings(index=tmp_path)) is True
    assert access.check(Settings(index=tmp_path, host="192.0.2.1")) is True


@pytest.mark.parametrize("emptied", [False, True])
def test_at_the_start_a_host_that_others_reach_needs_one(tmp_path: Path, emptied: bool) -> None:
    if emptied:
        keys.create(tmp_path / "keys.json", "a", "read")
        keys.revoke(tmp_path / "keys.json", "a")
    with pytest.raises(SettingsError) as refused:
        access.check(Settings(index=tmp_path, host="192.0.2.1"))
    assert str(refused.value) == (
        f"host 192.0.2.1 can be reached from other machines, and there is no key in {tmp_path}/keys.json. "
        "Create a key with 'python -m service keys create NAME --scope read "
        f"--keys {tmp_path}/keys.json', or set host to 127.0.0.1."
    )


def test_at_the_start_a_file_of_keys_has_to_be_there_and_whole(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no such file\. Create a key with 'python -m service"):
        access.check(Settings(keys=tmp_path / "keys.json"))
    (tmp_path / "keys.json").write_text("[")
    with pytest.raises(KeysError, match="is damaged"):
        access.check(Settings(index=tmp_path))


def test_keys_beside_an_index_that_would_not_be_read_are_told(tmp_path: Path) -> None:
    named = index_folders.read({"a": str(tmp_path / "a"), "b": str(tmp_path / "b")})
    assert access.check(Settings(index=named)) is False
    keys.create(tmp_path / "b" / "keys.json", "k", "read")
    with pytest.raises(SettingsError, match=r"^The keys in .*/b/keys\.json would not be read, but those in "):
        access.check(Settings(index=named))
    assert access.check(Settings(index=named, keys=tmp_path / "b" / "keys.json")) is True
    keys.create(tmp_path / "a" / "keys.json", "k", "read")
    with pytest.raises(SettingsError, match="would not be read"):
        access.check(Settings(index=named))
