from __future__ import annotations

import pytest

from tests.bench.wire import Answer, NotHttpError, answer_in, request

HEAD = b"HTTP/1.1 202 Accepted\r\nServer: x\r\nContent-Length: 5\r\n\r\n"


def test_a_request_carries_its_length_and_type() -> None:
    made = request("POST", "127.0.0.1:80", "/a", {"X-Key": "v"}, b"body")
    head, _, body = made.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /a HTTP/1.1",
        b"Host: 127.0.0.1:80",
        b"X-Key: v",
        b"Content-Type: application/json",
        b"Content-Length: 4",
    ]
    assert body == b"body"


def test_a_get_has_no_body() -> None:
    assert request("GET", "h", "/", {}) == b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def test_an_answer_is_complete_with_its_last_byte() -> None:
    assert [answer_in((HEAD + b"12345")[:size]) for size in range(len(HEAD) + 5)] == [None] * (len(HEAD) + 5)
    assert answer_in(HEAD + b"12345") == Answer(202, len(HEAD) + 5)


def test_what_follows_an_answer_belongs_to_the_next() -> None:
    assert answer_in(bytearray(HEAD + b"12345HTTP/1.1 200")) == Answer(202, len(HEAD) + 5)


@pytest.mark.parametrize("name", [b"content-length", b"CONTENT-LENGTH", b"Content-Length"])
def test_names_of_headers_have_no_case(name: bytes) -> None:
    whole = b"HTTP/1.1 200 OK\r\n" + name + b":0\r\n\r\n"
    assert answer_in(whole) == Answer(200, len(whole))


@pytest.mark.parametrize(
    "received",
    [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"SSH-2.0\r\nContent-Length: 1\r\n\r\nx"],
)
def test_what_it_does_not_understand_is_refused(received: bytes) -> None:
    with pytest.raises(NotHttpError):
        answer_in(received)


def test_a_head_without_an_end_is_refused() -> None:
    with pytest.raises(NotHttpError):
        answer_in(b"x" * 70_000)
