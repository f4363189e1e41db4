"""The steady load: webhooks and orders at a fixed rate, each repeated until it is taken, as Meta does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any

import orjson

from deploy.local.client import API
from tests.faults.door import Door, NoAnswerError
from tests.faults.ledger import NO_ANSWER, OK, TAKEN, Answer, Ledger, Ordered
from tests.faults.script import Script, Webhook

_FIRST_DELAY, _LONGEST_DELAY = 0.25, 4.0
_MOST_BEHIND = 1.0
_POLL = 0.05
_CLIENT_ERRORS = (400, 500)
_BUSY = frozenset({409, 429})
"""Answers of the 4xx kind that say: the same again later."""


class Load:
    """Runs on a thread of its own with one event loop. Between `begin` and `end` it writes into one ledger."""

    def __init__(self, gateway_url: str, script: Script, tokens: Mapping[str, str], rate: float, orders: float) -> None:
        self._url, self.script, self._tokens = gateway_url, script, tokens
        self._rates = ((rate, self._post_next), (orders, self._order_next))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="load", daemon=True)
        self._ledger = Ledger("none")
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._pacing: list[Future[None]] = []
        self._door: Door | None = None

    def begin(self, ledger: Ledger) -> None:
        """Start writing; everything is noted in this ledger."""
        if not self._thread.is_alive():
            self._thread.start()
        self._ledger = ledger
        self._stopping.clear()
        self._pacing = [self._run(self._pace(rate, send)) for rate, send in self._rates if rate > 0]

    def end(self) -> None:
        """Write nothing new; what is not taken yet is repeated further."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        for pacing in self._pacing:
            pacing.result()
        self._pacing = []

    def post(self, webhook: Webhook) -> Future[None]:
        """Beside the steady load: this body, repeated until it is taken."""
        return self._run(self._watched(self._deliver(webhook, self._ledger)))

    def drain(self, seconds: float) -> None:
        """Wait until everything was taken, but no longer than that."""
        deadline = time.monotonic() + seconds
        while self._under_way and time.monotonic() < deadline:
            time.sleep(_POLL)

    def close(self) -> None:
        """Stop at once."""
        if self._thread.is_alive():
            self._run(self._close()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._stopping.set()
        tasks = [*self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._door is not None:
            self._door.close()

    def _run(self, what: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    async def _pace(self, rate: float, send: Callable[[Ledger], Coroutine[Any, Any, None]]) -> None:
        """Send at instants that don't depend on the answers. After a long stall the missed ones are left out."""
        ledger, due = self._ledger, time.monotonic()
        while not self._stopping.is_set():
            self._start(send(ledger))
            due = max(due + 1 / rate, time.monotonic() - _MOST_BEHIND)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _start(self, what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(what)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _watched(self, what: Coroutine[Any, Any, None]) -> None:
        await self._start(what)

    async def _post_next(self, ledger: Ledger) -> None:
        await self._deliver(self.script.webhook(), ledger)

    async def _deliver(self, webhook: Webhook, ledger: Ledger) -> None:
        ledger.post(webhook.messages)
        headers = {"X-Hub-Signature-256": webhook.signature}
        for _ in range(webhook.copies):
            delay = _FIRST_DELAY
            while True:
                answer, _ = await self._try(f"{API}/webhook", headers, webhook.body)
                ledger.answered(webhook.messages, answer)
                if answer.status == OK:
                    break
                await asyncio.sleep(delay)
                delay = min(2 * delay, _LONGEST_DELAY)

    async def _order_next(self, ledger: Ledger) -> None:
        order = self.script.order()
        ledger.order(order)
        for _ in range(order.copies):
            await self._place(order, ledger)

    async def _place(self, order: Ordered, ledger: Ledger) -> None:
        headers, body, delay = self._order_headers(order), _order_body(order), _FIRST_DELAY
        while order.client_id not in ledger.refused:
            answer, text = await self._try(f"{API}/messages", headers, body)
            taken = orjson.loads(text)["data"]["id"] if answer.status == TAKEN else None
            ledger.order_answered(order, answer, taken)
            if taken is not None:
                return
            if _is_final(answer.status):
                ledger.refused[order.client_id] = f"{answer.status} {text[:200]!r}"
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _order_headers(self, order: Ordered) -> dict[str, str]:
        token = self._tokens[order.number.tenant_id]
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": order.client_id}

    async def _try(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[Answer, bytes]:
        if self._door is None:
            self._door = Door(self._url)
        await self._door.wait_for_turn()
        began = time.time()
        try:
            status, text = await self._door.post(path, headers, body)
        except NoAnswerError:
            status, text = NO_ANSWER, b""
        return Answer(began, time.time(), status), text


def _is_final(status: int) -> bool:
    return _CLIENT_ERRORS[0] <= status < _CLIENT_ERRORS[1] and status not in _BUSY


def _order_body(order: Ordered) -> bytes:
    return orjson.dumps(
        {
            "to": f"+{order.customer}",
            "phoneNumberId": order.number.phone_number_id,
            "type": "TEXT",
            "content": {"text": order.text},
            "clientMessageId": order.client_id,
        }
    )
