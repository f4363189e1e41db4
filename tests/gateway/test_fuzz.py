"""Requests made up from the API document: every answer fits the document, and none is our fault."""

from __future__ import annotations

from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.app import create_app
from gateway.openapi import examples
from gateway.settings import GatewaySettings
from services.common.contracts.base import Message, Request
from services.common.contracts.health import HealthRequest
from tests.gateway.bus import FakePublisher, FakeRpc, nobody_refused
from tests.gateway.conftest import SETTINGS
from tests.gateway.tokens import bearer, jwk

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class ExemplaryRpc(FakeRpc):
    """Services that answer with values a schema would accept."""

    def call_wire(self, request: Request[Any], *rest: Any) -> Any:
        returns = request.RETURNS
        if isinstance(request, HealthRequest) or not (isinstance(returns, type) and issubclass(returns, Message)):
            return super().call_wire(request, *rest)
        return examples.of_view(returns)


class KeyedRpc(ExemplaryRpc):
    """Beside them, the keys of the tokens that the test makes."""

    def call(self, request: Request[Any], *rest: Any) -> Any:
        return request.answer_from_wire(FakeRpc.call_wire(self, request, *rest))


def application() -> Flask:
    rpc = KeyedRpc(jwks=[jwk("k1")])
    return create_app(GatewaySettings.load(SETTINGS), rpc, FakePublisher(), nobody_refused())


@schemathesis.openapi.from_wsgi("/api/openapi.json", application()).parametrize()
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_answers_fit_the_document(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=bearer("SUPER_ADMIN"), checks=CHECKS)
