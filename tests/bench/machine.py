"""What a figure depends on beside the code: processors, disk, versions."""

from __future__ import annotations

import os
import platform
import re
import time
from importlib import metadata
from pathlib import Path
from statistics import median

from tests.bench.rig import Rig

_PACKAGES = ("granian", "flask", "nameko", "eventlet", "amqp", "psycopg2-binary", "sqlalchemy", "orjson")
_SYNCS = 200


def description(rig: Rig) -> dict[str, str]:
    """Name → words, without anything that names this machine."""
    return {
        "processors": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "disk": f"fdatasync {_sync_microseconds(rig.folder):.0f} µs",
        "Python": platform.python_version(),
        "PostgreSQL": str(rig.ask("postgres", "show server_version")[0]).split(" ", maxsplit=1)[0],
        "RabbitMQ": rig.broker.version(),
        **{name: metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return found[1] if found else platform.machine()


def _sync_microseconds(folder: Path) -> float:
    """How long the disk takes until a small write is safe: what a commit waits for."""
    path = folder / "sync"
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(b"x" * 512)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    path.unlink()
    return median(times) * 1e6
