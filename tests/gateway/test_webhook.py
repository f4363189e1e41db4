"""Meta's webhook: nothing unsigned gets in, nothing signed gets lost."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.settings import GatewaySettings
from services.common.contracts.base import Envelope
from services.common.contracts.errors import Unavailable
from services.common.contracts.gateway import WebhookReceivedV1
from services.common.contracts.tenants import CheckVerifyToken
from services.common.kit.publisher import BusUnavailable, ConfirmedPublisher, Unroutable
from tests.gateway.bus import FakePublisher, FakeRpc, nobody_refused
from tests.gateway.conftest import SETTINGS, MakeClient

PATH = "/api/v1/webhook"
BODY = b'{"object":"whatsapp_business_account","entry":[]}'
KNOWN = "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
MEGABYTE = 1024 * 1024


def sign(body: bytes, secret: str = "test_app_secret") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(client: FlaskClient, body: bytes = BODY, *signatures: str, **headers: str) -> Any:
    lines = [("X-Hub-Signature-256", each) for each in signatures]
    return client.post(PATH, data=body, headers=[*lines, *headers.items()], content_type="application/json")


def published(publisher: FakePublisher) -> list[bytes]:
    envelopes = [Envelope.from_bytes(message.body) for message in publisher.published]
    return [WebhookReceivedV1.from_wire(envelope.data).raw() for envelope in envelopes]


def test_the_signature_is_metas() -> None:
    assert sign(BODY) == f"sha256={KNOWN}"


@pytest.mark.parametrize("path", [PATH, "/api/v1/whatsapp/webhook", "/api/webhook", "/api/whatsapp/webhook"])
def test_a_signed_body_is_published_as_it_came(client: FlaskClient, publisher: FakePublisher, path: str) -> None:
    response = client.post(path, data=BODY, headers={"X-Hub-Signature-256": sign(BODY)})
    assert (response.status_code, response.text) == (200, "EVENT_RECEIVED")
    assert published(publisher) == [BODY]


def test_the_event_says_where_it_came_from(client: FlaskClient, publisher: FakePublisher) -> None:
    post(client, BODY, sign(BODY), **{"X-Request-ID": "abc-1"})
    (message,) = publisher.published
    envelope = Envelope.from_bytes(message.body)
    assert (message.exchange, message.routing_key, message.mandatory) == ("gateway.events", "webhook.received.v1", True)
    assert (envelope.id, envelope.type, envelope.source) == (message.message_id, "webhook.received.v1", "gateway")
    assert (envelope.tenant_id, envelope.correlation_id) == (None, "abc-1")
    assert message.headers["nameko.request_id"] == "abc-1"


def test_an_older_secret_counts_while_rotating(make_client: MakeClient) -> None:
    rotating, rotated = make_client(), make_client(META_APP_SECRET="new_secret")
    assert post(rotating, BODY, sign(BODY, "new_secret")).status_code == 200
    assert post(rotating, BODY, sign(BODY)).status_code == 200
    assert post(rotated, BODY, sign(BODY)).status_code == 401


BAD_SIGNATURES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "missing": (BODY, ()),
    "empty": (BODY, ("",)),
    "no prefix": (BODY, (KNOWN,)),
    "prefix alone": (BODY, ("sha256=",)),
    "beyond ASCII": (BODY, ("sha256=ÿ\u00e9",)),
    "upper-case hex": (BODY, (f"sha256={KNOWN.upper()}",)),
    "upper-case prefix": (BODY, (f"SHA256={KNOWN}",)),
    "blank behind": (BODY, (f"sha256={KNOWN} x",)),
    "two headers": (BODY, (f"sha256={KNOWN}", f"sha256={KNOWN}")),
    "good behind bad": (BODY, ("sha256=00", f"sha256={KNOWN}")),
    "cut short": (BODY, (f"sha256={KNOWN[:-1]}",)),
    "SHA-1": (BODY, ("sha1=" + hmac.new(b"test_app_secret", BODY, hashlib.sha1).hexdigest(),)),
    "unknown secret": (BODY, (sign(BODY, "otro_secreto"),)),
    "empty secret": (BODY, (sign(BODY, ""),)),
    "one byte changed": (BODY.replace(b"entry", b"entrY"), (f"sha256={KNOWN}",)),
    "written anew": (json.dumps(json.loads(BODY)).encode(), (f"sha256={KNOWN}",)),
    "line end added": (BODY + b"\n", (f"sha256={KNOWN}",)),
    "no body": (b"", (f"sha256={KNOWN}",)),
}


@pytest.mark.parametrize(("body", "signatures"), BAD_SIGNATURES.values(), ids=BAD_SIGNATURES)
def test_a_bad_signature_is_refused_and_nothing_published(
    client: FlaskClient, publisher: FakePublisher, body: bytes, signatures: tuple[str, ...]
) -> None:
    response = post(client, body, *signatures)
    assert (response.status_code, response.get_json()["code"]) == (401, "webhooks.bad_signature")
    assert response.content_type == "application/problem+json"
    assert publisher.published == []


def test_the_older_signature_header_is_ignored(client: FlaskClient) -> None:
    assert post(client, BODY, **{"X-Hub-Signature": sign(BODY)}).status_code == 401


def test_what_is_signed_is_what_is_on_the_wire(client: FlaskClient, publisher: FakePublisher) -> None:
    packed = gzip.compress(BODY)
    assert post(client, packed, sign(BODY), **{"Content-Encoding": "gzip"}).status_code == 401
    assert post(client, packed, sign(packed), **{"Content-Encoding": "gzip"}).status_code == 415
    assert publisher.published == []


def test_bytes_that_are_no_text_survive(client: FlaskClient, publisher: FakePublisher) -> None:
    body = b"\xff\xfe\x00{"
    assert post(client, body, sign(body)).status_code == 200
    assert published(publisher) == [body]


def test_the_body_may_have_three_megabytes_and_no_more(client: FlaskClient, publisher: FakePublisher) -> None:
    largest, too_large = b"x" * (3 * MEGABYTE), b"x" * (3 * MEGABYTE + 1)
    assert post(client, largest, sign(largest)).status_code == 200
    response = post(client, too_large, sign(too_large))
    assert (response.status_code, response.get_json()["code"]) == (413, "request.too_large")
    assert len(publisher.published) == 1


def test_a_body_without_a_declared_length_is_not_cut_off(client: FlaskClient, publisher: FakePublisher) -> None:
    too_large = b"x" * (3 * MEGABYTE + 1)
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    headers = {"X-Hub-Signature-256": sign(too_large[:-1])}
    response = client.post(PATH, data=too_large, headers=headers, environ_overrides=chunked)
    assert response.status_code == 413
    assert publisher.published == []


@pytest.mark.parametrize("error", [BusUnavailable(), Unroutable("no queue")])
def test_what_the_broker_did_not_take_is_to_be_sent_again(
    client: FlaskClient, publisher: FakePublisher, error: Exception
) -> None:
    publisher.error = error
    response = post(client, BODY, sign(BODY))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert response.get_json()["code"] == "webhooks.not_taken"


def test_a_broker_that_is_away_is_said_within_three_seconds(rpc: FakeRpc) -> None:
    real = ConfirmedPublisher("amqp://guest:guest@127.0.0.1:1/none")
    client = create_app(GatewaySettings.load(SETTINGS), rpc, real, nobody_refused()).test_client()
    started = time.monotonic()
    assert post(client, BODY, sign(BODY)).status_code == 503
    assert time.monotonic() - started < 3
    real.close()


def test_webhooks_are_not_limited_by_address(make_client: MakeClient) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="1")
    assert [post(client, BODY, sign(BODY)).status_code for _ in range(5)] == [200] * 5


def verification(client: FlaskClient, **changes: str) -> Any:
    query = {"hub.mode": "subscribe", "hub.verify_token": "first-token", "hub.challenge": "1158201444", **changes}
    return client.get(PATH, query_string={name: value for name, value in query.items() if value != "-"})


def test_the_challenge_is_given_back_as_it_came(client: FlaskClient) -> None:
    response = verification(client, **{"hub.challenge": "<b>0012"})
    assert (response.status_code, response.text) == (200, "<b>0012")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert verification(client, **{"hub.verify_token": "second-token"}).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "-"},
        {"hub.verify_token": "töken"},
        {"hub.verify_token": "first-token,second-token"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": "-"},
    ],
)
def test_another_verify_token_is_refused(client: FlaskClient, changes: dict[str, str]) -> None:
    assert verification(client, **changes).status_code == 403


def test_an_enabled_token_of_a_tenant_is_taken(client: FlaskClient, rpc: FakeRpc) -> None:
    known = hashlib.sha256(b"a-token-of-mine").hexdigest()
    rpc.answers["tenants.check_verify_token"] = lambda request: {"accepted": request.to_wire()["tokenHash"] == known}
    for _ in range(3):
        assert verification(client, **{"hub.verify_token": "a-token-of-mine"}).status_code == 200
        assert verification(client, **{"hub.verify_token": "a-token-of-yours"}).status_code == 403
    assert rpc.how_often(CheckVerifyToken) == 2
    assert "a-token-of-mine" not in str(rpc.asked)


@pytest.mark.parametrize("changes", [{"hub.verify_token": "short"}, {"hub.verify_token": "x" * 201}, {"hub.mode": "-"}])
def test_what_can_be_no_token_is_not_asked_about(client: FlaskClient, rpc: FakeRpc, changes: dict[str, str]) -> None:
    assert verification(client, **{"hub.verify_token": "a-token-of-mine", **changes}).status_code == 403
    assert rpc.asked == []


def test_guessing_tokens_is_limited_by_address_and_ours_are_not(make_client: MakeClient, rpc: FakeRpc) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="2")
    guesses = [verification(client, **{"hub.verify_token": f"guess-{n:04}"}).status_code for n in range(3)]
    assert guesses == [403, 403, 429]
    assert rpc.how_often(CheckVerifyToken) == 2
    assert verification(client).status_code == 200


def test_while_tenants_cannot_be_asked_ours_are_still_good(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.refuse("tenants.check_verify_token", Unavailable())
    assert verification(client).status_code == 200
    assert verification(client, **{"hub.verify_token": "a-token-of-mine"}).status_code == 503


def test_a_verification_without_a_challenge_is_malformed(client: FlaskClient) -> None:
    assert verification(client, **{"hub.challenge": "-"}).status_code == 400


def test_every_recorded_body_passes_unchanged(
    client: FlaskClient, publisher: FakePublisher, whatsapp_fixtures: Path
) -> None:
    bodies = [path.read_bytes() for path in sorted(whatsapp_fixtures.glob("*")) if path.suffix in {".json", ".raw"}]
    assert {post(client, body, sign(body)).status_code for body in bodies} == {200}
    assert published(publisher) == bodies
