"""Posts every JSON file of a folder to the running gateway, signed, and tells what became of each.

`make replay DIR=folder`. Exit status 1 when a file was refused or an item of it is not accounted for.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from deploy.local.client import post_webhook
from deploy.local.console import LocalError, say
from deploy.local.envfile import read
from deploy.local.layout import dev_layout
from services.common.contracts.messaging import ReportWebhooks, WebhookReport
from services.common.kit.context import Context
from services.common.kit.rpc import RpcClient

_ACCOUNTED = {"MESSAGE", "STATUS", "ACCOUNT", "UNKNOWN", "UNROUTED", "DUPLICATE", "IGNORED"}
_HTTP_OK = 200
_HASHES_A_CALL = 200


@dataclass
class Posted:
    """One file and what became of it."""

    name: str
    body_hash: str
    status: int
    report: WebhookReport | None = None

    @property
    def accounted(self) -> bool:
        """Whether the gateway took it and every item of it came to a known end."""
        if self.status != _HTTP_OK or self.report is None or self.report.processed_at is None:
            return False
        return all(item.outcome in _ACCOUNTED for item in self.report.items)

    def line(self) -> str:
        """What to tell about it."""
        if self.status != _HTTP_OK:
            return f"refused with {self.status}"
        if self.report is None or self.report.processed_at is None:
            return "accepted, NOT PROCESSED"
        outcomes = Counter(item.outcome.lower() for item in self.report.items)
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "nothing in it"
        repeats = f" (posted {self.report.repeats + 1} times)" if self.report.repeats else ""
        return told + repeats


def replay(folder: Path, settings: Mapping[str, str], patience_seconds: float = 30) -> list[Posted]:
    """Post the files in the order of their names and wait until each is worked off or patience ends."""
    posted = list(_post_all(sorted(folder.glob("*.json")), settings))
    rpc = RpcClient(settings["AMQP_URL"])
    try:
        _await_reports(rpc, posted, time.monotonic() + patience_seconds)
    finally:
        rpc.close()
    return posted


def _post_all(files: Iterable[Path], settings: Mapping[str, str]) -> Iterable[Posted]:
    secret = settings["META_APP_SECRET"].partition(",")[0]
    with requests.Session() as session:
        for path in files:
            body = path.read_bytes()
            status = post_webhook(session, settings["GATEWAY_URL"], secret, body)
            yield Posted(path.name, hashlib.sha256(body).hexdigest(), status)


def _await_reports(rpc: RpcClient, posted: list[Posted], deadline: float) -> None:
    waiting = [item for item in posted if item.status == _HTTP_OK]
    while waiting and time.monotonic() < deadline:
        for start in range(0, len(waiting), _HASHES_A_CALL):
            _read_reports(rpc, waiting[start : start + _HASHES_A_CALL])
        waiting = [item for item in waiting if item.report is None or item.report.processed_at is None]
        if waiting:
            time.sleep(0.2)


def _read_reports(rpc: RpcClient, items: list[Posted]) -> None:
    hashes = [item.body_hash for item in items]
    reports = rpc.call(ReportWebhooks(body_hashes=hashes), Context.new(), timeout=5.0).reports
    by_hash = {report.body_hash: report for report in reports}
    for item in items:
        item.report = by_hash.get(item.body_hash)


def main(argv: list[str]) -> int:
    """Run `make replay`."""
    parser = argparse.ArgumentParser(prog="replay", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="folder with one webhook body in each .json file")
    folder: Path = parser.parse_args(argv).dir
    if not any(folder.glob("*.json")):
        raise LocalError(f"There is no .json file in {folder}.")
    posted = replay(folder, read(dev_layout().env_file))
    width = max(len(item.name) for item in posted)
    for item in posted:
        say(f"  {item.name:<{width}}  {item.line()}")
    lost = [item for item in posted if not item.accounted]
    say(f"{len(posted)} files posted, {len(posted) - len(lost)} accounted for, {len(lost)} not.")
    return 1 if lost else 0
