"""What the caller gives wins; a sourced file of ours is not taken for it."""

from pathlib import Path

import pytest

from deploy.local import envfile
from deploy.local.console import LocalError
from deploy.local.environment import MARKER, SERVER_URLS, given_variables, has_own_servers, settings

SECRETS = {
    "META_APP_SECRET": "s",
    "META_VERIFY_TOKEN": "v",
    "AUTH_SIGNING_KEYS": "[]",
    "AUTH_ENVELOPE_KEYS": "k:e",
    "ENVELOPE_KEYS": "k:e",
    "TELEGRAM_WEBHOOK_KEY": "t",
    "DEMO_PASSWORD": "p",
}


def test_sourced_variables_do_not_count_as_given(tmp_path: Path) -> None:
    file = tmp_path / "env"
    sourced = {MARKER: str(file), "AMQP_URL": "amqp://ours", "LOG_LEVEL": "INFO"}
    envfile.write(file, sourced)
    environ = {**sourced, "LOG_LEVEL": "DEBUG", "REPLICAS_AUTH": "2"}
    assert given_variables(environ) == {"LOG_LEVEL": "DEBUG", "REPLICAS_AUTH": "2"}


def test_without_a_sourced_file_everything_counts() -> None:
    assert given_variables({"AMQP_URL": "amqp://theirs"}) == {"AMQP_URL": "amqp://theirs"}


def test_servers_are_given_as_a_whole_or_not_at_all() -> None:
    everything = dict.fromkeys(SERVER_URLS, "x://y")
    assert has_own_servers(everything)
    assert not has_own_servers({})
    with pytest.raises(LocalError, match="GATEWAY_DATABASE_URL"):
        has_own_servers({name: url for name, url in everything.items() if name != "GATEWAY_DATABASE_URL"})


def test_given_settings_win_over_made_ones() -> None:
    assert settings(SECRETS, {"META_APP_SECRET": "theirs"})["META_APP_SECRET"] == "theirs"
    assert settings(SECRETS, {})["META_APP_SECRET"] == "s"
    assert settings(SECRETS, {"LOG_LEVEL": ""})["LOG_LEVEL"] == "INFO"


def test_settings_of_a_service_are_passed_on_but_no_addresses() -> None:
    given = {"AUTH_ACCESS_TOKEN_SECONDS": "5", "MAX_WORKERS": "3", "AUTH_HEALTH_URL": "http://other", "HOME": "/"}
    assert settings(SECRETS, given).items() >= {"AUTH_ACCESS_TOKEN_SECONDS": "5", "MAX_WORKERS": "3"}.items()
    assert not settings(SECRETS, given).keys() & {"AUTH_HEALTH_URL", "HOME"}
