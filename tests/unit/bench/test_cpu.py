from __future__ import annotations

import os

import pytest

from tests.bench.cpu import Process, Reading, all_processes, tree_seconds

STAT = "42 (a (b) c) S 7 42 42 0 -1 4194304 1 2 3 4 150 50 300 100 20 0 1 0 99 1 1"


def test_a_name_may_hold_blanks_and_brackets() -> None:
    tick = os.sysconf("SC_CLK_TCK")
    assert Process.parse(STAT) == Process(42, 7, 200 / tick, 400 / tick)


def test_a_tree_counts_all_below_its_root() -> None:
    processes = [Process(1, 0, 9.0, 9.0), Process(2, 1, 1.0, 0.5), Process(3, 2, 2.0, 0.0), Process(4, 3, 4.0, 0.0)]
    assert tree_seconds(processes, 2) == 7.5
    assert tree_seconds(processes, 5) == 0.0


def test_this_process_is_among_those_of_the_machine() -> None:
    assert os.getpid() in {process.pid for process in all_processes()}


def test_what_was_spent_is_the_difference() -> None:
    spent = Reading(10.0, {"a": 1.0}, 5.0).until(Reading(12.0, {"a": 2.5, "b": 0.5}, 9.0))
    assert spent.seconds == 2.0
    assert dict(spent.parts) == {"a": 1.5, "b": 0.5}
    assert spent.others == pytest.approx(1.0)
