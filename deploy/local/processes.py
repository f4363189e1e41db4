"""The processes of one system: what is started, under which name, and which settings each may see."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.local.console import LocalError
from deploy.local.databases import DATABASES, SERVICES, app_url_name
from deploy.local.ports import HOST

GATEWAY = "gateway"
SIMULATOR = "simulator"
BOT_API = "bot-api"

_MOST_REPLICAS = 16

# Secrets that only their readers get; so do the addresses of databases.
_READERS = {
    "AUTH_SIGNING_KEYS": ("auth",),
    "AUTH_ENVELOPE_KEYS": ("auth",),
    "SMTP_URL": ("auth",),
    "ENVELOPE_KEYS": ("tenants", "messaging"),
    "TELEGRAM_WEBHOOK_KEY": ("tenants",),
}


@dataclass(frozen=True)
class ProcessSpec:
    """One process to keep running. `wave` orders the stopping: lower numbers go first."""

    name: str
    command: list[str]
    service: str
    env: dict[str, str] = field(default_factory=dict)
    health_url: str | None = None
    wave: int = 1


def variable_stem(process: str) -> str:
    return process.upper().replace("-", "_")


def health_url_name(process: str) -> str:
    return f"{variable_stem(process)}_HEALTH_URL"


def replicas(process: str, given: Mapping[str, str]) -> int:
    """Return how many copies the caller wants, by e.g. REPLICAS_MESSAGING_EVENTS."""
    name = f"REPLICAS_{variable_stem(process)}"
    text = given.get(name, "1")
    if not text.isdecimal() or int(text) > _MOST_REPLICAS:
        raise LocalError(f"{name} is a number from 0 to {_MOST_REPLICAS}, not {text!r}.")
    return int(text)


def worker_names(given: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return (service, role) of every worker process by name; a second copy of `auth` is `auth-2`."""
    names: dict[str, tuple[str, str]] = {}
    for service in SERVICES:
        for role, stem in (("rpc", service), ("events", f"{service}-events")):
            for number in range(1, replicas(stem, given) + 1):
                names[stem if number == 1 else f"{stem}-{number}"] = (service, role)
    return names


def worker(name: str, service: str, role: str, port: int) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        service=service,
        command=[sys.executable, "-m", "services.common.kit.run", service, role],
        env={"HEALTH_HOST": HOST, "HEALTH_PORT": str(port)},
        health_url=f"http://{HOST}:{port}",
    )


def gateway(port: int, metrics: Path) -> ProcessSpec:
    return ProcessSpec(
        name=GATEWAY,
        service=GATEWAY,
        command=[
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "gateway.wsgi:app"),
            *("--host", HOST, "--port", str(port), "--workers", "2", "--blocking-threads", "16"),
            *("--http", "1", "--no-ws", "--respawn-failed-workers"),
            # A worker that is told to stop while it still imports swallows the signal; the master must not wait for it.
            *("--workers-kill-timeout", "15"),
        ],
        env={"PROMETHEUS_MULTIPROC_DIR": str(metrics)},
        health_url=f"http://{HOST}:{port}",
        wave=0,
    )


def simulator(port: int) -> ProcessSpec:
    return _stand_in(SIMULATOR, "tests.simulators.graph_api", port)


def bot_api(port: int) -> ProcessSpec:
    return _stand_in(BOT_API, "tests.simulators.telegram_bot_api", port)


def _stand_in(name: str, module: str, port: int) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        service=name,
        command=[sys.executable, "-m", module, "--host", HOST, "--port", str(port)],
        wave=0,
    )


def visible_settings(service: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the settings a process may see: nobody gets another's database or keys, nor an owner's password."""

    def may_see(name: str) -> bool:
        if name.endswith("_DATABASE_URL"):
            return service in DATABASES and name == app_url_name(service)
        if name == "POSTGRES_ADMIN_URL":
            return False
        return name not in _READERS or service in _READERS[name]

    return {name: value for name, value in variables.items() if may_see(name)}


def save(path: Path, specs: Iterable[ProcessSpec]) -> None:
    path.write_text(json.dumps([asdict(spec) for spec in specs], indent=1), encoding="utf-8")


def load(path: Path) -> list[ProcessSpec]:
    return [ProcessSpec(**spec) for spec in json.loads(path.read_text(encoding="utf-8"))]
