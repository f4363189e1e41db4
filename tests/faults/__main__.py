"""`python -m tests.faults`: a system of its own is started, broken piece by piece under load, and stopped again."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from deploy.local.console import LocalError, say
from deploy.local.environment import SERVER_URLS, given_variables
from deploy.local.layout import LOCAL, layout_at
from deploy.local.system import System
from services.common.kit import logging
from tests.faults.count import Finding
from tests.faults.experiments import Experiment, killings, outages
from tests.faults.poison import poisonings
from tests.faults.report import Report, complaints_of, notes_of, summary
from tests.faults.trial import Pace, Row, Trials
from tests.faults.world import World

FOLDER = LOCAL / "faults"

_INTERRUPTED = 130

# The load comes from one address in the name of two tenants, for longer than a token usually lives.
_SETTINGS = {
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "CREDENTIAL_RATE_LIMIT_PER_MINUTE": "1000000",
    "AUTH_ACCESS_TOKEN_SECONDS": "86400",
}


def all_experiments() -> list[Experiment]:
    return [*killings(), *outages(), *poisonings()]


class Run:
    """One run, from the start of its system to the report."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._pace = Pace(webhooks=options.rate, orders=options.orders, after=options.seconds, times=options.times)
        own = {"POSTGRES_ADMIN_URL", "GRAPH_API_URL", *SERVER_URLS}
        given = {name: value for name, value in given_variables(os.environ).items() if name not in own}
        self._given = _SETTINGS | given
        self._system = self._new_system()
        self._rows: list[Row] = []

    def _new_system(self) -> System:
        return System(layout_at(FOLDER / "system"), self._given)

    def run(self, experiments: Sequence[Experiment]) -> int:
        """Return the exit code. The system is stopped however this ends."""
        code = 1
        try:
            code = 0 if self._measure(experiments).good else 1
        except KeyboardInterrupt:
            say(f"Interrupted.\n{self._report([], 0.0).table()}")
            code = _INTERRUPTED
        finally:
            self._stop(keep=code != 0 or self._options.keep)
        return code

    def _measure(self, experiments: Sequence[Experiment]) -> Report:
        began = time.monotonic()
        self._system.destroy()
        self._system = self._new_system()
        world = World(self._system.layout, self._system.up())
        trials = Trials(world, self._pace)
        try:
            for experiment in experiments:
                self._rows.append(row := trials.run(experiment))
                say("\n".join([summary(row), *(f"  {line}" for line in complaints_of(row) + notes_of(row))]))
            strangers = trials.strangers()
        finally:
            trials.close()
        report = self._report(strangers, time.monotonic() - began)
        report.write(FOLDER)
        say(f"\n{report.table()}\n")
        say(report.complaints() or "Nothing was lost, doubled or misfiled, and nothing is there that nobody sent.")
        say(f"Written to {FOLDER}/report.json and report.md after {report.seconds:.0f} s.")
        return report

    def _report(self, strangers: Sequence[Finding], seconds: float) -> Report:
        return Report(self._rows, strangers, self._pace.webhooks, self._pace.orders, seconds)

    def _stop(self, *, keep: bool) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if keep:
            self._system.down()
            say(f"Logs and data are kept in {self._system.layout.root}.")
        else:
            self._system.destroy()


def _parse(arguments: Sequence[str], experiments: Sequence[Experiment]) -> argparse.Namespace:
    names = [experiment.name for experiment in experiments]
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=Pace.after, help="load after each fault (default %(default)s)")
    parser.add_argument("--rate", type=float, default=Pace.webhooks, help="webhooks a second (default %(default)s)")
    parser.add_argument("--orders", type=float, default=Pace.orders, help="sends a second (default %(default)s)")
    parser.add_argument("--times", type=int, default=Pace.times, help="how often each is killed (default %(default)s)")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"some of: {', '.join(names)}")
    parser.add_argument("--keep", action="store_true", help="keep data and logs in any case")
    return parser.parse_args(arguments)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str]) -> int:
    """0 if every count is as it must be."""
    logging.configure("faults", "ERROR")
    experiments = all_experiments()
    options = _parse(arguments, experiments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    chosen = [experiment for experiment in experiments if options.only is None or experiment.name in options.only]
    with suppress(BrokenPipeError):
        try:
            return Run(options).run(chosen)
        except LocalError as error:
            sys.stderr.write(f"{error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
