"""Delivery of webhooks: addressing, batching, signing, retries of the same bytes with growing delay."""

import asyncio
import time
from asyncio import LimitOverrunError, Task, TimerHandle
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from itertools import count

from tests.simulators.graph_api.businesses import Businesses
from tests.simulators.graph_api.clock import Clock
from tests.simulators.graph_api.records import Records, WebhookAttempt
from tests.simulators.graph_api.settings import Settings
from tests.simulators.graph_api.webhooks.payloads import Change
from tests.simulators.graph_api.webhooks.signature import render, sign
from tests.simulators.graph_api.webhooks.transport import Transport
from tests.simulators.graph_api.wire import JsonObject

ANSWER_OK = 200
OVERRIDABLE_FIELDS = {"messages", "message_echoes", "calls", "smb_message_echoes", "history"}


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How webhooks travel; `copies` above 1 repeats even what was acknowledged."""

    copies: int = 1
    batch_most: int = 1
    batch_seconds: float = 0.02
    concurrency: int = 16
    timeout_seconds: float = 10.0
    first_retry_seconds: float = 0.2
    retry_factor: float = 2.0
    longest_retry_seconds: float = 60.0
    give_up_after_seconds: float = 7 * 24 * 3600

    def retry_delay(self, attempts: int) -> float:
        """Return how long to wait after so many attempts."""
        growth: float = self.retry_factor ** min(attempts - 1, 40)
        return min(self.first_retry_seconds * growth, self.longest_retry_seconds)

    def as_json(self) -> JsonObject:
        """Return the settings as the control API shows them."""
        return asdict(self)


@dataclass(slots=True)
class Delivery:
    """One body on its way to one address; it stays the same through all attempts."""

    id: int
    url: str
    body: bytes
    headers: dict[str, str]
    born: float
    attempts: int = 0


class Dispatcher:
    """Takes changes and brings them to whoever subscribed."""

    def __init__(self, settings: Settings, businesses: Businesses, records: Records, clock: Clock) -> None:
        self._app = settings
        self._businesses = businesses
        self._records = records
        self._clock = clock
        self.settings = DeliverySettings()
        self._transport = Transport()
        self._numbers = count(1)
        self._slots = asyncio.Semaphore(self.settings.concurrency)
        self._buffers: defaultdict[str, list[Change]] = defaultdict(list)
        self._tasks: dict[Task[None], int] = {}
        self._retries: dict[int, tuple[Delivery, TimerHandle]] = {}
        self.undeliverable = 0

    def configure(self, settings: DeliverySettings) -> None:
        """Change how webhooks travel from now on."""
        self.settings = settings
        self._slots = asyncio.Semaphore(settings.concurrency)

    def publish(self, change: Change) -> None:
        """Send one change to its subscriber, by itself or in a batch."""
        url = self._address(change)
        if url is None:
            self.undeliverable += 1
        elif self.settings.batch_most <= 1:
            self._send_changes(url, [change])
        else:
            self._buffer(url, change)

    def publish_together(self, changes: list[Change]) -> None:
        """Send changes as one body to each address among them."""
        by_url: defaultdict[str, list[Change]] = defaultdict(list)
        for change in changes:
            url = self._address(change)
            if url is None:
                self.undeliverable += 1
            else:
                by_url[url].append(change)
        for url, group in by_url.items():
            self._send_changes(url, group)

    async def deliver_now(self, change: Change) -> None:
        """Make the first attempt for a change and come back when it is over."""
        url = self._address(change)
        if url is None:
            self.undeliverable += 1
            return
        await self._attempt(self._delivery(url, render(envelope([change]))))

    def send_raw(self, body: bytes, url: str | None = None, signature: str | None = None) -> int | None:
        """Send any body with the right signature, or with the one given ('' for no header at all)."""
        url = url or self._app.webhook_url
        if url is None:
            self.undeliverable += 1
            return None
        delivery = self._delivery(url, body)
        if signature is not None:
            delivery.headers["X-Hub-Signature-256"] = signature
            if not signature:
                del delivery.headers["X-Hub-Signature-256"]
        self._start(delivery)
        return delivery.id

    def retry_now(self) -> int:
        """Repeat everything that waits for a retry at once; return how many that is."""
        waiting = list(self._retries.values())
        self._retries.clear()
        for delivery, timer in waiting:
            timer.cancel()
            self._spawn(delivery)
        return len(waiting)

    def pending(self) -> int:
        """Return how many webhooks are not acknowledged yet."""
        # A task that has just arranged its retry counts once.
        return len({*self._tasks.values(), *self._retries}) + sum(map(len, self._buffers.values()))

    def clear(self) -> None:
        """Drop everything that is on its way and return to the default settings."""
        for task in self._tasks:
            task.cancel()
        for _, timer in self._retries.values():
            timer.cancel()
        self._retries.clear()
        self._buffers.clear()
        self._transport.close()
        self.undeliverable = 0
        self.configure(DeliverySettings())

    def _address(self, change: Change) -> str | None:
        business = self._businesses.by_waba(change.waba_id)
        if business is None or not business.subscribed:
            return None
        if change.field in OVERRIDABLE_FIELDS:
            number = business.phone_numbers.get(change.phone_number_id or "")
            override = (number.override if number else None) or business.override
            if override is not None:
                return override.callback_uri
        return self._app.webhook_url

    def _buffer(self, url: str, change: Change) -> None:
        waiting = self._buffers[url]
        waiting.append(change)
        if len(waiting) >= self.settings.batch_most:
            self._flush(url)
        elif len(waiting) == 1:
            asyncio.get_running_loop().call_later(self.settings.batch_seconds, self._flush, url)

    def _flush(self, url: str) -> None:
        changes = self._buffers.pop(url, [])
        if changes:
            self._send_changes(url, changes)

    def _send_changes(self, url: str, changes: list[Change]) -> None:
        self._start(self._delivery(url, render(envelope(changes))))

    def _delivery(self, url: str, body: bytes) -> Delivery:
        headers = {
            "User-Agent": "facebookexternalua",
            "Accept": "*/*",
            "Content-Type": "application/json",
            "X-Hub-Signature-256": sign(self._app.app_secret, body),
        }
        return Delivery(next(self._numbers), url, body, headers, self._clock.now())

    def _start(self, delivery: Delivery) -> None:
        self._spawn(delivery)
        for _ in range(self.settings.copies - 1):
            self._spawn(replace(delivery, id=next(self._numbers)))

    def _spawn(self, delivery: Delivery) -> None:
        task = asyncio.get_running_loop().create_task(self._attempt(delivery))
        self._tasks[task] = delivery.id
        task.add_done_callback(self._tasks.pop)

    async def _attempt(self, delivery: Delivery) -> None:
        async with self._slots:
            delivery.attempts += 1
            began = time.perf_counter()
            status, error = await self._post(delivery)
        self._records.add_attempt(
            WebhookAttempt(
                delivery.id,
                delivery.attempts,
                self._clock.now(),
                delivery.url,
                status,
                error,
                (time.perf_counter() - began) * 1000,
                delivery.body.decode("utf-8", "backslashreplace"),
            )
        )
        if status != ANSWER_OK:
            self._retry_later(delivery)

    async def _post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        timeout = self.settings.timeout_seconds
        try:
            return await self._transport.post(delivery.url, delivery.headers, delivery.body, timeout), None
        except (OSError, TimeoutError, ValueError, LimitOverrunError) as failure:
            return None, repr(failure)

    def _retry_later(self, delivery: Delivery) -> None:
        if self._clock.now() - delivery.born > self.settings.give_up_after_seconds:
            return
        delay = self.settings.retry_delay(delivery.attempts)
        timer = asyncio.get_running_loop().call_later(delay, self._retry, delivery)
        self._retries[delivery.id] = (delivery, timer)

    def _retry(self, delivery: Delivery) -> None:
        self._retries.pop(delivery.id, None)
        self._spawn(delivery)


def envelope(changes: list[Change]) -> JsonObject:
    """Return the whole payload: one entry for each account, or for each account and time."""
    entries: dict[tuple[str, int | None], JsonObject] = {}
    for change in changes:
        entry = entries.setdefault((change.waba_id, change.time), {"id": change.waba_id, "changes": []})
        if change.time is not None:
            entry["time"] = change.time
        entry["changes"].append({"value": change.value, "field": change.field})
    return {"object": "whatsapp_business_account", "entry": list(entries.values())}
