"""What the command says of its address, and where it can listen."""

from __future__ import annotations

import socket

import pytest

from service.__main__ import address, listen
from service.settings import SettingsError


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("localhost", 80, "http://localhost:80"),
        ("::1", 8000, "http://[::1]:8000"),
        ("::", 1, "http://[::]:1"),
    ],
)
def test_address(host: str, port: int, expected: str) -> None:
    assert address(host, port) == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_listens(host: str) -> None:
    with listen(host, 0) as listener:
        place = listener.getsockname()
        assert place[0] == "127.0.0.1"
        socket.create_connection(place).close()


def test_an_answer_is_not_kept_back_until_its_first_half_is_acknowledged() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_listens_on_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listen("::1", 0) as listener:
        assert listener.family == socket.AF_INET6


def test_a_port_in_use_is_refused_in_one_sentence() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError) as refused:
            listen("127.0.0.1", port)
    assert str(refused.value) == (
        f"Another program listens at http://127.0.0.1:{port}. Stop it, or set PORT to another."
    )


@pytest.mark.parametrize("host", ["no such host", "198.51.100.7", "x" * 300])
def test_an_address_of_no_machine_or_another_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match=r"Set HOST"):
        listen(host, 0)
