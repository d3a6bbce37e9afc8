"""Refusals as a page for people, where a browser opens an address rather than a program."""

from __future__ import annotations

from html import escape

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from service.errors import ApiError

FRENCH = {
    "unknown_host": "Ce service ne répond pas à ce nom. Demandez-le par l’un des siens ; le réglage « hosts »"
    " les énumère.",
    "unauthorized": "Il faut une clé. Rechargez la page : le navigateur demande un nom, qui ne compte pas, et"
    " un mot de passe, qui est la clé.",
    "forbidden": "Cette clé n’ouvre pas cette adresse.",
    "too_many_requests": "Trop de demandes en peu de temps. Réessayez dans un instant.",
    "not_ready": "Le service ne peut pas encore répondre. Réessayez dans un instant.",
    "overloaded": "Le service a trop à faire. Réessayez dans un instant.",
    "timeout": "La réponse a pris trop de temps. Réessayez dans un instant.",
    "unknown_source": "Le corpus ne contient pas, ou plus, ce document.",
    "original_within": "Ce document est une partie d’un fichier ; c’est ce fichier qui peut être ouvert.",
    "original_not_served": "Ce service ne donne pas les fichiers eux-mêmes, seulement leur texte.",
    "original_not_here": "Le service ne peut pas lire le dossier de ce fichier ; son texte reste à lire.",
    "original_changed": "Ce fichier n’est plus celui qui a été indexé ; son texte d’alors reste à lire.",
    "original_gone": "Ce fichier n’est plus là où il a été indexé ; son texte d’alors reste à lire.",
}
"""Code of a refusal → the same in French."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Vary": "Accept, Accept-Language",
}
STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1rem}"
    "h1{font-size:1.3rem}.hint{opacity:.8}"
)


def wants_page(scope: Scope) -> bool:
    """Return whether a request comes from a person's browser that opens an address."""
    return scope["method"] in ("GET", "HEAD") and "text/html" in Headers(scope=scope).get("accept", "")


def prefers_french(scope: Scope) -> bool:
    """Return whether a browser's languages name French before English."""
    wanted = Headers(scope=scope).get("accept-language", "").lower()
    at = {code: wanted.find(code) for code in ("fr", "en")}
    return at["fr"] >= 0 and not 0 <= at["en"] < at["fr"]


def answer(refusal: ApiError, scope: Scope) -> Response:
    """Return a refusal as its request wants it: a page for a browser, the one JSON shape for all others."""
    if not wants_page(scope):
        return refusal.response()
    headers = {**HEADERS, **(refusal.headers or {})}
    return HTMLResponse(page(refusal, french=prefers_french(scope)), refusal.status, headers)


def page(refusal: ApiError, *, french: bool) -> str:
    """Return a refusal as HTML."""
    said = FRENCH.get(refusal.code) if french else None
    lines = [said] if said else [refusal.message, refusal.hint]
    first, *rest = map(escape, lines)
    return (
        f'<!doctype html>\n<html lang="{"fr" if said else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Repère · {refusal.status}</title><style>{STYLE}</style>"
        f"<main><h1>{first}</h1>{''.join(f'<p class=hint>{line}</p>' for line in rest)}"
        f"<p class=hint><code>{refusal.status} {escape(refusal.code)}</code></p></main></html>\n"
    )
