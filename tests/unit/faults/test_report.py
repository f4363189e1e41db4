"""The table, its markdown and the complaints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson

from tests.faults.count import Finding, Wrong, compare
from tests.faults.quiet import Quiet
from tests.faults.report import COLUMNS, Report, complaints_of, summary
from tests.faults.trial import Row
from tests.unit.faults.samples import facts, ledger

_ROW = Row(
    name="messaging",
    title="kill -9 messaging",
    count=compare(ledger(), facts(), {}),
    failures=0,
    p99=0.0123,
    outage=0.25,
    recovery=0.0,
    order_outage=1.0,
    quiet=Quiet(reached=True, seconds=1.5, rest="", dead={}),
    dead=0,
    problems=(),
)
_LOST = replace(_ROW, count=replace(_ROW.count, findings=(Finding(Wrong.LOST, "wamid.F1.1", "is not stored"),)))


def _report(*rows: Row, strangers: tuple[Finding, ...] = ()) -> Report:
    return Report(rows, strangers, rate=60.0, orders=3.0, seconds=200.0)


def test_a_row_is_good_when_nothing_is_wrong() -> None:
    assert _ROW.good
    assert complaints_of(_ROW) == []
    assert _report(_ROW).good
    assert "good: 1 accepted, 1 stored, LOST 0" in summary(_ROW)


def test_every_kind_of_trouble_makes_a_run_bad() -> None:
    noisy = replace(_ROW, quiet=Quiet(reached=False, seconds=120.0, rest="1 sends unsettled", dead={}))
    assert complaints_of(_LOST) == ["messaging: LOST wamid.F1.1 is not stored"]
    assert complaints_of(noisy) == ["messaging: never became quiet: 1 sends unsettled"]
    assert not any(_report(row).good for row in (_LOST, noisy, replace(_ROW, problems=("odd",))))
    assert not _report(_ROW, strangers=(Finding(Wrong.PHANTOM, "m9", "is there"),)).good
    assert not _report().good, "a run without experiments shows nothing"


def test_the_table_has_a_line_for_each_experiment() -> None:
    head, line = _report(_LOST).table().splitlines()
    assert head.split() == " ".join(COLUMNS).split()
    assert line.startswith("kill -9 messaging ")
    assert line.split()[3:8] == ["1", "1", "1", "1", "0"]


def test_it_is_written_for_programs_and_for_documents(tmp_path: Path) -> None:
    _report(_ROW).write(tmp_path)
    told = orjson.loads((tmp_path / "report.json").read_bytes())
    assert told["good"] is True
    assert told["rows"][0]["count"]["sent"] == 1
    lines = (tmp_path / "report.md").read_text().splitlines()
    assert [line.count("|") for line in lines] == [len(COLUMNS) + 1] * 3
