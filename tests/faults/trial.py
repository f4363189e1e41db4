"""One experiment from the first webhook to the last comparison."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg2

from deploy.local.console import LocalError, say
from deploy.local.demo_tenants import demo_tenants, open_tenants
from services.common.kit.publisher import BusUnavailable
from tests.faults.count import Count, Finding, compare, strangers
from tests.faults.experiments import Experiment, Fault, Stage
from tests.faults.ledger import Ledger, Number
from tests.faults.load import Load
from tests.faults.quiet import Quiescence, Quiet
from tests.faults.script import CORRESPONDENTS, Script, name_of, phone_of, user_id
from tests.faults.stored import Databases, Facts
from tests.faults.timing import answer_time, longest_outage, recovery
from tests.faults.world import World
from tests.simulators.graph_api.control import ControlClient

_DRAIN_SECONDS = 60.0
_LONGEST_RETRY_SECONDS = 4.0
"""Of the provider's webhooks. In truth it grows to hours, and we would wait for them."""


@dataclass(frozen=True)
class Pace:
    """How much load for how long. Rates are for each second."""

    webhooks: float = 60.0
    orders: float = 3.0
    before: float = 1.5
    after: float = 5.0
    times: int = 1
    """How often a process is killed."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one experiment came to."""

    name: str
    title: str
    count: Count
    failures: int
    """Tries that were not taken, and were repeated."""
    p99: float
    outage: float
    recovery: float | None
    order_outage: float
    quiet: Quiet
    dead: int
    problems: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not self.count.findings and not self.problems and self.quiet.reached


class Trials:
    """A running system with its load; `run` one experiment after the other, then `close`."""

    def __init__(self, world: World, pace: Pace) -> None:
        self._world, self._pace = world, pace
        run = secrets.token_hex(3)
        numbers, tokens = sign_in(world.settings)
        self._simulator = ControlClient(world.settings["GRAPH_API_URL"])
        self._acquaint(numbers)
        script = Script(numbers, world.settings["META_APP_SECRET"].split(",")[0], run)
        self._databases = Databases(world.settings["POSTGRES_ADMIN_URL"], script.prefix, f"order-{run}-")
        self._quiescence = Quiescence(world, self._databases, self._simulator)
        self._load = Load(world.settings["GATEWAY_URL"], script, tokens, pace.webhooks, pace.orders)
        self._whole = Ledger("all")

    def run(self, experiment: Experiment) -> Row:
        """Do it under load, wait for quiet, count."""
        say(f"{experiment.name}: {experiment.title} …")
        before = self._quiescence.look_before()
        ledger = Ledger(experiment.name)
        stage = Stage(self._world, self._load, ledger, self._databases, self._pace.times)
        began = time.time()
        fault = self._under_load(experiment, stage)
        ended = time.time()
        self._load.drain(_DRAIN_SECONDS)
        if not ledger.is_accepted():
            stage.problems.append(f"not everything was taken within {_DRAIN_SECONDS:.0f} s after the load had ended")
        quiet = self._quiescence.wait(ledger, before)
        self._whole.include(ledger)
        facts = self._facts()
        count = compare(ledger, facts, before.totals)
        dead = sum(quiet.dead.values()) - before.dead
        if dead != stage.expected_dead:
            stage.problems.append(f"{dead} new dead letters instead of {stage.expected_dead}: {quiet.dead}")
        if count.uncertain and not experiment.cuts_sends:
            stage.problems.append("sends are uncertain, though nobody who sends was cut off")
        return Row(
            name=experiment.name,
            title=experiment.title,
            count=count,
            failures=sum(not answer.is_good for answer in ledger.answers),
            p99=answer_time(ledger.answers, 0.99),
            outage=longest_outage(ledger.answers, began, ended),
            recovery=recovery(ledger.answers, fault.ended),
            order_outage=longest_outage(ledger.order_answers, began, ended),
            quiet=quiet,
            dead=dead,
            problems=tuple(stage.problems),
        )

    def strangers(self) -> list[Finding]:
        """After the last experiment: what nobody sent."""
        return strangers(self._whole, self._facts())

    def close(self) -> None:
        self._load.close()
        self._simulator.close()

    def _under_load(self, experiment: Experiment, stage: Stage) -> Fault:
        self._load.begin(stage.ledger)
        try:
            time.sleep(self._pace.before)
            fault = experiment.act(stage)
            time.sleep(self._pace.after)
        except (LocalError, BusUnavailable, psycopg2.Error) as error:
            stage.problems.append(f"the experiment could not be finished: {error}")
            fault = Fault(time.time())
        finally:
            self._load.end()
        return fault

    def _facts(self) -> Facts:
        return Facts(
            messages=self._databases.messages(),
            orders=self._databases.orders(),
            totals=self._databases.totals(),
            sent=self._simulator.counts().by_callback_data,
        )

    def _acquaint(self, numbers: list[Number]) -> None:
        """The provider lets a business write only to people who have written to it."""
        self._simulator.no_limits()
        self._simulator.set_webhooks(longest_retry_seconds=_LONGEST_RETRY_SECONDS)
        for customer in range(CORRESPONDENTS):
            phone = phone_of(customer)
            user_ids = {number.waba_id: user_id(phone, number) for number in numbers}
            self._simulator.create_customer(phone, name=name_of(customer), user_ids=user_ids)
            for number in numbers:
                self._simulator.set_window(phone, number=number.phone_number_id)


def sign_in(settings: Mapping[str, str]) -> tuple[list[Number], dict[str, str]]:
    """Make the demo tenants if need be; return their numbers, and an access token for each tenant's id."""
    clients = open_tenants(settings)
    numbers, tokens = [], {}
    for tenant in demo_tenants(settings):
        client = clients[tenant.name]
        tenant_id = str(client.get("/tenant")["id"])
        tokens[tenant_id] = str(client.sign_in(tenant.email, settings["DEMO_PASSWORD"])["token"])
        for _, phone_number_id, display in tenant.numbers:
            numbers.append(Number(phone_number_id, tenant.waba_id, display.lstrip("+"), tenant_id, tenant.name))
    return numbers, tokens
