"""Ports stay the same from run to run as long as nobody else has taken them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import ports
from deploy.local.ports import HOST, PortBook, free_port, is_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_the_preferred_port_is_used_only_if_it_is_free(taken: int) -> None:
    preferred = free_port()
    assert free_port(preferred) == preferred
    assert free_port(taken) != taken
    assert free_port(preferred, frozenset({preferred})) != preferred


def test_free_ports_lie_below_those_of_outgoing_connections() -> None:
    assert all(15_000 <= free_port() < 32_000 for _ in range(20))


def test_a_name_keeps_its_port(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    port = PortBook(file).claim("postgres")
    assert PortBook(file).known("postgres") == port
    assert PortBook(file).claim("postgres") == port


def test_names_have_different_ports(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json")
    assert len({book.claim(f"process-{number}") for number in range(30)}) == 30


def test_a_port_taken_by_somebody_else_is_given_up(tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_PATIENCE_SECONDS", 0.0)
    file = tmp_path / "ports.json"
    file.write_text(f'{{"postgres": {taken}}}')
    book = PortBook(file)
    assert book.claim("postgres") != taken
    assert PortBook(file).known("postgres") == book.known("postgres")
