"""The application with a bus of stand-ins."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.revocations import Revocations
from gateway.settings import GatewaySettings
from tests.gateway.bus import FakePublisher, FakeRpc, nobody_refused
from tests.gateway.tokens import jwk

SETTINGS = {
    "AMQP_URL": "amqp://nobody@127.0.0.1:1/none",
    "META_APP_SECRET": "new_secret,test_app_secret",
    "META_VERIFY_TOKEN": "first-token,second-token",
    "RATE_LIMIT_PER_MINUTE": "0",
    "CREDENTIAL_RATE_LIMIT_PER_MINUTE": "0",
    "CORS_ORIGINS": "https://app.example",
}

MakeClient = Callable[..., FlaskClient]


@pytest.fixture
def rpc() -> FakeRpc:
    return FakeRpc(jwks=[jwk("k1")])


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def revocations() -> Revocations:
    return nobody_refused()


@pytest.fixture
def make_client(rpc: FakeRpc, publisher: FakePublisher, revocations: Revocations) -> MakeClient:
    """A client of an application with some settings changed."""

    def make(**changes: Any) -> FlaskClient:
        settings = GatewaySettings.load({**SETTINGS, **changes})
        return create_app(settings, rpc, publisher, revocations).test_client()

    return make


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client()


@pytest.fixture
def whatsapp_fixtures() -> Path:
    """Recorded and synthetic webhook bodies, where they are at hand."""
    folder = Path(os.environ.get("FRONTDESK_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures")) / "whatsapp"
    if not folder.is_dir():
        pytest.skip("the fixtures are not here")
    return folder
