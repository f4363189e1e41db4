"""The command that runs a service: started, ready, told to stop, gone with 0."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from tests.component.kit.broker import Broker
from tests.component.services import eventually
from tests.integration.databases import PrivateServer

RUN = (sys.executable, "-W", "ignore", "-m", "services.common.kit.run")


@pytest.fixture
def environment(broker: Broker) -> Iterator[dict[str, str]]:
    """What analytics needs."""
    server = PrivateServer()
    yield {"AMQP_URL": broker.url, "ANALYTICS_DATABASE_URL": server.migrated("analytics").app_url}
    server.drop_all()


@pytest.mark.parametrize("role", ["rpc", "events"])
def test_a_service_runs_until_told_to_stop(
    environment: dict[str, str], port: int, role: str, request: pytest.FixtureRequest
) -> None:
    process = subprocess.Popen(
        [*RUN, "analytics", role], env={**environment, "HEALTH_PORT": str(port)}, stdout=subprocess.PIPE, text=True
    )
    request.addfinalizer(process.kill)
    eventually(lambda: _is_ready(port), limit=30)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "service_stopped" in printed


def _is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def test_missing_settings_are_named(environment: dict[str, str]) -> None:
    del environment["ANALYTICS_DATABASE_URL"]
    ended = subprocess.run([*RUN, "analytics", "rpc"], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "ANALYTICS_DATABASE_URL" in ended.stderr
