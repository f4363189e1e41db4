"""The compose file and the images keep to what the handbook promises: apart, hardened, least privilege (S-41)."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deploy.docker.verify import CODE, Inside, complaints, package
from tests.architecture.source_tree import ROOT, SERVICES

PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
COMPOSE: dict[str, Any] = PROJECT["services"]
DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
OURS = [name for name, service in COMPOSE.items() if "FRONTDESK_IMAGES" in service["image"]]
SERVERS = ("postgres", "rabbitmq")


@pytest.mark.parametrize("service", SERVICES)
def test_rpc_and_event_workers_scale_apart(service: str) -> None:
    assert COMPOSE[f"{service}-events"]["command"][-2:] == [service, "events"]
    assert not {"container_name", "ports"} & (set(COMPOSE[service]) | set(COMPOSE[f"{service}-events"]))


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_run_once_before_the_service_and_as_another_user(service: str) -> None:
    job = COMPOSE[f"{service}-migrate"]
    assert job["restart"] == "no"
    assert COMPOSE[service]["depends_on"][f"{service}-migrate"]["condition"] == "service_completed_successfully"
    assert job["user"].partition(":")[0] != job["build"]["args"]["UID"]


@pytest.mark.parametrize("service", [*SERVICES, "gateway"])
def test_an_image_is_built_in_one_place_that_all_its_containers_depend_on(service: str) -> None:
    image = COMPOSE[f"{service}-migrate"]["image"]
    assert image.startswith("${FRONTDESK_IMAGES:-frontdesk}/" + service + ":")
    users = [name for name in OURS if COMPOSE[name]["image"] == image]
    assert len(users) == (2 if service == "gateway" else 3)
    assert [name for name in users if "build" in COMPOSE[name]] == [f"{service}-migrate"]
    assert all(f"{service}-migrate" in COMPOSE[name]["depends_on"] for name in users if "build" not in COMPOSE[name])


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_of_one_service(service: str) -> None:
    assert COMPOSE[f"{service}-migrate"]["build"]["args"]["SERVICE"] == service


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_hardened(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service.get("cap_add", []) == (["CHOWN"] if name == "setup" else [])
    assert service["logging"]["options"]["max-size"]
    assert service["pull_policy"] == "${FRONTDESK_PULL:-never}"


@pytest.mark.parametrize("name", [name for name in OURS if name != "setup"])
def test_our_processes_are_bounded_and_reaped(name: str) -> None:
    service = COMPOSE[name]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["init"] is True


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_no_first_process_and_has_time_to_stop(name: str) -> None:
    """PostgreSQL restarts all its sessions when an orphan that it adopted as process 1 dies by a signal."""
    service = COMPOSE[name]
    assert service["init"] is True
    assert service["healthcheck"]["test"][0] == "CMD"
    assert int(service["stop_grace_period"].removesuffix("s")) >= 60


def test_the_servers_are_reached_by_services_alone() -> None:
    assert PROJECT["networks"]["servers"]["internal"] is True
    inside = {name for name, service in COMPOSE.items() if "servers" in service.get("networks", [])}
    assert inside == {*SERVERS, *OURS} - {"setup", "simulator"}
    assert COMPOSE["setup"]["network_mode"] == "none"


def test_only_doors_are_published() -> None:
    published = {name: service["ports"] for name, service in COMPOSE.items() if "ports" in service}
    assert set(published) == {"gateway", "mailpit", "simulator"}
    assert all(port.startswith("127.0.0.1:") for name in ("mailpit", "simulator") for port in published[name])


def test_the_gateway_can_be_scaled() -> None:
    assert re.fullmatch(r"\$\{GATEWAY_PORTS:-3000-\d+\}:3000", COMPOSE["gateway"]["ports"][0])


def test_no_secret_stands_in_the_compose_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"(?i)(?:password|secret|token|_keys?)\s*[:=]\s*[\"']?[A-Za-z0-9]{6,}", text) == []


def test_images_run_as_nobody_in_particular_and_hold_only_their_service() -> None:
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == [
        "${UID}:${UID}",
        "10006:10006",
        "10007:10007",
    ]
    assert "COPY services services" not in DOCKERFILE
    assert "COPY . " not in DOCKERFILE


def test_the_built_images_are_looked_into() -> None:
    assert {COMPOSE[name]["image"].partition("/")[2].partition(":")[0] for name in OURS} == set(CODE)


def test_what_does_not_belong_into_an_image_is_named() -> None:
    files = [
        "services/__init__.py",
        "services/common/kit/run.py",
        "services/auth/service.py",
        "services/tenants/models.py",
    ]
    inside = Inside(frozenset(map(package, files)), uid=0, has_installer=True)
    assert complaints("auth", inside) == [
        "auth holds services/tenants",
        "auth holds a package installer",
        "auth runs as root",
    ]
    assert complaints("gateway", Inside(frozenset(CODE["gateway"] - {"gateway"}), uid=1, has_installer=False)) == [
        "gateway lacks gateway"
    ]


def test_an_image_can_be_built_offline_from_a_local_base() -> None:
    assert "# syntax=" not in DOCKERFILE


def test_the_broker_is_of_the_fourth_line() -> None:
    assert COMPOSE["rabbitmq"]["image"].startswith("rabbitmq:4.")
