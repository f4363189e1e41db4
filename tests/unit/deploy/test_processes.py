"""The table of processes, and who may see which setting."""

from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.console import LocalError
from deploy.local.processes import visible_settings, worker_names

VARIABLES = {
    "AMQP_URL": "a",
    "AUTH_DATABASE_URL": "b",
    "AUTH_MIGRATION_DATABASE_URL": "c",
    "TENANTS_DATABASE_URL": "d",
    "AUTH_SIGNING_KEYS": "e",
    "AUTH_ENVELOPE_KEYS": "h",
    "ENVELOPE_KEYS": "f",
    "TELEGRAM_WEBHOOK_KEY": "t",
    "POSTGRES_ADMIN_URL": "g",
}


def test_each_service_has_a_process_for_calls_and_one_for_events() -> None:
    names = worker_names({})
    assert len(names) == 10
    assert names["messaging"] == ("messaging", "rpc")
    assert names["messaging-events"] == ("messaging", "events")


def test_the_caller_chooses_the_number_of_copies() -> None:
    names = worker_names({"REPLICAS_MESSAGING_EVENTS": "3", "REPLICAS_ANALYTICS": "0"})
    copies = [name for name in names if names[name] == ("messaging", "events")]
    assert copies == ["messaging-events", "messaging-events-2", "messaging-events-3"]
    assert "analytics" not in names
    assert "analytics-events" in names


@pytest.mark.parametrize("text", ["", "two", "-1", "17"])
def test_a_senseless_number_is_refused(text: str) -> None:
    with pytest.raises(LocalError, match="REPLICAS_AUTH"):
        worker_names({"REPLICAS_AUTH": text})


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        ("auth", {"AMQP_URL", "AUTH_DATABASE_URL", "AUTH_SIGNING_KEYS", "AUTH_ENVELOPE_KEYS"}),
        ("tenants", {"AMQP_URL", "TENANTS_DATABASE_URL", "ENVELOPE_KEYS", "TELEGRAM_WEBHOOK_KEY"}),
        ("gateway", {"AMQP_URL"}),
        ("simulator", {"AMQP_URL"}),
        ("bot-api", {"AMQP_URL"}),
    ],
)
def test_nobody_sees_more_than_it_needs(service: str, seen: set[str]) -> None:
    assert set(visible_settings(service, VARIABLES)) == seen


def test_the_table_survives_its_file(tmp_path: Path) -> None:
    table = [
        processes.worker("auth", "auth", "rpc", 20_000),
        processes.simulator(20_001),
        processes.bot_api(20_003),
        processes.gateway(20_002, tmp_path),
    ]
    processes.save(tmp_path / "processes.json", table)
    assert processes.load(tmp_path / "processes.json") == table
