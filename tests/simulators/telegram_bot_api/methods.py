"""The methods of the Bot API that are imitated. Each takes the bot and its parameters and returns the result."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.simulators.telegram_bot_api.bots import Bot, JsonObject, Options, Webhook

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PORTS = {443, 80, 88, 8443}
_MOST_CONNECTIONS = 100


class RefusedError(Exception):
    """An answer that is not ok."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.payload: JsonObject = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.payload["parameters"] = parameters


def get_me(bot: Bot, _parameters: JsonObject, _options: Options) -> JsonObject:
    """Who the bot is."""
    return {
        "id": bot.id,
        "is_bot": True,
        "first_name": bot.first_name,
        "username": bot.username,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def set_webhook(bot: Bot, parameters: JsonObject, options: Options) -> bool:
    """An empty address removes it. What is left out of `allowed_updates` stays as it was."""
    now = time.monotonic()
    if options.webhook_pause and now - bot.webhook_set_at < 1:
        raise RefusedError(429, "Too Many Requests: retry after 1", retry_after=1)
    url = str(parameters.get("url") or "")
    if not url:
        return delete_webhook(bot, parameters, options)
    _check_address(url, options)
    secret = str(parameters.get("secret_token") or "")
    if secret and not _SECRET.fullmatch(secret):
        raise RefusedError(400, "Bad Request: secret token contains unallowed characters")
    most = int(parameters.get("max_connections") or 40)
    if not 1 <= most <= _MOST_CONNECTIONS:
        raise RefusedError(400, "Bad Request: max_connections is out of range")
    kinds = _listed(parameters.get("allowed_updates", bot.webhook.allowed_updates))
    bot.webhook, bot.webhook_set_at = Webhook(url, secret, kinds, most), now
    _drop_pending(bot, parameters)
    return True


def delete_webhook(bot: Bot, parameters: JsonObject, _options: Options) -> bool:
    """Whether there was one or not."""
    bot.webhook = Webhook(allowed_updates=bot.webhook.allowed_updates)
    _drop_pending(bot, parameters)
    return True


def get_webhook_info(bot: Bot, _parameters: JsonObject, _options: Options) -> JsonObject:
    """Where updates go, and what could not be brought."""
    webhook = bot.webhook
    info: JsonObject = {
        "url": webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(bot.pending),
    }
    if webhook.url:
        info["max_connections"] = webhook.max_connections
    if webhook.allowed_updates:
        info["allowed_updates"] = webhook.allowed_updates
    if webhook.last_error_message is not None:
        info |= {"last_error_message": webhook.last_error_message, "last_error_date": webhook.last_error_date}
    return info


def _check_address(url: str, options: Options) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise RefusedError(400, "Bad Request: bad webhook: invalid URL")
    if options.https_only and parts.scheme != "https":
        raise RefusedError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    if options.https_only and (parts.port or 443) not in _PORTS:
        raise RefusedError(400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _listed(value: Any) -> list[str] | None:
    """In a form or a query a list is JSON text."""
    try:
        kinds = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise RefusedError(400, "Bad Request: can't parse allowed updates JSON object") from error
    if kinds is not None and not (isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds)):
        raise RefusedError(400, "Bad Request: allowed updates must be an array of strings")
    return kinds


def _drop_pending(bot: Bot, parameters: JsonObject) -> None:
    if str(parameters.get("drop_pending_updates", "")).lower() in {"true", "1"}:
        bot.pending.clear()


Method = Callable[[Bot, JsonObject, Options], Any]

METHODS: dict[str, Method] = {
    "getme": get_me,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}
"""By name in lower case: Telegram does not mind the case."""
