"""Root path: the service answers under a path of a proxy's, whether the proxy takes it off or not."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """ASGI middleware, the outermost: takes the path off an address, so that nothing within knows of it."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        """`root_path` begins with "/" and does not end with it; empty: there is none."""
        self.app, self._root = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._root:
            path: str = scope["path"]
            if path == self._root:
                query = scope.get("query_string", b"").decode("latin-1")
                await RedirectResponse(f"{self._root}/{'?' if query else ''}{query}")(scope, receive, send)
                return
            if path.startswith(f"{self._root}/"):
                scope = {**scope, "path": path[len(self._root) :]}
        await self.app(scope, receive, send)
