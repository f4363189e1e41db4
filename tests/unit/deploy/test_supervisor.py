"""A real supervisor with real processes: it restarts, backs off, and leaves nobody behind."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.console import LocalError
from deploy.local.fleet import Fleet
from deploy.local.layout import Layout, layout_at
from deploy.local.pidfile import Identity, identify
from deploy.local.ports import free_port
from deploy.local.processes import ProcessSpec


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = layout_at(tmp_path)
    layout.create()
    return layout


@pytest.fixture
def fleet(layout: Layout) -> Iterator[Fleet]:
    fleet = Fleet(layout)
    yield fleet
    fleet.stop()


def spec(name: str, script: str) -> ProcessSpec:
    return ProcessSpec(name=name, service="simulator", command=["sh", "-c", script])


def eventually(check: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def supervisor_of(layout: Layout) -> int:
    return int((layout.run / "supervisor.pid").read_text().split()[0])


def test_a_killed_process_comes_back(fleet: Fleet) -> None:
    fleet.start([spec("sleeper", "exec sleep 60")], {})
    eventually(lambda: "sleeper" in fleet.living())
    first = fleet.living()["sleeper"]
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: fleet.living().get("sleeper", first) != first)


def test_a_process_that_fails_is_started_less_and_less_often(fleet: Fleet, layout: Layout) -> None:
    fleet.start([spec("failing", "echo started; exit 3")], {})
    log = layout.log / "failing.log"
    eventually(lambda: log.exists() and len(log.read_text().splitlines()) >= 3)
    fleet.stop()
    notes = (layout.log / "supervisor.log").read_text()
    assert "failing ended with 3" in notes
    assert "again in 0.2 s" in notes
    assert "again in 0.4 s" in notes


def test_a_command_that_does_not_exist_is_told(fleet: Fleet, layout: Layout) -> None:
    missing = ProcessSpec(name="missing", service="simulator", command=["/nonexistent/program"])
    fleet.start([missing, spec("sleeper", "exec sleep 60")], {})
    eventually(lambda: "missing could not be started" in (layout.log / "supervisor.log").read_text())
    assert fleet.is_running()


def test_stopping_waits_for_a_clean_end(fleet: Fleet, layout: Layout) -> None:
    fleet.start([spec("clean", "trap 'sleep 0.3; echo clean; exit 0' TERM; echo up; while :; do sleep 0.05; done")], {})
    log = layout.log / "clean.log"
    eventually(lambda: log.exists() and "up" in log.read_text())
    fleet.stop()
    assert "clean" in log.read_text()
    assert fleet.living() == {}
    assert not fleet.is_running()


def test_what_a_killed_process_started_goes_with_it(fleet: Fleet, layout: Layout) -> None:
    script = 'sleep 60 & echo "child $!"; wait'
    fleet.start([spec("parent", script)], {})
    log = layout.log / "parent.log"
    eventually(lambda: log.exists() and "child" in log.read_text())
    child = identify(int(log.read_text().split()[1]))
    assert isinstance(child, Identity)
    eventually(lambda: "parent" in fleet.living())  # a process may speak before the supervisor has noted its start
    os.kill(fleet.living()["parent"].pid, signal.SIGKILL)
    eventually(lambda: not child.is_alive())


def test_processes_of_a_killed_supervisor_are_stopped_too(fleet: Fleet, layout: Layout) -> None:
    fleet.start([spec("orphan", "exec sleep 60")], {})
    eventually(lambda: "orphan" in fleet.living())
    os.kill(supervisor_of(layout), signal.SIGKILL)
    eventually(lambda: not fleet.is_running())
    assert "orphan" in fleet.living()
    fleet.stop()
    assert fleet.living() == {}


def test_processes_see_their_settings_only(fleet: Fleet, layout: Layout) -> None:
    fleet.start([spec("shows", "env; exec sleep 60")], {"AUTH_DATABASE_URL": "hidden", "LOG_LEVEL": "DEBUG"})
    log = layout.log / "shows.log"
    eventually(lambda: log.exists() and "LOG_LEVEL=DEBUG" in log.read_text())
    assert "AUTH_DATABASE_URL" not in log.read_text()


def test_the_same_table_is_recognised(fleet: Fleet) -> None:
    table = [spec("sleeper", "exec sleep 60")]
    fleet.start(table, {"LOG_LEVEL": "INFO"})
    assert fleet.runs_with(table, {"LOG_LEVEL": "INFO"})
    assert not fleet.runs_with(table, {"LOG_LEVEL": "DEBUG"})
    assert not fleet.runs_with([], {"LOG_LEVEL": "INFO"})


def test_waiting_for_a_process_that_keeps_failing_ends_soon_with_its_log(fleet: Fleet) -> None:
    failing = ProcessSpec(
        name="failing",
        service="simulator",
        command=["sh", "-c", "echo AMQP_URL is not set; sleep 0.2; exit 1"],
        health_url=f"http://127.0.0.1:{free_port()}",
    )
    fleet.start([failing], {})
    with pytest.raises(LocalError, match=r"(?s)failing.*AMQP_URL is not set"):
        fleet.wait_until_ready([failing])
