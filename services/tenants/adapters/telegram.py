"""Telegram's Bot API: whose bot it is, and whether it brings us what comes in."""

from __future__ import annotations

from typing import Any

from services.common.contracts.telegram_webhooks import secret_of
from services.common.contracts.tenants import CredentialsRefused, ProviderAway
from services.common.kit.settings import Secret
from services.tenants.adapters.http import Answer, Json, JsonClient, text_of, words_of
from services.tenants.adapters.provider import Delivery, Facts
from services.tenants.domain.identities import Identity

_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
_THROTTLED, _BROKEN = 429, 500


class BotApi:
    """The token stands in the address of each call: no address may get into a log or an error."""

    def __init__(self, url: str, public_url: str, webhook_key: Secret, client: JsonClient) -> None:
        self._base, self._public_url, self._key = url.rstrip("/"), public_url.rstrip("/"), webhook_key
        self._client = client

    def verify(self, identity: Identity) -> Facts:
        """Whether the token is a bot's."""
        me = self._call(identity, "getMe")
        if str(me.get("id")) != identity.bot_id:
            raise _nonsense()
        return Facts(verified_name=text_of(me.get("first_name")), bot_username=text_of(me.get("username")))

    def register(self, identity: Identity) -> None:
        """Set our webhook, with a secret that only we can make.

        The kinds of updates are named, since without them they stay as whoever had the bot before set them.
        """
        if not self._public_url or not self._key:
            raise ProviderAway("This deployment has no public address or no key for Telegram's webhooks.")
        wanted = {
            "url": self._address(identity),
            "secret_token": secret_of(identity.channel_id, self._key),
            "allowed_updates": _UPDATES,
        }
        self._call(identity, "setWebhook", wanted)

    def unregister(self, identity: Identity) -> None:
        """Remove the webhook, whoever's it is."""
        self._call(identity, "deleteWebhook", {})

    def delivery(self, identity: Identity) -> Delivery:
        """Whether the webhook is ours, and what Telegram could not bring."""
        info = self._call(identity, "getWebhookInfo")
        is_ours = bool(self._public_url) and info.get("url") == self._address(identity)
        pending = info.get("pending_update_count")
        problem = text_of(info.get("last_error_message")) if is_ours else "The bot's webhook is not ours."
        return Delivery(is_registered=is_ours, pending=pending if isinstance(pending, int) else None, problem=problem)

    def _address(self, identity: Identity) -> str:
        return f"{self._public_url}/api/v1/telegram/webhook/{identity.channel_id}"

    def _call(self, identity: Identity, method: str, body: Json | None = None) -> dict[str, Any]:
        url = f"{self._base}/bot{identity.token!s}/{method}"
        return _read(self._client.call("GET" if body is None else "POST", url, body), identity)


def _read(answer: Answer, identity: Identity) -> dict[str, Any]:
    if answer.body.get("ok") is True:
        result = answer.body.get("result")
        return result if isinstance(result, dict) else {}
    if answer.body.get("ok") is not False or answer.status >= _BROKEN or answer.status == _THROTTLED:
        raise _nonsense()
    words = words_of(answer.body.get("description"), identity.token)
    raise CredentialsRefused(words or "The Bot API did not say why.", {"providerCode": str(answer.status)})


def _nonsense() -> ProviderAway:
    """What says nothing about the token: neither that it is good, nor that it is not."""
    return ProviderAway("The Bot API is overloaded or broken at the moment.")
