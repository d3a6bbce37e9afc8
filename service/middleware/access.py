"""Who may ask what: each route's scope in one table, and the middleware that holds requests to it."""

from __future__ import annotations

from typing import Literal

from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import ApiError, known
from service.middleware import keys
from service.middleware.keyring import Keyring
from service.middleware.keys import CREATE, KeysError
from service.settings import Settings
from service.settings_sources import SettingsError

Need = Literal["open", "read", "admin"]

ROUTES: dict[str, Need] = {
    "/": "open",
    "/static/{name:path}": "open",
    "/docs": "open",
    "/openapi.json": "open",
    "/health": "open",
    "/health/live": "open",
    "/health/ready": "open",
    "/search": "read",
    "/similar/{passage_id}": "read",
    "/documents": "read",
    "/documents/{source:path}": "read",
    "/acronyms": "read",
    "/facets": "read",
    "/suggestions": "read",
    "/metrics": "admin",
}
"""What a request needs a key for. There is nothing at an address that does not stand here."""

_PATTERNS = [(compile_path(path)[0], need) for path, need in ROUTES.items() if "{" in path]
SEND = f"Send the header 'Authorization: Bearer KEY'; '{CREATE}' makes a key."
BEARER = {"WWW-Authenticate": "Bearer"}


def needed(path: str) -> Need | None:
    """What a request for a path needs; None when nobody has said, and nobody may then ask for it."""
    if path in ROUTES:
        return ROUTES[path]
    return next((need for pattern, need in _PATTERNS if pattern.match(path)), None)


def check(chosen: Settings) -> bool:
    """Whether requests need a key from the start on.

    Raises SettingsError when strangers could ask without one, KeysError when the keys cannot be read.
    """
    found = keys.load(chosen.keys_file)
    remedy = f"Create a key with '{CREATE} --keys {chosen.keys_file}'"
    if found is None and chosen.keys is not None:
        raise SettingsError(f"keys is {chosen.keys}, and there is no such file. {remedy}.")
    if not found and not chosen.loopback:
        raise SettingsError(
            f"host {chosen.host} can be reached from other machines, and there is no key in"
            f" {chosen.keys_file}. {remedy}, or set host to 127.0.0.1."
        )
    return found is not None


class Access:
    """ASGI middleware; answers 401, 403, 404 or 503 in the one error shape.

    The name of the key that let a request in is in scope["state"]["key"] for what stands behind.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring) -> None:
        self.app, self.keyring = app, keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self._admit(scope)
        except ApiError as refusal:
            await refusal.response()(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _admit(self, scope: Scope) -> None:
        need = needed(scope["path"])
        if need is None:
            raise known(404)
        if need == "open" or self.keyring.off:
            return
        token = _token(scope)
        try:
            key = self.keyring.find(token)
        except KeysError as error:
            raise ApiError(503, "not_ready", str(error), "The service's log says why.") from error
        if key is None:
            raise _unauthorized("The key is not one of this service; it may have been revoked.")
        if need == "admin" and key.scope != "admin":
            message = f"The key {key.name} may ask questions, but not for this."
            raise ApiError(403, "forbidden", message, "Send a key whose scope is admin.")
        scope.setdefault("state", {})["key"] = key.name


def _unauthorized(message: str) -> ApiError:
    return ApiError(401, "unauthorized", message, SEND, BEARER)


def _token(scope: Scope) -> str:
    """The key that a request brings. Raises a 401 when it brings none, several, or something else."""
    sent = [(name, value) for name, value in scope["headers"] if name in (b"authorization", b"x-api-key")]
    if not sent:
        raise _unauthorized("This needs a key.")
    if len(sent) > 1:
        raise _unauthorized("The request brings more than one key.")
    name, value = sent[0]
    token: str = value.decode("latin-1").strip()
    if name == b"authorization":
        scheme, _, token = token.partition(" ")
        if scheme.lower() != "bearer":
            raise _unauthorized("The header Authorization is not of the kind Bearer.")
    if not token.strip():
        raise _unauthorized("The header that is to bring a key is empty.")
    return token.strip()
