"""Replies of all kinds, and URLs of brokers."""

from __future__ import annotations

import orjson
import pytest

from services.common.contracts.base import Request, View
from services.common.contracts.errors import NotFound, ServiceError
from services.common.kit import open_transaction
from services.common.kit.amqp_connection import connection_arguments, tls_options
from services.common.kit.context import Context
from services.common.kit.rpc import RpcClient, RpcTimeout, RpcUnavailable, _result
from services.common.kit.rpc_server import MalformedRequest, encode_error, encode_result, request_of, wire_of


class Seen(View):
    name: str


class Look(Request[Seen], service="eye", method="look"):
    name: str


class NotSeen(NotFound):
    """Nothing was seen."""

    code = "eye.not_seen"


def test_an_answer_comes_through() -> None:
    assert _result(encode_result(wire_of([Seen(name="x"), Seen(name="y")]))) == [{"name": "x"}, {"name": "y"}]
    assert _result(encode_result(None)) is None


def test_an_error_is_rebuilt_with_its_details() -> None:
    with pytest.raises(NotSeen) as caught:
        _result(encode_error(NotSeen("Dark.", {"where": "here"})))
    assert (caught.value.message, caught.value.details) == ("Dark.", {"where": "here"})


def test_an_error_of_a_stock_service_is_internal() -> None:
    error = {"exc_type": "ValueError", "exc_path": "builtins.ValueError", "exc_args": ["x"], "value": "x"}
    with pytest.raises(ServiceError) as caught:
        _result(orjson.dumps({"result": None, "error": error}))
    assert caught.value.code == "internal"


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"\xff"])
def test_an_unreadable_reply_is_no_answer(body: bytes) -> None:
    with pytest.raises(RpcUnavailable):
        _result(body)


@pytest.mark.parametrize("body", [b"", b"1", b"[]", b'{"kwargs": []}', b'{"kwargs": {"request": "x"}}', b"{}"])
def test_a_malformed_request_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        request_of(body)


def test_nothing_is_asked_inside_a_transaction() -> None:
    with open_transaction.marked(), pytest.raises(RuntimeError, match="open transaction"):
        RpcClient("amqp://nowhere").call(Look(name="x"), Context.new())


def test_a_deadline_that_has_passed_needs_no_broker() -> None:
    with pytest.raises(RpcTimeout):
        RpcClient("amqp://nowhere").call(Look(name="x"), Context.new(deadline=1.0))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("amqp://u:p%40ss@broker:1234/a%2Fb", ("broker:1234", "u", "p@ss", "a/b")),
        ("amqp://broker", ("broker:5672", "guest", "guest", "/")),
        ("amqps://u:p@broker/v", ("broker:5671", "u", "p", "v")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: tuple[str, ...]) -> None:
    arguments = connection_arguments(url)
    assert tuple(arguments[name] for name in ("host", "userid", "password", "virtual_host")) == expected


def test_a_name_is_verified_under_tls() -> None:
    assert tls_options("amqp://broker") is None
    assert tls_options("amqps://broker") == {"server_hostname": "broker", "context": {"check_hostname": True}}
