"""Access control: a request is let in when it brings a key whose scope its address needs."""

from __future__ import annotations

import base64

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import ApiError, refusal_for
from service.middleware import keys, refusal_page
from service.middleware.keys import CREATE_COMMAND, Keyring, KeysError
from service.middleware.policy import rule_for
from service.settings import KEYS, Settings
from service.settings_sources import SettingsError

SEND_KEY = f"Send the header 'Authorization: Bearer KEY'; '{CREATE_COMMAND}' makes a key."

CHALLENGE = 'Basic realm="Repere: the key is the password", charset="UTF-8"'
"""What has a browser ask for a name, which does not matter, and a password, which is the key."""


def check(settings: Settings) -> bool:
    """Return whether requests need a key from the start on.

    Raises SettingsError when strangers could ask without one, KeysError when the keys cannot be read.
    """
    _check_places(settings)
    accepted = keys.load(settings.keys_file)
    remedy = f"Create a key with '{CREATE_COMMAND} --keys {settings.keys_file}'"
    if accepted is None and settings.keys is not None:
        raise SettingsError(f"keys is {settings.keys}, and there is no such file. {remedy}.")
    if not accepted and not settings.loopback:
        raise SettingsError(
            f"host {settings.host} can be reached from other machines, and there is no key in"
            f" {settings.keys_file}. {remedy}, or set host to 127.0.0.1."
        )
    return accepted is not None


def _check_places(settings: Settings) -> None:
    """Raise SettingsError where keys lie in the folder of an index, and would not be those that are read."""
    if settings.keys is not None:
        return
    for each in settings.index.entries[1:]:
        if (each.folder / KEYS).exists():
            raise SettingsError(
                f"The keys in {each.folder / KEYS} would not be read, but those in {settings.keys_file}."
                " Set keys to the one file that holds the keys of all collections."
            )


class AccessControl:
    """ASGI middleware; answers 401, 403, 404 or 503 in the one error shape.

    What is further in finds the name of the key that let a request in at scope["state"]["key"], and the names
    of the collections that it opens at scope["state"]["collections"]; without those every one is open.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring) -> None:
        self.app, self._keyring = app, keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope)
            except ApiError as refusal:
                await _answer(refusal, scope)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Raise ApiError unless the request may pass."""
        rule = rule_for(scope["path"])
        if rule is None:
            raise refusal_for(404)
        required = rule.policy.scope
        if self._keyring.off:
            return
        if required == "open":
            scope.setdefault("state", {})["collections"] = self._shown(scope)
            return
        token = _token(scope)
        try:
            key = self._keyring.find(token)
        except KeysError as error:
            raise ApiError(503, "not_ready", str(error), "The service's log says why.") from error
        if key is None:
            raise _unauthorized("The key is not one of this service; it may have been revoked.")
        if required == "admin" and key.scope != "admin":
            message = f"The key {key.name} may ask questions, but not for this."
            raise ApiError(403, "forbidden", message, "Send a key whose scope is admin.")
        scope.setdefault("state", {})["key"] = key.name
        if key.collections is not None:
            scope["state"]["collections"] = frozenset(key.collections)

    def _shown(self, scope: Scope) -> frozenset[str] | None:
        """Return the collections that the key of a request opens which needs none; without one, none."""
        try:
            key = self._keyring.find(_token(scope))
        except (ApiError, KeysError):
            key = None
        if key is None:
            return frozenset()
        return None if key.collections is None else frozenset(key.collections)


def _answer(refusal: ApiError, scope: Scope) -> Response:
    """Return a refusal; where people open links, as one that has a browser ask for the key."""
    rule = rule_for(scope["path"])
    if rule is None or not rule.policy.linked:
        return refusal.response()
    response = refusal_page.answer(refusal, scope)
    # A page's own requests are answered by the page, and would otherwise have the browser interrupt it.
    if refusal.status == 401 and Headers(scope=scope).get("sec-fetch-mode", "navigate") == "navigate":
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def _password(credentials: str) -> str:
    """Return the password of HTTP's Basic scheme, or the name where that stands alone; empty when damaged."""
    try:
        name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return ""
    return password or name


def _unauthorized(message: str) -> ApiError:
    return ApiError(401, "unauthorized", message, SEND_KEY, {"WWW-Authenticate": "Bearer"})


def _token(scope: Scope) -> str:
    """Return the key a request brings. Raises a 401 when it brings none, several, or something else."""
    headers = [(name, value) for name, value in scope["headers"] if name in (b"authorization", b"x-api-key")]
    if not headers:
        raise _unauthorized("This needs a key.")
    if len(headers) > 1:
        raise _unauthorized("The request brings more than one key.")
    name, value = headers[0]
    token: str = value.decode("latin-1").strip()
    if name == b"authorization":
        scheme, _, token = token.partition(" ")
        if scheme.lower() == "basic":
            token = _password(token.strip())
        elif scheme.lower() != "bearer":
            raise _unauthorized("The header Authorization is not of the kind Bearer.")
    if not token.strip():
        raise _unauthorized("The header that is to bring a key is empty.")
    return token.strip()
