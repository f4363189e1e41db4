"""Starts the simulator for a test: a process of its own on a free port, gone when the test is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.simulators.telegram_bot_api.control import ControlClient

REPOSITORY = Path(__file__).resolve().parents[3]
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunningBotApi:
    """A simulator that is up: `base_url` is what TELEGRAM_API_URL should be."""

    base_url: str
    control: ControlClient


@contextmanager
def running_bot_api(port: int = 0) -> Iterator[RunningBotApi]:
    """Run a simulator without any bots."""
    command = [sys.executable, "-m", "tests.simulators.telegram_bot_api", "--port", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if "listening on " not in line:
                raise RuntimeError(f"the simulator did not start: {line!r}")
            address = line.strip().rpartition(" ")[2]
            yield RunningBotApi(address, ControlClient(address))
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
