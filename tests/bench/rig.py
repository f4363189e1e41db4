"""The system under test: made anew, seeded, taken down at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from deploy.local.client import API
from deploy.local.console import LocalError, say
from deploy.local.demo_tenants import demo_tenants, open_tenants
from deploy.local.environment import SERVER_URLS, base_environment, current_commit, given_variables
from deploy.local.layout import LOCAL, layout_at
from deploy.local.system import System
from tests.bench import history
from tests.bench.broker import Broker
from tests.bench.cpu import Meter
from tests.bench.letters import Number, Writer
from tests.bench.load import Generator
from tests.bench.wire import request
from tests.bench.workers import CONSUMERS, REPLICAS, Workers

CONNECTIONS = 16
GENERATOR = "load generator"

_SETTINGS = {
    "RATE_LIMIT_PER_MINUTE": "0",
    "CREDENTIAL_RATE_LIMIT_PER_MINUTE": "0",
    "LOG_LEVEL": "WARNING",
    "AUTH_ACCESS_TOKEN_SECONDS": "7200",
    **REPLICAS,
}
_PARTS = {
    "gateway": "gateway",
    "bare": "bare Flask",
    "doors": "gateway",
    "rabbitmq": "broker",
    "postgres": "PostgreSQL",
    "messaging-events": "messaging-events",
    "messaging": "messaging",
    "tenants": "tenants",
    "auth": "auth",
    "analytics-events": "analytics-events",
    "tenants-events": "tenants-events",
    "bookings": "bookings",
}
_REST = "the rest"
_CHANNEL_SECONDS = 30.0


class Rig:
    """A system of its own. Rate limits are off, and logs are short, for they are not what is measured."""

    def __init__(self) -> None:
        given = {name: value for name, value in given_variables(os.environ).items() if name not in SERVER_URLS}
        self._given = given | _SETTINGS
        self._layout = layout_at(LOCAL / "bench")
        System(self._layout, self._given).destroy()
        self._system = System(self._layout, self._given)
        self._runs = 0
        self._workers: Workers | None = None
        self.settings: Mapping[str, str] = {}
        self.meter = Meter(self._roots, GENERATOR)

    def up(self) -> None:
        """Start everything, with two tenants, one of which has a past."""
        self._keep_commit_times()
        self.settings = self._system.up()
        environment = base_environment() | dict(self.settings) | {"GIT_COMMIT": current_commit()}
        self._workers = Workers(self._layout, environment)
        self.workers.only(*CONSUMERS)
        self._seed()

    def down(self) -> None:
        """Stop everything; data and logs stay until the next run."""
        if self._workers is not None:
            self._workers.only()
        self._system.down()

    @property
    def workers(self) -> Workers:
        """The processes that come and go between the stages."""
        if self._workers is None:
            raise LocalError("The system is not up.")
        return self._workers

    @property
    def folder(self) -> Path:
        return self._layout.root

    @property
    def broker(self) -> Broker:
        return Broker(self.settings["AMQP_URL"])

    @property
    def address(self) -> tuple[str, int]:
        """The gateway's."""
        parts = urlsplit(self.settings["GATEWAY_URL"])
        return parts.hostname or "127.0.0.1", parts.port or 80

    @property
    def host(self) -> str:
        return "{}:{}".format(*self.address)

    def get(self, path: str) -> bytes:
        """A request of the owner of the tenant with a past."""
        return self.get_with(self.token, f"{API}{path}")

    def get_with(self, credential: str, path: str) -> bytes:
        """A request with a token or an API key, to any path."""
        return request("GET", self.host, path, {"Authorization": f"Bearer {credential}"})

    def writer(self) -> Writer:
        """Someone who writes what nobody has written before."""
        self._runs += 1
        return Writer(self.number, self.settings["META_APP_SECRET"].split(",")[0], self._runs)

    @contextmanager
    def connected(self, connections: int = CONNECTIONS, address: tuple[str, int] | None = None) -> Iterator[Generator]:
        """A load generator on the gateway, or on another address."""
        with closing(Generator(address or self.address, connections)) as generator:
            yield generator

    @contextmanager
    def database(self, name: str) -> Iterator[Any]:
        """A cursor of the administrator, each statement by itself."""
        url = urlunsplit(urlsplit(self.settings["POSTGRES_ADMIN_URL"])._replace(path=f"/{name}"))
        with closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def ask(self, database: str, question: str, *values: Any) -> Any:
        """The first row of the answer."""
        with self.database(database) as cursor:
            cursor.execute(question, values or None)
            return cursor.fetchone()

    def _keep_commit_times(self) -> None:
        """PostgreSQL then knows of each row when it became visible. It must restart for that."""
        self.settings = self._system.up_servers(with_migrations=True)
        with self.database("postgres") as cursor:
            cursor.execute("alter system set track_commit_timestamp = on")
        servers = self._system.infrastructure()
        servers.stop_postgres()
        servers.start_postgres()

    def _seed(self) -> None:
        say("Seeding two tenants, one of them with a past …")
        clients = open_tenants(self.settings)
        tenant, _ = demo_tenants(self.settings)
        client = clients[tenant.name]
        signed_in = client.sign_in(tenant.email, self.settings["DEMO_PASSWORD"])
        self.token = str(signed_in["token"])
        self.tenant_id = str(client.get("/tenant")["id"])
        self.api_key = str(client.post("/api-keys", {"name": "Bench", "scopes": ["tenant:read"]})["key"])
        _, phone_number_id, display = tenant.numbers[0]
        self.number = Number(phone_number_id, display, tenant.waba_id)
        with self.database("auth") as cursor:
            self.people = history.hire(cursor, tenant.email)
        with self.database("messaging") as cursor:
            history.write(cursor, self.tenant_id, self._channel(), self.number)

    def _channel(self) -> str:
        """The id of the channel, once messaging has its copy."""
        deadline = time.monotonic() + _CHANNEL_SECONDS
        while True:
            found = self.ask(
                "messaging", "select id from channels where phone_number_id = %s", self.number.phone_number_id
            )
            if found is not None:
                return str(found[0])
            if time.monotonic() > deadline:
                raise LocalError("messaging has not heard of the channel.")
            time.sleep(0.1)

    def _roots(self) -> dict[str, list[int]]:
        """The processes by part; the servers have pid files as well."""
        roots: dict[str, list[int]] = {part: [] for part in (*_PARTS.values(), _REST)}
        for path in self._layout.run.glob("*.pid"):
            words = path.read_text(encoding="utf-8").split()
            if words and path.stem != "supervisor":
                roots[_PARTS.get(path.stem, _REST)].append(int(words[0]))
        return roots
