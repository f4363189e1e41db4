"""PostgreSQL and RabbitMQ of one local system, together and one by one, so that tests can break them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local.credentials import load_credentials
from deploy.local.databases import database_urls
from deploy.local.layout import Layout, layout_at
from deploy.local.packages import ensure_binaries
from deploy.local.ports import PortBook
from deploy.local.postgres import PostgresServer
from deploy.local.rabbitmq import RabbitBroker


class Infrastructure:
    """The private servers below one root. Attaches to those that run already; starts what does not."""

    def __init__(self, where: Layout | Path, ports: PortBook | None = None) -> None:
        self.layout = where if isinstance(where, Layout) else layout_at(where)
        self.layout.create()
        self.secrets = load_credentials(self.layout)
        self.ports = ports or PortBook(self.layout.ports_file)
        binaries = ensure_binaries()
        self.postgres = PostgresServer(self.layout, binaries.postgres, self.ports, self.secrets["POSTGRES_PASSWORD"])
        self.broker = RabbitBroker(self.layout, binaries, self.ports, self.secrets["RABBITMQ_PASSWORD"])

    def postgres_urls(self) -> dict[str, str]:
        """Return the addresses of the databases, for services, owners and the administrator."""
        return {
            **database_urls(self.postgres.port, self.secrets),
            "POSTGRES_ADMIN_URL": self.postgres.admin_url,
        }

    def start(self, once_postgres_answers: Callable[[], None] | None = None) -> None:
        """Start both at once; what needs only PostgreSQL runs while the slower broker still boots."""
        with ThreadPoolExecutor(max_workers=1) as background:
            broker = background.submit(self.broker.start)
            self.postgres.start()
            if once_postgres_answers is not None:
                once_postgres_answers()
            broker.result()

    def stop(self) -> None:
        """Stop the broker, then PostgreSQL."""
        self.broker.stop()
        self.postgres.stop()

    def destroy(self) -> None:
        """Stop both and delete their data."""
        self.broker.destroy()
        self.postgres.destroy()

    def restart_broker(self) -> None:
        self.broker.stop()
        self.broker.start()

    def kill_broker(self) -> None:
        self.broker.kill()

    def start_broker(self) -> None:
        self.broker.start()

    def stop_broker(self) -> None:
        self.broker.stop()

    def stop_postgres(self, mode: str = "fast") -> None:
        self.postgres.stop(mode)

    def kill_postgres(self) -> None:
        self.postgres.kill()

    def start_postgres(self) -> None:
        self.postgres.start()
