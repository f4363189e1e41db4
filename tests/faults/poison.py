"""Poison: bodies and messages that can't be handled, among others that must not suffer from it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson

from deploy.local.console import LocalError
from deploy.local.environment import base_environment
from deploy.local.layout import REPOSITORY
from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.gateway import Provider, WebhookReceivedV1
from services.common.kit import clock, ids
from services.common.kit.consumers.marks import ATTEMPTS
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from services.common.kit.topology import DEFAULT_TIERS, Subscription
from tests.faults.experiments import Experiment, Fault, Stage
from tests.faults.ledger import OK, Answer
from tests.faults.script import Script, Webhook, body_of, change_of
from tests.faults.world import wait_for

_SERVICE = "messaging"
_QUEUE = Subscription(
    WebhookReceivedV1.SOURCE, WebhookReceivedV1.TYPE, _SERVICE, f"on_{WebhookReceivedV1.TYPE.replace('.', '_')}"
).queue
_ARRIVAL_SECONDS = 30.0
_HEAL_AFTER = 2.0
_MARK = "poisonous"

# A handler that fails for some bodies, as a bug does: while the trigger is there, storing such a body is an error.
_BREAK = f"""
    create function fail_on_poison() returns trigger language plpgsql as $$
    begin
        if position('{_MARK}'::bytea in new.body) > 0 then
            raise exception 'the handler is broken' using errcode = 'data_exception';
        end if;
        return new;
    end $$;
    create trigger fail_on_poison before insert on webhook_events for each row execute function fail_on_poison();
"""
_MEND = "drop trigger if exists fail_on_poison on webhook_events; drop function if exists fail_on_poison()"


class Poisoning:
    """One after the other; after each the load's other messages must still arrive, which the count shows."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._script: Script = stage.load.script
        self._url = stage.world.settings["AMQP_URL"]
        self._publisher = ConfirmedPublisher(self._url)

    def poison(self) -> Fault:
        try:
            self._post_nonsense()
            self._post_broken_item()
            buried = self._publish_no_envelope()
            with self._broken_handler() as mend:
                given_up = self._publish_failing(len(DEFAULT_TIERS))
                self._publish_failing(0)
                self._wait_until_dead([buried, given_up])
                time.sleep(_HEAL_AFTER)
                mend()
            self._look_at(buried, "undecodable")
            self._look_at(given_up, "failed too often")
            self._replay(given_up)
        finally:
            self._publisher.close()
        return Fault(time.time())

    def _post_nonsense(self) -> None:
        """Rightly signed, so the door takes them: one that is not JSON, one that is a list."""
        for body in (b"{this is not JSON " + ids.new_id().encode(), orjson.dumps([ids.new_id()])):
            self._stage.load.post(self._script.sealed_raw(body)).result()

    def _post_broken_item(self) -> None:
        """Something that is no message between two that are: both must be stored."""
        self._stage.load.post(between(self._script)).result()

    def _publish_no_envelope(self) -> str:
        """Straight into the queue, past everything that would refuse it."""
        outgoing = Outgoing("", _QUEUE, b'{"no": "envelope"}')
        self._publisher.publish(outgoing)
        return outgoing.message_id

    def _publish_failing(self, attempts: int) -> str:
        """An event whose handler fails, having failed so often before. It counts as accepted: it must arrive."""
        message = self._script.message()
        message = replace(message, text=f"{_MARK} {message.text}")
        body = body_of([message])
        envelope = Envelope(
            id=ids.new_id(),
            type=WebhookReceivedV1.TYPE,
            occurred_at=instant_to_wire(clock.now()),
            tenant_id=None,
            source=WebhookReceivedV1.SOURCE,
            correlation_id=None,
            causation_id=None,
            data=WebhookReceivedV1.of(Provider.META, body).to_wire(),
        )
        headers = {ATTEMPTS: str(attempts)} if attempts else {}
        began = time.time()
        self._stage.ledger.post([message])
        self._publisher.publish(Outgoing("", _QUEUE, envelope.to_bytes(), headers, envelope.id))
        self._stage.ledger.answered([message], Answer(began, time.time(), OK))
        return envelope.id

    @contextmanager
    def _broken_handler(self) -> Iterator[Callable[[], None]]:
        def run(statement: str) -> None:
            with self._stage.databases.connected(_SERVICE) as cursor:
                cursor.execute(statement)

        run(_BREAK)
        try:
            yield lambda: run(_MEND)
        finally:
            run(_MEND)

    def _wait_until_dead(self, wanted: list[str]) -> None:
        wait_for(
            "the poison is among the dead letters",
            lambda: set(wanted) <= {letter["id"] for letter in self._tool("list")},
            _ARRIVAL_SECONDS,
        )

    def _look_at(self, letter_id: str, reason: str) -> None:
        """The tool must show it once, with its reason."""
        shown = self._tool("show", "--id", letter_id)
        if len(shown) != 1:
            self._stage.problems.append(f"{letter_id} is {len(shown)} times among the dead letters")
        for letter in shown:
            if letter["reason"] != reason or not letter["lastError"]:
                self._stage.problems.append(f"{letter_id} should be there as {reason!r}: {letter}")

    def _replay(self, letter_id: str) -> None:
        self._run_tool("replay", "--id", letter_id)
        if self._tool("show", "--id", letter_id):
            self._stage.problems.append(f"{letter_id} was replayed and is a dead letter again")

    def _tool(self, *arguments: str) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self._run_tool(*arguments).splitlines()]

    def _run_tool(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "services.common.kit.dead_letters", _SERVICE, *arguments]
        env = base_environment() | {"AMQP_URL": self._url}
        ended = subprocess.run(command, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise LocalError(f"dead_letters {' '.join(arguments)} ended with {ended.returncode}: {ended.stderr}")
        return ended.stdout


def between(script: Script) -> Webhook:
    """A body with two messages and, between them, two things that are none."""
    first = script.message()
    second = script.message(first.number)
    change, other = change_of(first), change_of(second)
    change["value"]["contacts"] += other["value"]["contacts"]
    broken = [{"id": {"no": "id"}, "from": [], "type": 7, "text": None}, "nothing at all"]
    change["value"]["messages"] += [*broken, *other["value"]["messages"]]
    entry = {"id": first.number.waba_id, "changes": [change]}
    body = orjson.dumps({"object": "whatsapp_business_account", "entry": [entry]})
    return script.sealed_raw(body, [first, second])


def poison(stage: Stage) -> Fault:
    stage.expected_dead = 1  # what is no envelope can't be mended: it stays for people to look at
    return Poisoning(stage).poison()


def poisonings() -> list[Experiment]:
    return [Experiment("poison", "bodies and messages that can't be handled", poison)]
