"""The compose file and the images keep to what the handbook promises: apart, hardened, least privilege (S-41)."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.architecture.source_tree import ROOT, SERVICES

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
OURS = [name for name, service in COMPOSE.items() if "build" in service and name != "setup"]


@pytest.mark.parametrize("service", SERVICES)
def test_rpc_and_event_workers_scale_apart(service: str) -> None:
    assert COMPOSE[service]["build"]["args"]["SERVICE"] == service
    assert COMPOSE[f"{service}-events"]["command"][-2:] == [service, "events"]
    assert not {"container_name", "ports"} & (set(COMPOSE[service]) | set(COMPOSE[f"{service}-events"]))


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_run_once_before_the_service_and_as_another_user(service: str) -> None:
    job = COMPOSE[f"{service}-migrate"]
    assert job["restart"] == "no"
    assert COMPOSE[service]["depends_on"][f"{service}-migrate"]["condition"] == "service_completed_successfully"
    assert job["user"] != job["build"]["args"]["UID"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_hardened(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"]
    assert service["pids_limit"]


def test_only_doors_are_published() -> None:
    published = {name: service["ports"] for name, service in COMPOSE.items() if "ports" in service}
    assert set(published) == {"gateway", "mailpit", "simulator"}
    assert all(port.startswith("127.0.0.1:") for name in ("mailpit", "simulator") for port in published[name])


def test_the_gateway_can_be_scaled() -> None:
    assert re.fullmatch(r"\d+-\d+:3000", COMPOSE["gateway"]["ports"][0])


def test_no_secret_stands_in_the_compose_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"(?i)(?:password|secret|token|_keys?)\s*[:=]\s*[\"']?[A-Za-z0-9]{6,}", text) == []


def test_images_run_as_nobody_in_particular_and_hold_only_their_service() -> None:
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["${UID}", "10006", "10007"]
    assert "COPY services services" not in DOCKERFILE
    assert "COPY . " not in DOCKERFILE


def test_the_broker_is_of_the_fourth_line() -> None:
    assert COMPOSE["rabbitmq"]["image"].startswith("rabbitmq:4.")
