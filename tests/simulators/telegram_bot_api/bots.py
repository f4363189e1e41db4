"""The world: bots with their tokens and webhooks, what was called, and what is to go wrong."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

JsonObject = dict[str, Any]


@dataclass
class Webhook:
    """Where a bot's updates go."""

    url: str = ""
    secret_token: str = ""
    allowed_updates: list[str] | None = None
    max_connections: int = 40
    last_error_message: str | None = None
    last_error_date: int | None = None


@dataclass
class Bot:
    """A bot; `state` of its token is `active` or `revoked`."""

    token: str
    first_name: str
    username: str
    state: str = "active"
    webhook: Webhook = field(default_factory=Webhook)
    pending: list[JsonObject] = field(default_factory=list)
    last_update_id: int = 100
    webhook_set_at: float = 0.0

    @property
    def id(self) -> int:
        """The first part of the token."""
        return int(self.token.partition(":")[0])


@dataclass
class Fault:
    """What goes wrong with a method: `error` answers `code`, `server_error` a page, `hang` nothing, `cut` no answer."""

    kind: str
    method: str = "any"
    times: int | None = 1
    code: int = 429
    seconds: float = 10.0


@dataclass
class Options:
    """How strict it is. Telegram refuses a second `setWebhook` within a second, and addresses without TLS."""

    webhook_pause: bool = False
    https_only: bool = False


class World:
    """All of it. Calls of several connections are told apart by the lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Begin empty."""
        with self.lock:
            self.bots: dict[str, Bot] = {}
            self.faults: list[Fault] = []
            self.calls: list[JsonObject] = []
            self.options = Options()

    def add_bot(self, token: str, first_name: str = "Bot", username: str = "test_bot") -> Bot:
        """A bot that BotFather has made. A new token of the same bot takes the old one's webhook over."""
        with self.lock:
            bot = Bot(token, first_name, username)
            for known in list(self.bots.values()):
                if known.id == bot.id:
                    bot.webhook, known.state = known.webhook, "revoked"
            self.bots[token] = bot
            return bot

    def take_fault(self, method: str) -> Fault | None:
        """The next thing that goes wrong with this method."""
        with self.lock:
            for fault in self.faults:
                if fault.method.lower() in {method.lower(), "any"}:
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times == 0:
                            self.faults.remove(fault)
                    return fault
        return None

    def note(self, token: str, method: str, parameters: JsonObject, status: int) -> None:
        """A call, for who looks later."""
        with self.lock:
            self.calls.append(
                {"token": token, "method": method, "parameters": parameters, "status": status, "at": time.time()}
            )

    def shown(self) -> list[JsonObject]:
        """All bots."""
        with self.lock:
            return [{"id": bot.id, **asdict(bot)} for bot in self.bots.values()]
