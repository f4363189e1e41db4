"""The counts of a test run, read from pytest's report."""

from pathlib import Path

from deploy.local.junit import Counts, read_counts


def test_errors_count_as_failures(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text('<testsuites><testsuite tests="10" errors="1" failures="2" skipped="3"/></testsuites>')
    assert read_counts(report) == Counts(passed=4, failed=3, skipped=3)


def test_a_report_that_was_not_written_counts_nothing(tmp_path: Path) -> None:
    assert read_counts(tmp_path / "none.xml") == Counts()


def test_the_line_at_the_end() -> None:
    assert str(Counts(1, 2, 3) + Counts(passed=4)) == "5 passed, 2 failed, 3 skipped"
