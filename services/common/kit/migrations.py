"""Migrations of one service: `python -m services.common.kit.migrations <service> [command]`.

Commands: `upgrade [revision]` (the default, to the head), `downgrade <revision>`, `check` (do the models and the tables
agree?), `revision <words>` (a new file), `current`, `heads`, `history`. The owner's login comes from
`<SERVICE>_MIGRATION_DATABASE_URL`. Neither Nameko nor eventlet takes part.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config

from services.common.kit.engine import plain_url
from services.common.kit.settings import Secret, Settings, setting

_SERVICES = Path(__file__).resolve().parents[2]
_TEMPLATE = Path(__file__).resolve().parent / "migration_template"
_FILE_NAMES = "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
_KIT_TABLES = frozenset({"outbox", "outbox_default", "outbox_counter", "inbox", "idempotency"})
_LOCK = 7_265_113_904  # any number, the same for all: one migration at a time in a database

# A lock that is not had soon would make everybody queue behind us: better fail, and try again at a quieter time.
_LIMITS = "-c lock_timeout=5s -c statement_timeout=15min -c timezone=UTC"


def configuration(service: str, url: str | None = None) -> Config:
    """Alembic's settings for a service; the URL is the owner's, by default from the environment."""
    folder = _SERVICES / service / "migrations"
    if not (folder / "env.py").is_file():
        msg = f"services/{service} has no migrations"
        raise SystemExit(msg)
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("version_locations", str(folder / "versions").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", _FILE_NAMES)
    config.set_main_option("timezone", "UTC")
    config.attributes["url"] = url or _owner_url(service)
    return config


def _owner_url(service: str) -> str:
    field = setting(f"{service.upper()}_MIGRATION_DATABASE_URL", "login of the role that owns the tables", default="")
    owner: Any = dataclasses.make_dataclass("Owner", [("url", Secret, field)], bases=(Settings,), frozen=True)
    return str(owner.load().url)


def run_environment(metadata: sa.MetaData) -> None:
    """The whole of a service's `env.py`: run what Alembic was asked for, one transaction for each migration."""
    url = context.config.attributes["url"]
    if not url:
        msg = "the owner's database URL is not set (<SERVICE>_MIGRATION_DATABASE_URL)"
        raise SystemExit(msg)
    engine = sa.create_engine(
        plain_url(url), poolclass=sa.pool.NullPool, connect_args={"options": _LIMITS, "connect_timeout": 5}
    )
    with engine.connect() as connection, _alone(connection):
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            include_name=_is_a_services_own,
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """Wait for a migration that another process runs; the lock goes with the connection."""
    connection.exec_driver_sql("set lock_timeout = '10min'")
    connection.exec_driver_sql(f"select pg_advisory_lock({_LOCK})")
    connection.exec_driver_sql("set lock_timeout = '5s'")
    connection.commit()
    yield


def _is_a_services_own(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the kit's tables and the days of the outbox out of the comparison with the models."""
    return kind != "table" or not (name in _KIT_TABLES or str(name).startswith("outbox_2"))


def upgrade(service: str, url: str | None = None, revision: str = "head") -> None:
    """Bring a service's database up to a revision."""
    command.upgrade(configuration(service, url), revision)


def downgrade(service: str, url: str | None = None, revision: str = "-1") -> None:
    """Take a service's database back to a revision; by default the last step."""
    command.downgrade(configuration(service, url), revision)


def check(service: str, url: str | None = None) -> None:
    """Raise `alembic.util.CommandError` if the tables differ from the models, or there are two heads."""
    command.check(configuration(service, url))


def revision(service: str, words: str) -> None:
    """Write a new, empty migration from the kit's template."""
    config = configuration(service)
    config.set_main_option("script_location", str(_TEMPLATE))
    command.revision(config, words)


_COMMANDS: dict[str, Callable[[str, str | None], None]] = {
    "upgrade": lambda service, word: upgrade(service, revision=word or "head"),
    "downgrade": lambda service, word: downgrade(service, revision=word or "-1"),
    "check": lambda service, _word: check(service),
    "revision": lambda service, word: revision(service, word or "change"),
    "current": lambda service, _word: command.current(configuration(service), verbose=True),
    "heads": lambda service, _word: command.heads(configuration(service)),
    "history": lambda service, _word: command.history(configuration(service)),
}


def main(arguments: list[str]) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m services.common.kit.migrations", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("command", nargs="?", default="upgrade", choices=sorted(_COMMANDS))
    parser.add_argument("word", nargs="?", help="a revision, or the words for a new one")
    chosen = parser.parse_args(arguments)
    _COMMANDS[chosen.command](chosen.service, chosen.word)


if __name__ == "__main__":
    main(sys.argv[1:])
