"""Brings every database to its newest shape, all of them at once."""

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local.console import LocalError
from deploy.local.daemon import last_lines
from deploy.local.databases import SERVICES
from deploy.local.environment import base_environment
from deploy.local.layout import REPOSITORY

_LIMIT_SECONDS = 300


def migrate(variables: Mapping[str, str], logs: Path) -> None:
    """Run the migrations, one process for each database; the first that fails ends it."""
    commands = _commands()
    env = base_environment() | dict(variables)
    with ThreadPoolExecutor(max_workers=8) as pool:
        runs = {
            database: pool.submit(_run, command, env, logs / f"migrate-{database}.log")
            for database, command in commands.items()
        }
    failed = [database for database, run in runs.items() if not run.result()]
    if failed:
        tails = "\n".join(f"{database}:\n{last_lines(logs / f'migrate-{database}.log')}" for database in failed)
        raise LocalError(f"Migrations failed.\n{tails}")


def _commands() -> dict[str, list[str]]:
    """Return what to run for each database that has migrations."""
    commands = {
        service: ["services.common.kit.migrations", service]
        for service in SERVICES
        if (REPOSITORY / "services" / service / "migrations" / "env.py").is_file()
    }
    if (REPOSITORY / "gateway" / "migrations").is_dir() or (REPOSITORY / "gateway" / "migrations.py").is_file():
        commands["gateway"] = ["gateway.migrations"]
    return commands


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
