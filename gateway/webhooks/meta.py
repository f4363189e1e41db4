"""Meta's webhook: prove the signature over the raw bytes, publish them unopened, answer once the broker has them."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import Response, request
from werkzeug.exceptions import BadRequest

from gateway import arrival, bodies
from gateway.access import WEBHOOK
from gateway.openapi.responses import JSON, other_answer, plain, problem_answer
from gateway.parts import parts
from gateway.refusals import BadSignature, TooManyRequests, VerificationRefused, WebhookNotTaken
from gateway.resource import Resource
from gateway.rpc import ask
from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.errors import Unavailable
from services.common.contracts.gateway import SERVICE, Provider, WebhookReceivedV1
from services.common.contracts.tenants import CheckVerifyToken
from services.common.kit import clock, ids
from services.common.kit.context import Context
from services.common.kit.logging import get_logger
from services.common.kit.publisher import Outgoing, Unroutable

log = get_logger(__name__)

webhook = Resource("webhooks", "What providers send.")

EXCHANGE = f"{SERVICE}.events"
BODY_LIMIT = 3 * 1024 * 1024

_CONFIRM_SECONDS = 2.0
_TEXT = "text/plain"
_TOKEN_LENGTHS = range(8, 201)
"""Of a tenant's own verify token."""
_ACCEPTED_SECONDS, _REFUSED_SECONDS = 30.0, 5.0


def verify() -> Response:
    """Meta asks whether this address is ours, when somebody enters it."""
    given = request.args.get("hub.verify_token", "").encode()
    if request.args.get("hub.mode") != "subscribe" or not (_is_ours(given) or _is_a_tenants(given)):
        raise VerificationRefused
    challenge = request.args.get("hub.challenge")
    if challenge is None:
        raise BadRequest("hub.challenge is missing.")
    return Response(challenge, content_type="text/plain; charset=utf-8")


def _is_ours(given: bytes) -> bool:
    # Each is compared, so that the time does not tell which one was nearly right.
    return any([hmac.compare_digest(given, token) for token in parts().settings.meta_verify_tokens])  # noqa: C419  see above


def _is_a_tenants(given: bytes) -> bool:
    """By its hash, so that neither the way there nor the time of the comparison tells the token."""
    here, token_hash = parts(), hashlib.sha256(given).hexdigest()
    known = here.verify_tokens.recall(token_hash)
    if known is not None or len(given) not in _TOKEN_LENGTHS:
        return known or False
    if here.caller_policy is not None:  # whoever guesses makes us ask
        here.limiter.take(arrival.address(), here.caller_policy).check()
    accepted: bool = ask(CheckVerifyToken(token_hash=token_hash))["accepted"]
    return here.verify_tokens.keep(token_hash, accepted, _ACCEPTED_SECONDS if accepted else _REFUSED_SECONDS)


def receive() -> Response:
    """200 means that the event will not be lost; anything else makes Meta send it again."""
    body = bodies.raw(BODY_LIMIT)
    if not is_signed(body, request.headers.get("X-Hub-Signature-256", ""), parts().settings.meta_app_secrets):
        raise BadSignature
    bodies.refuse_encoding()
    _publish(body)
    return Response("EVENT_RECEIVED", content_type="text/plain; charset=utf-8")


def is_signed(body: bytes, signature: str, secrets: tuple[bytes, ...]) -> bool:
    """Whether one of the secrets made exactly this signature. Compares bytes: text beyond ASCII would raise."""
    given = signature.encode("utf-8", "surrogateescape")
    expected = [b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode() for secret in secrets]
    return any([hmac.compare_digest(given, each) for each in expected])  # noqa: C419  each is compared, whatever the first says


def _publish(body: bytes) -> None:
    request_id = arrival.arrival().request_id
    envelope = Envelope(
        id=ids.new_id(),
        type=WebhookReceivedV1.TYPE,
        occurred_at=instant_to_wire(clock.now()),
        tenant_id=None,
        source=SERVICE,
        correlation_id=request_id,
        causation_id=None,
        data=WebhookReceivedV1.of(Provider.META, body).to_wire(),
    )
    message = Outgoing(
        exchange=EXCHANGE,
        routing_key=envelope.type,
        body=envelope.to_bytes(),
        headers=Context(request_id=request_id, correlation_id=request_id).to_headers(),
        message_id=envelope.id,
    )
    try:
        parts().publisher.publish(message, _CONFIRM_SECONDS)
    except (Unavailable, Unroutable) as error:
        log.warning("webhook_not_taken", reason=type(error).__name__)
        raise WebhookNotTaken from error


def _verification_words(operation: str) -> dict[str, Any]:
    """The document's words for `verify`."""
    names = ("hub.mode", "hub.verify_token", "hub.challenge")
    return plain(
        operation,
        "Show that this address is ours",
        WEBHOOK,
        {
            "200": other_answer("The challenge.", _TEXT, {"type": "string"}, "1158201444"),
            "400": problem_answer(400, ("request.malformed", "hub.challenge is missing.")),
            "403": problem_answer(403, (VerificationRefused.code, VerificationRefused.default_message())),
            "429": problem_answer(429, (TooManyRequests.code, TooManyRequests.default_message())),
            "503": problem_answer(503, (Unavailable.code, Unavailable.default_message())),
        },
        parameters=[{"in": "query", "name": name, "required": True, "schema": {"type": "string"}} for name in names],
    )


def _event_words(operation: str) -> dict[str, Any]:
    """The document's words for `receive`."""
    return plain(
        operation,
        "Take events",
        WEBHOOK,
        {
            "200": other_answer("The event is safe with us.", _TEXT, {"type": "string"}, "EVENT_RECEIVED"),
            "401": problem_answer(401, (BadSignature.code, BadSignature.default_message())),
            "413": problem_answer(413, ("request.too_large", "More than 3 MB.")),
            "415": problem_answer(415, ("request.unsupported_media_type", "The body has a Content-Encoding.")),
            "503": problem_answer(503, (WebhookNotTaken.code, WebhookNotTaken.default_message())),
        },
        parameters=[{"in": "header", "name": "X-Hub-Signature-256", "required": True, "schema": {"type": "string"}}],
        requestBody={
            "required": True,
            "content": {
                JSON: {"schema": {"type": "object"}, "example": {"object": "whatsapp_business_account", "entry": []}}
            },
        },
    )


for _rule, _suffix in (("/webhook", "Webhook"), ("/whatsapp/webhook", "WhatsappWebhook")):
    _verify = WEBHOOK(webhook.doc(**_verification_words(f"verify{_suffix}"))(verify))
    _receive = WEBHOOK(webhook.doc(**_event_words(f"receive{_suffix}"))(receive))
    webhook.add_url_rule(_rule, f"verify{_suffix}", _verify)
    webhook.add_url_rule(_rule, f"receive{_suffix}", _receive, methods=["POST"])
