"""`python -m tests.bench`: measures throughput and latency of each stage, beside raw limits of the same run.

It never fails because something is slow, only because something is broken.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import orjson

from deploy.local.console import LocalError, say
from services.common.kit.logging import configure
from tests.bench import document, machine
from tests.bench.figures import Figure, Plan
from tests.bench.rig import Rig
from tests.bench.stages import (
    authorised,
    counting,
    end_to_end,
    logins,
    processing,
    reads,
    refusals,
    relaying,
    rpc,
    storm,
    webhooks,
)

_STAGES: dict[str, Callable[[Rig, Plan], Iterator[Figure]]] = {
    "webhooks": webhooks.stage,
    "end_to_end": end_to_end.stage,
    "processing": processing.stage,
    "reads": reads.stage,
    "rpc": rpc.stage,
    "authorised": authorised.stage,
    "relaying": relaying.stage,
    "counting": counting.stage,
    "logins": logins.stage,
    "refusals": refusals.stage,
    "storm": storm.stage,
}
_INTERRUPTED = 130


class Terminated(Exception):
    """Somebody has asked this run to end."""


def main(argv: list[str]) -> int:
    """0 unless something is broken."""
    options = _parse(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    configure("bench", "WARNING")
    rig = Rig()
    try:
        rig.up()
        figures, about = _measure(rig, options), machine.description(rig)
    except (KeyboardInterrupt, Terminated):
        return _INTERRUPTED
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        rig.down()
    _report(figures, about, options)
    return 1 if any(figure.errors for figure in figures) else 0


def _measure(rig: Rig, options: argparse.Namespace) -> list[Figure]:
    plan = Plan(options.seconds, options.runs)
    figures: list[Figure] = []
    for name in options.only or _STAGES:
        say(f"── {name}")
        for figure in _STAGES[name](rig, plan):
            figures.append(figure)
            say(f"{figure.name}: {figure.rate:,.0f} {figure.unit}/s, {figure.errors} errors")
            gc.collect()
    return figures


def _report(figures: list[Figure], about: dict[str, str], options: argparse.Namespace) -> None:
    words = document.report(figures, about)
    say(f"\n{words}\n")
    say("Medians. `of limit` compares with the raw figure; `load` is the load average before, `others` the cores that")
    say("processes outside of the measurement kept busy meanwhile; the second table is where the time goes.")
    if options.into is not None:
        document.write_into(options.into, words)
    if options.json is not None:
        whole = {"machine": about, "figures": [figure.as_json() for figure in figures]}
        options.json.write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each run of the load takes")
    parser.add_argument("--runs", type=int, default=3, help="how often each measurement is repeated")
    parser.add_argument("--only", type=_stage_names, help=f"stages, comma-separated: {', '.join(_STAGES)}")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    parser.add_argument("--into", type=Path, help="put the tables between the marks of this document")
    return parser.parse_args(argv)


def _stage_names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in _STAGES]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}")
    return names


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
