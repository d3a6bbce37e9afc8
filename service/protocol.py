"""The HTTP protocol of the server, which refuses what is not HTTP in the one error shape."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.errors import ApiError

NOT_HTTP = ApiError(
    400, "invalid_http", "The request is not HTTP/1.1 as it is written down.", "Use a library for it."
)


class Protocol(H11Protocol):
    """HTTP/1.1, with the answer to a request that cannot be read."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Refuse and close the connection. The app never sees such a request; the server has logged msg."""
        answer = NOT_HTTP.response()
        close = [(b"connection", b"close"), (b"x-content-type-options", b"nosniff")]
        head = h11.Response(status_code=400, headers=answer.raw_headers + close, reason=b"Bad Request")
        for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
