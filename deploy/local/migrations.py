"""Brings every database to its newest shape, and remembers when there is nothing to do."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2

from deploy.local.console import LocalError
from deploy.local.daemon import last_lines
from deploy.local.databases import DATABASES, SERVICES
from deploy.local.environment import base_environment
from deploy.local.layout import REPOSITORY

_LIMIT_SECONDS = 300

# Which server this is, and which databases: a new one has to be migrated whatever was done to the old one.
_IDENTITY = """
SELECT system_identifier::text,
       (SELECT string_agg(datname || oid, ',' ORDER BY oid) FROM pg_database WHERE datname = ANY(%s))
  FROM pg_control_system()
"""


def migrate(variables: Mapping[str, str], logs: Path) -> None:
    """Run all migrations, or fail with what they say."""
    env = base_environment() | dict(variables)
    with ThreadPoolExecutor() as pool:
        runs = {name: pool.submit(_run, command, env, logs / f"{name}.log") for name, command in _commands().items()}
    failed = [logs / f"{name}.log" for name, run in runs.items() if not run.result()]
    if failed:
        tails = "\n".join(last_lines(log) for log in failed)
        raise LocalError(f"Migrations failed. The ends of their logs:\n{tails}")


def state_of(admin_url: str) -> str:
    """Return a digest of the code that shapes the databases, and of the databases themselves."""
    digest = hashlib.sha256(_identity(admin_url).encode())
    for path in sorted(_sources()):
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _identity(admin_url: str) -> str:
    connection = psycopg2.connect(admin_url, connect_timeout=5)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_IDENTITY, (list(DATABASES),))
            return str(cursor.fetchone())
    finally:
        connection.close()


def _sources() -> Iterator[Path]:
    """Everything a migration could use: the services with what they share, and the gateway's own."""
    yield from (REPOSITORY / "services").rglob("*.py")
    yield from (REPOSITORY / "gateway").rglob("migrations*.py")


def _commands() -> dict[str, list[str]]:
    """Return what to run, by the name of its log; a service without migrations has no tables yet."""
    services = [name for name in SERVICES if (REPOSITORY / "services" / name / "migrations" / "env.py").is_file()]
    return {
        "migrate-services": ["deploy.local.upgrade", *services],
        "migrate-gateway": ["gateway.migrations"],
    }


def _run(command: list[str], env: Mapping[str, str], log: Path) -> bool:
    with log.open("w", encoding="utf-8") as output:
        ended = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=REPOSITORY,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_LIMIT_SECONDS,
            check=False,
        )
    return ended.returncode == 0
