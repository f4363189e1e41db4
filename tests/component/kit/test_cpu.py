"""Work for the processor leaves the others alone."""

from __future__ import annotations

import hashlib
import os
import threading
import time

import eventlet

from services.common.kit.cpu import off_the_hub


def _hash() -> bytes:
    return hashlib.scrypt(b"password", salt=b"salt", n=2**14, r=8, p=1)


def test_the_hub_turns_while_threads_hash() -> None:
    pauses: list[float] = []

    def keep_watch() -> None:
        while True:
            started = time.monotonic()
            eventlet.sleep(0.005)
            pauses.append(time.monotonic() - started)

    watcher = eventlet.spawn(keep_watch)
    hashes = list(eventlet.GreenPool(4).imap(lambda _: off_the_hub(_hash), range(8)))
    watcher.kill()
    assert hashes == [_hash()] * 8
    assert len(pauses) > 5


def test_whoever_serves_all_the_others_comes_first() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)

    before = niceness()
    assert off_the_hub(niceness) == 15
    assert niceness() == before < 15


def test_no_more_threads_work_than_may_at_once() -> None:
    workers: set[int] = set()

    def work() -> None:
        workers.add(threading.get_native_id())
        hashlib.scrypt(b"password", salt=b"salt", n=2**10, r=8, p=1)

    list(eventlet.GreenPool(20).imap(lambda _: off_the_hub(work), range(40)))
    assert len(workers) == 2
