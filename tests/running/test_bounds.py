"""How much, how many and how slowly: what one visitor sends does not stop the others."""

import http.client
import socket
from collections.abc import Generator
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.served import served

HALF_SENT = 150


@pytest.fixture
def address(app: Flask) -> Generator[tuple[str, int]]:
    with served(app) as url:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        yield parts.hostname, parts.port


def asked(address: tuple[str, int], path: str = "/sign-in") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(*address, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def begun(address: tuple[str, int], words: bytes) -> socket.socket:
    connection = socket.create_connection(address, timeout=10)
    connection.sendall(words)
    return connection


def test_requests_sent_by_half_stop_nobody(address: tuple[str, int]) -> None:
    half = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nna"
    with ExitStack() as kept:
        for number in range(HALF_SENT):
            words = half if number % 2 else half[:20]
            kept.enter_context(begun(address, words))
        assert asked(address).status == 200


def test_a_body_that_nobody_may_send_is_refused_before_it_is_sent(
    address: tuple[str, int],
) -> None:
    announced = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n"
    with begun(address, announced) as connection:
        assert b" 413 " in connection.recv(1000).splitlines()[0]


def test_the_server_does_not_say_what_it_is(address: tuple[str, int]) -> None:
    assert asked(address).getheader("Server") is None
    assert asked(address, "/no/such/page").getheader("Server") is None


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 6\r\nContent-Length: 60\r\n",
        b"Content-Length: 6, 60\r\n",
        b"Content-Length: +6\r\n",
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Content-Length : 6\r\n",
    ],
)
def test_where_a_request_ends_is_not_guessed(address: tuple[str, int], lengths: bytes) -> None:
    """What follows a body whose length is in doubt is not taken for another request."""
    asks = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n" + lengths + b"\r\n0\r\n\r\nG"
    smuggled = b"ET /styled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    heard = b""
    with begun(address, asks + smuggled) as connection, suppress(ConnectionError):
        while part := connection.recv(4096):
            heard += part
    assert heard.count(b"HTTP/1.1 ") <= 1
    assert b" 200 " not in heard
