"""One whole system below one root: servers, databases, migrations, processes."""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from deploy.local import databases, envfile, migrations, processes
from deploy.local.binaries import find_postgres
from deploy.local.console import Stopwatch, say
from deploy.local.credentials import load_credentials
from deploy.local.environment import MARKER, SERVER_URLS, has_own_servers, settings
from deploy.local.fleet import Fleet
from deploy.local.infrastructure import Infrastructure
from deploy.local.layout import Layout, dev_layout
from deploy.local.ports import HOST, PortBook
from deploy.local.processes import BOT_API, GATEWAY, SIMULATOR, ProcessSpec, health_url_name

_USUAL_GATEWAY_PORT = 3000


class System:
    """Brings a system up and down; `given` is what the caller has set in the environment."""

    def __init__(self, layout: Layout, given: Mapping[str, str]) -> None:
        layout.create()
        self.layout = layout
        self.fleet = Fleet(layout)
        self._given = given
        self._own_servers = has_own_servers(given)
        self._secrets = load_credentials(layout)
        self._ports = PortBook(layout.ports_file)

    def up(self) -> dict[str, str]:
        """Start everything, return the settings when all of it is ready."""
        watch = Stopwatch()
        with self._locked():
            servers = self._start_servers(with_migrations=True)
            specs = self._specs()
            variables = self._write_environment(servers, specs)
            if self.fleet.runs_with(specs, variables):
                say("The processes run already.")
            else:
                self._start_processes(specs, variables)
            self.fleet.wait_until_ready(specs)
        say(f"Ready at {variables['GATEWAY_URL']} after {watch}; settings and secrets are in {self.layout.env_file}.")
        return variables

    def up_servers(self, *, with_migrations: bool) -> dict[str, str]:
        """Start PostgreSQL and RabbitMQ with their databases only, and return the settings."""
        watch = Stopwatch()
        with self._locked():
            servers = self._start_servers(with_migrations=with_migrations)
            variables = self._write_environment(servers, self._specs())
        say(f"PostgreSQL and RabbitMQ are ready after {watch}; the settings are in {self.layout.env_file}.")
        return variables

    def migrate(self) -> None:
        """Bring the databases to their newest shape, whatever is remembered of them."""
        (self.layout.run / "migrated").unlink(missing_ok=True)
        self.up_servers(with_migrations=True)

    def down(self) -> None:
        """Stop the processes, then the broker, then PostgreSQL; all data is kept."""
        watch = Stopwatch()
        with self._locked():
            self.fleet.stop()
            if self._has_private_servers():
                self.infrastructure().stop()
        say(f"Stopped after {watch}.")

    def destroy(self) -> None:
        """Stop everything and delete all data of this system; servers that were given keep theirs."""
        with self._locked():
            self.fleet.stop()
            if self._has_private_servers():
                self.infrastructure().destroy()
        shutil.rmtree(self.layout.root)

    def infrastructure(self) -> Infrastructure:
        """Return the private servers of this system, whether or not they run."""
        return Infrastructure(self.layout, self._ports)

    def _has_private_servers(self) -> bool:
        return self._ports.known("postgres") is not None

    def _start_servers(self, *, with_migrations: bool) -> dict[str, str]:
        """Start what is not given and return the servers' addresses."""
        if self._own_servers:
            say("Using the given broker and databases.")
            urls = {name: self._given[name] for name in (*SERVER_URLS, "POSTGRES_ADMIN_URL") if name in self._given}
            self._prepare_databases(urls, with_migrations=with_migrations)
            return urls
        say("Starting PostgreSQL and RabbitMQ …")
        private = self.infrastructure()
        private.start(lambda: self._prepare_databases(private.postgres_urls(), with_migrations=with_migrations))
        return {"AMQP_URL": private.broker.url, **private.postgres_urls()}

    def _prepare_databases(self, urls: Mapping[str, str], *, with_migrations: bool) -> None:
        if "POSTGRES_ADMIN_URL" in urls:
            databases.create_databases(urls["POSTGRES_ADMIN_URL"], urls, find_postgres())
        if with_migrations:
            self._migrate(urls)

    def _migrate(self, urls: Mapping[str, str]) -> None:
        """Migrate the databases, unless they were by the same code before."""
        stamp = self.layout.run / "migrated"
        state = migrations.state_of(urls["POSTGRES_ADMIN_URL"]) if "POSTGRES_ADMIN_URL" in urls else None
        if state is not None and stamp.exists() and stamp.read_text(encoding="utf-8") == state:
            return
        say("Migrating the databases …")
        stamp.unlink(missing_ok=True)
        migrations.migrate(settings(self._secrets, self._given) | dict(urls), self.layout.log)
        if state is not None:
            stamp.write_text(state, encoding="utf-8")

    def _start_processes(self, specs: list[ProcessSpec], variables: Mapping[str, str]) -> None:
        if self.fleet.is_running():
            say("The settings have changed; stopping the processes …")
        self.fleet.stop()
        # Counters of processes that are gone for good would be added for ever.
        shutil.rmtree(self.layout.metrics, ignore_errors=True)
        self.layout.metrics.mkdir()
        say(f"Starting {len(specs)} processes …")
        self.fleet.start(specs, variables)

    def _specs(self) -> list[ProcessSpec]:
        """Return the table of processes with a port for each."""
        specs = [
            processes.worker(name, service, role, self._port(name))
            for name, (service, role) in processes.worker_names(self._given).items()
        ]
        if "GRAPH_API_URL" not in self._given:
            specs.append(processes.simulator(self._port(SIMULATOR)))
        if "TELEGRAM_API_URL" not in self._given:
            specs.append(processes.bot_api(self._port(BOT_API)))
        return [*specs, processes.gateway(self._gateway_port(), self.layout.metrics)]

    def _port(self, name: str, preferred: int | None = None) -> int:
        """Return the port of a process: the one it listens on, or else a free one."""
        known = self._ports.known(name)
        if known is not None and self.fleet.is_running():
            return known
        return self._ports.claim(name, preferred)

    def _gateway_port(self) -> int:
        given = self._given.get("GATEWAY_PORT")
        if given is not None:
            return int(given)
        return self._port(GATEWAY, _USUAL_GATEWAY_PORT if self.layout == dev_layout() else None)

    def _write_environment(self, servers: Mapping[str, str], specs: list[ProcessSpec]) -> dict[str, str]:
        gateway_url = f"http://{HOST}:{self._gateway_port()}"
        variables = {
            MARKER: str(self.layout.env_file),
            **servers,
            "GATEWAY_URL": gateway_url,
            "REALTIME_URL": gateway_url,
            "PUBLIC_URL": gateway_url,
            "MAILBOX_DIR": str(self.layout.mailbox),
            "GRAPH_API_URL": self._given.get("GRAPH_API_URL") or f"http://{HOST}:{self._port(SIMULATOR)}",
            "TELEGRAM_API_URL": self._given.get("TELEGRAM_API_URL") or f"http://{HOST}:{self._port(BOT_API)}",
            **settings(self._secrets, self._given),
            **{health_url_name(spec.name): spec.health_url for spec in specs if spec.health_url is not None},
        }
        envfile.write(self.layout.env_file, variables)
        return variables

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one command at a time change this system."""
        path = self.layout.root.with_name(f"{self.layout.root.name}.lock")
        with path.open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
