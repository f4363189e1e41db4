"""Starts the simulator for a test: a process of its own on a free port, gone when the test is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.simulators.graph_api.control import ControlClient

REPOSITORY = Path(__file__).resolve().parents[3]
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunningGraphApi:
    """A simulator that is up: `base_url` is what GRAPH_API_URL should be."""

    base_url: str
    control: ControlClient
    process: "subprocess.Popen[str]"


@contextmanager
def running_graph_api(
    *,
    webhook_url: str | None = None,
    app_secret: str = "test_app_secret",
    verify_token: str = "test_verify_token",
    port: int = 0,
    demo: bool = True,
) -> Iterator[RunningGraphApi]:
    """Run a simulator, with the demo's businesses unless told otherwise."""
    arguments = ["--port", str(port), "--app-secret", app_secret, "--verify-token", verify_token]
    if webhook_url is not None:
        arguments += ["--webhook-url", webhook_url]
    command = [sys.executable, "-m", "tests.simulators.graph_api", *arguments]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            with closing(ControlClient(_address(process))) as control:
                if demo:
                    control.create_demo_businesses()
                yield RunningGraphApi(control.base_url, control, process)
        finally:
            _stop(process)


def _address(process: "subprocess.Popen[str]") -> str:
    line = process.stdout.readline() if process.stdout else ""
    if "listening on " not in line:
        raise RuntimeError(f"the simulator did not start: {line!r}")
    return line.strip().rpartition(" ")[2]


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
