"""Sending limits: messages per second of a number, and the pair rate towards one person.

Both run on the simulator's clock, so a test can freeze time, use a limit up and move on.
"""

from collections import defaultdict, deque
from dataclasses import asdict, dataclass

from tests.simulators.graph_api.clock import Clock
from tests.simulators.graph_api.errors import GraphError
from tests.simulators.graph_api.wire import JsonObject


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """The limits in force; None switches one off."""

    messages_per_second: int | None = 80
    pair_seconds: float | None = 6.0
    pair_burst: int = 45

    def as_json(self) -> JsonObject:
        """Return the limits as the control API shows them."""
        return asdict(self)


class Limits:
    """Counts what passes, in and out, and refuses what is too much."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.settings = LimitSettings()
        self._passed: defaultdict[str, deque[float]] = defaultdict(deque)
        self._pair_debt: dict[tuple[str, str], float] = {}

    def count_inbound(self, phone_number_id: str) -> None:
        """Count a message of a customer: it shares the number's throughput."""
        self._count(phone_number_id, self._clock.now())

    def admit(self, phone_number_id: str, customer_key: str) -> None:
        """Let a send pass, or refuse it with 130429 or 131056."""
        now = self._clock.now()
        self._check_throughput(phone_number_id, now)
        self._check_pair((phone_number_id, customer_key), now)
        self._count(phone_number_id, now)

    def _count(self, phone_number_id: str, now: float) -> None:
        if self.settings.messages_per_second is not None:
            self._passed[phone_number_id].append(now)

    def _check_throughput(self, phone_number_id: str, now: float) -> None:
        allowed = self.settings.messages_per_second
        if allowed is None:
            return
        passed = self._passed[phone_number_id]
        while passed and not now - 1.0 < passed[0] <= now:
            passed.popleft()
        if len(passed) >= allowed:
            raise GraphError(130429)

    def _check_pair(self, pair: tuple[str, str], now: float) -> None:
        interval = self.settings.pair_seconds
        if interval is None:
            return
        # A burst borrows from the future: each message books one interval, at most `burst` ahead of now.
        booked_until = max(self._pair_debt.get(pair, now), now)
        if booked_until - now > (self.settings.pair_burst - 1) * interval:
            raise GraphError(131056)
        self._pair_debt[pair] = booked_until + interval

    def clear(self) -> None:
        """Return to the default limits with nothing counted."""
        self.settings = LimitSettings()
        self._passed.clear()
        self._pair_debt.clear()
