"""Says what runs of a system."""

from deploy.local import processes, supervisor
from deploy.local.console import say
from deploy.local.fleet import Fleet, is_ready
from deploy.local.layout import Layout
from deploy.local.pidfile import Identity, PidFile

_SERVERS = ("postgres", "rabbitmq", "supervisor")


def report(layout: Layout) -> int:
    """Write one line for each server and process; return 0 if all of them run and are ready."""
    table = supervisor.processes_file(layout)
    specs = processes.load(table) if table.exists() else []
    fleet = Fleet(layout)
    well = True
    for name in _SERVERS:
        identity = PidFile(layout.run / f"{name}.pid").living()
        well = _line(name, identity, "runs") and well
    living = fleet.living()
    for spec in specs:
        state = "ready" if is_ready(spec) else "not ready"
        well = _line(spec.name, living.get(spec.name), state) and state == "ready" and well
    return 0 if well else 1


def _line(name: str, identity: Identity | None, state: str) -> bool:
    say(f"{name:<22} {'down':>8}" if identity is None else f"{name:<22} {identity.pid:>8} {state}")
    return identity is not None
