"""A process number alone proves nothing: the start time belongs to it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.pidfile import Identity, PidFile, identify, started_at, terminate, wait_until_gone


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_living_process_is_recognised(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    file = PidFile(tmp_path / "sleeper.pid")
    file.record(sleeper.pid)
    assert file.living() == identify(sleeper.pid)
    assert int(file.path.read_text().split()[0]) == sleeper.pid


def test_a_recycled_number_is_not_trusted(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    started = started_at(sleeper.pid)
    assert started is not None
    path = tmp_path / "old.pid"
    path.write_text(f"{sleeper.pid}\n{started - 1}\n")
    assert PidFile(path).living() is None


@pytest.mark.parametrize("text", ["", "nonsense", "12", "1 2 3"])
def test_a_damaged_file_names_nobody(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.pid"
    path.write_text(text)
    assert PidFile(path).living() is None


def test_a_missing_file_names_nobody(tmp_path: Path) -> None:
    assert PidFile(tmp_path / "none.pid").living() is None


def test_a_zombie_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    os.kill(sleeper.pid, signal.SIGKILL)
    assert wait_until_gone(identity, 5)
    assert identify(sleeper.pid) is None


def test_waiting_ends_at_the_deadline(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    assert not wait_until_gone(identity, 0.05)


def test_a_polite_process_goes_by_itself(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    assert terminate(identity, 5)
    assert not identity.is_alive()


def test_a_stubborn_process_is_killed_after_its_grace(stubborn: subprocess.Popen[bytes]) -> None:
    identity = identify(stubborn.pid)
    assert identity is not None
    assert not terminate(identity, 0.2)
    assert not identity.is_alive()


def test_nobody_is_signalled_for_a_process_that_is_gone() -> None:
    assert terminate(Identity(pid=2**22 - 1, started=1), 0.1)
