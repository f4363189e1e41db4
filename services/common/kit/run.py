"""Runs one service: `python -m services.common.kit.run <service> rpc|events|all`.

Instead of Nameko's own command, which needs a package that new virtual environments lack.
"""

import eventlet

eventlet.monkey_patch()  # before anything else is imported: sockets and locks made earlier would block all greenthreads

# ruff: noqa: E402
import argparse
import importlib
import os
import signal
import sys
from typing import Any

from nameko.runners import ServiceRunner

from services.common.kit import logging
from services.common.kit.container import ALL, EVENTS, RPC
from services.common.kit.process import ProcessSettings, container_config, settings_class_of
from services.common.kit.settings import SettingsError

log = logging.get_logger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop (0), or until it cannot go on (1)."""
    options = _parse(arguments)
    service_cls = service_class(options.service)
    try:
        process, settings = ProcessSettings.load(), settings_class_of(service_cls).load()
    except SettingsError as error:
        sys.stderr.write(f"{options.service}: {error}\n")
        return 1
    logging.configure(f"{options.service}-{options.role}", process.log_level)
    workers = process.max_workers or service_cls.workers  # type: ignore[attr-defined]  # every service class has it
    runner = ServiceRunner(container_config(process, settings, options.role, max_workers=workers))
    runner.add_service(service_cls)
    return _serve(runner, options.service, options.role, process.stop_limit)


def service_class(name: str) -> type:
    """`<Name>Service` in `services.<name>.service`."""
    module = importlib.import_module(f"services.{name}.service")
    return getattr(module, f"{name.title()}Service")  # type: ignore[no-any-return]  # found by its name


def _serve(runner: Any, service: str, role: str, stop_limit: float) -> int:
    _stop_on_signals(runner, stop_limit)
    try:
        runner.start()
        log.info("service_started", service=service, role=role)
        runner.wait()
    except Exception:
        log.exception("service_broken", service=service, role=role)
        return 1
    log.info("service_stopped", service=service, role=role)
    return 0


def _stop_on_signals(runner: Any, stop_limit: float) -> None:
    stopping = False

    def stop(_number: int, _frame: Any) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            # Not here: a signal handler may run in the middle of the hub, where nothing may wait.
            eventlet.spawn_n(runner.stop)
            eventlet.spawn_after(stop_limit, _give_up)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _give_up() -> None:
    """Something takes longer than the supervisor will wait. The broker takes back what is in hand."""
    log.error("stop_took_too_long")
    sys.stdout.flush()
    os._exit(0)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.common.kit.run", description="Run one service.")
    parser.add_argument("service")
    parser.add_argument("role", choices=(RPC, EVENTS, ALL))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
