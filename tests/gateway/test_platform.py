"""Probes, figures, health: cheap, honest, and not for everybody."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from gateway import metrics
from gateway.health import SERVICES
from services.common.contracts.errors import Unavailable
from services.common.kit.logging import configure
from tests.gateway.bus import FakeRpc
from tests.gateway.conftest import MakeClient
from tests.gateway.tokens import bearer


@pytest.mark.parametrize("path", ["/live", "/health", "/api/v1/live", "/api/live"])
def test_a_process_that_serves_says_so(client: FlaskClient, rpc: FakeRpc, path: str) -> None:
    rpc.up = False
    response = client.get(path)
    assert (response.status_code, response.get_json()) == (200, {"success": True, "data": {"status": "ok"}})
    assert rpc.asked == []


@pytest.mark.parametrize("path", ["/ready", "/api/v1/ready", "/api/ready"])
def test_ready_when_the_services_answer(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("service", ["auth", "tenants", "messaging", "analytics"])
def test_not_ready_without_a_service_that_is_needed(client: FlaskClient, rpc: FakeRpc, service: str) -> None:
    rpc.refuse(f"{service}.health", Unavailable())
    response = client.get("/ready")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert response.get_json()["data"]["services"][service] == {"status": "down"}


def test_not_ready_without_the_broker(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.up = False
    assert client.get("/ready").status_code == 503


def test_which_services_are_needed_is_a_setting(make_client: MakeClient, rpc: FakeRpc) -> None:
    rpc.refuse("analytics.health", Unavailable())
    assert make_client(REQUIRED_SERVICES="auth,messaging").get("/ready").status_code == 200
    assert make_client(REQUIRED_SERVICES="auth,analytics").get("/ready").status_code == 503


def test_health_tells_of_each_part(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.answers["tenants.health"] = lambda _request: {"database": "down"}
    rpc.refuse("bookings.health", Unavailable())
    report = client.get("/api/v1/health").get_json()["data"]
    assert (report["status"], report["broker"], report["database"]) == (
        "degraded",
        {"status": "up"},
        {"status": "unknown"},
    )
    assert set(report["services"]) == set(SERVICES)
    told = {name: (part["status"], part.get("database")) for name, part in report["services"].items()}
    assert told["auth"] == ("up", "up")
    assert told["tenants"] == ("up", "down")
    assert told["bookings"] == ("down", None)


@pytest.mark.parametrize(("database", "status"), [("up", "ok"), ("down", "degraded")])
def test_a_database_that_is_down_is_no_good_health(
    client: FlaskClient, rpc: FakeRpc, database: str, status: str
) -> None:
    rpc.answers["messaging.health"] = lambda _request: {"database": database}
    assert client.get("/api/v1/health").get_json()["data"]["status"] == status


def test_health_is_asked_for_once_in_a_while(client: FlaskClient, rpc: FakeRpc) -> None:
    for _ in range(5):
        client.get("/api/v1/health")
        client.get("/ready")
    assert len(rpc.asked) == len(SERVICES)


def test_the_version(make_client: MakeClient) -> None:
    answer = make_client(GIT_COMMIT="4f2a1c9").get("/api/version").get_json()["data"]
    assert (answer["commit"], answer["apiVersion"]) == ("4f2a1c9", "v1")


def test_figures_count_requests_by_route(client: FlaskClient) -> None:
    client.get("/api/v1/salons/019a0000-0000-7000-8000-00000000000f", headers=bearer())
    figures = client.get("/metrics").text
    assert 'http_requests_total{method="GET",route="/api/v1/salons/<id:salonId>",status="200"}' in figures


@pytest.mark.parametrize(
    ("settings", "environ", "headers", "status"),
    [
        ({}, {"REMOTE_ADDR": "127.0.0.1"}, {}, 200),
        ({}, {"REMOTE_ADDR": "10.1.2.3"}, {}, 200),
        ({}, {"REMOTE_ADDR": "8.8.8.8"}, {}, 403),
        ({}, {"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "8.8.8.8"}, 403),
        ({"TRUSTED_PROXIES": "1"}, {"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "8.8.8.8"}, 403),
        ({"TRUSTED_PROXIES": "1"}, {"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "10.0.0.1"}, 200),
        ({"METRICS_TOKEN": "t0k"}, {"REMOTE_ADDR": "8.8.8.8"}, {"Authorization": "Bearer t0k"}, 200),
        ({"METRICS_TOKEN": "t0k"}, {"REMOTE_ADDR": "8.8.8.8"}, {"Authorization": "Bearer other"}, 403),
        ({}, {"REMOTE_ADDR": "8.8.8.8"}, {"Authorization": "Bearer None"}, 403),
    ],
)
def test_figures_are_not_public(
    make_client: MakeClient, settings: dict[str, str], environ: dict[str, str], headers: dict[str, str], status: int
) -> None:
    response = make_client(**settings).get("/metrics", environ_overrides=environ, headers=headers)
    assert response.status_code == status


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Whatever a test makes of logging ends with it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_each_request_is_one_line_without_its_secrets(
    make_client: MakeClient, logging_restored: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("gateway", "INFO")
    client = make_client()
    headers = {**bearer(), "X-Request-ID": "line-1"}
    client.post("/api/v1/whatsapp/send-text?x=private", json={"to": "+16505551234", "text": "private"}, headers=headers)
    client.get("/health")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line["event"] == "request_served"]
    assert (line["request_id"], line["route"], line["status"]) == ("line-1", "/api/v1/whatsapp/send-text", 202)
    assert "private" not in json.dumps(lines)
    assert headers["Authorization"] not in json.dumps(lines)


def test_made_up_methods_are_one_figure(client: FlaskClient) -> None:
    client.open("/health", method="EXPLODE")
    figures = client.get("/metrics").text
    assert 'method="other",route="unknown",status="405"' in figures
    assert "EXPLODE" not in figures


def test_figures_that_cannot_be_kept_cost_no_answer(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_values: str) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(metrics._REQUESTS, "labels", fail)
    assert client.get("/health").status_code == 200


def test_figures_of_all_workers_are_joined(make_client: MakeClient, tmp_path: Path) -> None:
    answer: Any = make_client(PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).get("/metrics")
    assert (answer.status_code, answer.text) == (200, "")
