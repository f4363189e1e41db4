"""Finds the programs of PostgreSQL and RabbitMQ on this machine."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Binaries:
    """The folder of PostgreSQL's programs, of RabbitMQ's scripts, and the Erlang port mapper."""

    postgres: Path
    rabbitmq: Path
    epmd: Path


def _newest(pattern: str, needed: str) -> Path | None:
    """Return the folder of the highest version that holds the needed program."""

    def version(folder: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", str(folder))]

    found = [folder for folder in Path("/").glob(pattern) if (folder / needed).is_file()]
    return max(found, key=version, default=None)


def _on_path(program: str) -> Path | None:
    found = shutil.which(program)
    return None if found is None else Path(found).resolve()


def find_postgres() -> Path | None:
    """Return the folder with initdb and postgres; Debian keeps it off the PATH."""
    folder = _newest("usr/lib/postgresql/*/bin", "initdb")
    if folder is None and (initdb := _on_path("initdb")) is not None:
        folder = initdb.parent
    return folder


def find_rabbitmq() -> Path | None:
    """Return the folder with the server's own scripts.

    The wrapper that Debian puts on the PATH switches to the user of the system's instance and uses its files.
    """
    folder = _newest("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin", "rabbitmq-server")
    if folder is None and (server := _on_path("rabbitmq-server")) is not None:
        folder = server.parent if (server.parent / "rabbitmq-env").is_file() else None
    return folder


def find_epmd() -> Path | None:
    """Return the Erlang port mapper, which comes with Erlang."""
    folder = _newest("usr/lib/erlang/erts-*/bin", "epmd")
    return _on_path("epmd") if folder is None else folder / "epmd"


def find_binaries() -> Binaries | None:
    """Return all the programs, or None if one is missing."""
    postgres, rabbitmq, epmd = find_postgres(), find_rabbitmq(), find_epmd()
    if postgres is None or rabbitmq is None or epmd is None:
        return None
    return Binaries(postgres, rabbitmq, epmd)
