"""What the gateway publishes: webhooks, as they came."""

from __future__ import annotations

import base64
import enum

from services.common.contracts.base import Event

SERVICE = "gateway"


class Provider(enum.StrEnum):
    """Who sends webhooks."""

    META = "META"


class WebhookReceivedV1(Event, source=SERVICE, type="webhook.received.v1", consumed_by=("messaging",)):
    """A webhook whose signature over the raw bytes was good. The gateway has not looked inside.

    `body` holds the bytes as text where they are UTF-8 (`encoding: "utf-8"`), else in base64.
    """

    provider: Provider
    body: str
    encoding: str

    @classmethod
    def of(cls, provider: Provider, raw: bytes) -> WebhookReceivedV1:
        """The event for the raw bytes of one HTTP request."""
        try:
            return cls(provider=provider, body=raw.decode("utf-8"), encoding="utf-8")
        except UnicodeDecodeError:
            return cls(provider=provider, body=base64.b64encode(raw).decode("ascii"), encoding="base64")

    def raw(self) -> bytes:
        """The bytes as they came."""
        return self.body.encode("utf-8") if self.encoding == "utf-8" else base64.b64decode(self.body)
