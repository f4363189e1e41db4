"""The control API: how a test sets the world up and looks at it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

import requests

from tests.simulators.telegram_bot_api.bots import Bot, Fault, JsonObject, Options, World

_DELIVERY_SECONDS = 5.0
_GOOD = range(200, 300)


def answer(world: World, verb: str, path: str, body: bytes) -> tuple[int, Any]:
    """One order. A mistake is a 422, an unknown bot a 404."""
    try:
        given = json.loads(body or b"{}")
        return 200, _ORDERS[verb, path](world, given)
    except KeyError as unknown:
        return 404, {"error": f"unknown: {unknown}"}
    except (TypeError, ValueError) as mistake:
        return 422, {"error": str(mistake)}


def _add_bot(world: World, given: JsonObject) -> JsonObject:
    return {"id": world.add_bot(**given).id}


def _set_token(world: World, given: JsonObject) -> JsonObject:
    world.bots[given["token"]].state = given["state"]
    return {}


def _add_fault(world: World, given: JsonObject) -> JsonObject:
    fault = Fault(**given)
    world.faults.append(fault)
    return asdict(fault)


def _clear_faults(world: World, _given: JsonObject) -> JsonObject:
    world.faults.clear()
    return {}


def _set_options(world: World, given: JsonObject) -> JsonObject:
    world.options = Options(**{**asdict(world.options), **given})
    return asdict(world.options)


def _reset(world: World, _given: JsonObject) -> JsonObject:
    world.reset()
    return {}


def _deliver(world: World, given: JsonObject) -> JsonObject:
    """Bring an update to the bot's webhook, once; what is not taken stays pending."""
    bot = world.bots[given["token"]]
    bot.last_update_id += 1
    update = {"update_id": bot.last_update_id, **given["update"]}
    status = _bring(bot, update)
    if status not in _GOOD:
        bot.pending.append(update)
    return {"update_id": update["update_id"], "status": status}


def _bring(bot: Bot, update: JsonObject) -> int | None:
    webhook = bot.webhook
    if not webhook.url:
        return None
    secret = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret_token} if webhook.secret_token else {}
    try:
        answer = requests.post(webhook.url, json=update, headers=secret, timeout=_DELIVERY_SECONDS)
        status, problem = answer.status_code, f"Wrong response from the webhook: {answer.status_code} {answer.reason}"
    except requests.exceptions.RequestException:
        status, problem = 0, "Connection refused"
    if status not in _GOOD:
        webhook.last_error_message, webhook.last_error_date = problem, int(time.time())
    return status


_ORDERS = {
    ("POST", "bots"): _add_bot,
    ("GET", "bots"): lambda world, _given: {"bots": world.shown()},
    ("POST", "tokens"): _set_token,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "options"): _set_options,
    ("POST", "updates"): _deliver,
    ("GET", "calls"): lambda world, _given: {"calls": list(world.calls)},
    ("POST", "reset"): _reset,
}


class ControlClient:
    """Gives orders over HTTP."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")

    def order(self, verb: str, path: str, body: JsonObject | None = None) -> Any:
        """One order; raises when it was refused."""
        answered = requests.request(verb, f"{self.base_url}/_control/{path}", json=body or {}, timeout=10)
        answered.raise_for_status()
        return answered.json()

    def add_bot(self, token: str, first_name: str = "Bot", username: str = "test_bot") -> None:
        """A bot that BotFather has made."""
        self.order("POST", "bots", {"token": token, "first_name": first_name, "username": username})

    def bot(self, token: str) -> JsonObject:
        """All about one bot."""
        bots: list[JsonObject] = self.order("GET", "bots")["bots"]
        return next(bot for bot in bots if bot["token"] == token)

    def set_token(self, token: str, state: str) -> None:
        """`active` or `revoked`."""
        self.order("POST", "tokens", {"token": token, "state": state})

    def add_fault(self, kind: str, **conditions: Any) -> None:
        """Something goes wrong with the next calls."""
        self.order("POST", "faults", {"kind": kind, **conditions})

    def deliver(self, token: str, update: JsonObject) -> int | None:
        """Bring an update to the webhook; its answer's status."""
        status: int | None = self.order("POST", "updates", {"token": token, "update": update})["status"]
        return status

    def calls(self) -> list[JsonObject]:
        """What was called, oldest first."""
        calls: list[JsonObject] = self.order("GET", "calls")["calls"]
        return calls

    def reset(self) -> None:
        """An empty world."""
        self.order("POST", "reset")
