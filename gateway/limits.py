"""Rate limits: a generic cell rate algorithm (GCRA), counted for all processes in one table, or here when that is away.

A caller may use its whole quota at once and then gets it back evenly over the window. All that is stored of a caller is
one instant: when its quota will be whole again.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.refusals import TooManyRequests
from services.common.kit.logging import get_logger

log = get_logger(__name__)

_WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Policy:
    """`quota` requests in `window` seconds."""

    name: str
    quota: int
    window: int = _WINDOW_SECONDS

    @property
    def interval(self) -> float:
        """Seconds in which one request comes back."""
        return self.window / self.quota


@dataclass(frozen=True)
class Tally:
    """What a counter says: whether this request fits, and in how many seconds the quota is whole again."""

    fits: bool
    whole_in: float


@dataclass(frozen=True)
class Verdict:
    """A tally under its policy, in the words of the headers."""

    policy: Policy
    tally: Tally

    @property
    def remaining(self) -> int:
        """How many requests would fit right now."""
        return max(0, math.floor((self.policy.window - self.tally.whole_in) / self.policy.interval + 1e-6))

    @property
    def retry_after(self) -> int:
        """Seconds until one request fits again."""
        return max(1, math.ceil(self.tally.whole_in + self.policy.interval - self.policy.window))

    def headers(self) -> dict[str, str]:
        """The draft's two headers, and the three that older clients read."""
        name, reset = self.policy.name, math.ceil(self.tally.whole_in)
        return {
            "RateLimit-Policy": f'"{name}";q={self.policy.quota};w={self.policy.window}',
            "RateLimit": f'"{name}";r={self.remaining};t={reset}',
            "RateLimit-Limit": str(self.policy.quota),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(reset),
        }

    def check(self) -> None:
        """Raise `TooManyRequests` when the request does not fit."""
        if not self.tally.fits:
            raise TooManyRequests("", {"retryAfter": str(self.retry_after), "policy": self.policy.name})


class CountersAwayError(Exception):
    """The counters that all processes share cannot be had at the moment."""


class Counters(Protocol):
    """Takes one request from the quota of a key. May raise `CountersAwayError`."""

    def take(self, key: str, policy: Policy) -> Tally: ...


class OwnCounters:
    """The counters of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = 50_000) -> None:
        self._clock = clock
        self._most = most
        self._whole_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, key: str, policy: Policy) -> Tally:
        now = self._clock()
        with self._lock:
            whole_at = max(self._whole_at.get(key, now), now)
            fits = whole_at + policy.interval - now <= policy.window + 1e-9
            if fits:
                whole_at += policy.interval
                self._whole_at[key] = whole_at
                self._forget(now)
        return Tally(fits, whole_at - now)

    def _forget(self, now: float) -> None:
        if len(self._whole_at) > self._most:
            self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}


class Limiter:
    """Counts by the shared counters, and by its own while those are away: limiting less well beats not answering."""

    _RETRY_SECONDS = 2.0

    def __init__(self, shared: Counters | None) -> None:
        self._shared = shared
        self._own = OwnCounters()
        self._away_until = 0.0
        self._away = False

    def take(self, key: str, policy: Policy) -> Verdict:
        """Count one request of `key`."""
        full_key = f"{policy.name}:{key}"
        tally = self._take_shared(full_key, policy)
        return Verdict(policy, self._own.take(full_key, policy) if tally is None else tally)

    def _take_shared(self, key: str, policy: Policy) -> Tally | None:
        if self._shared is None or time.monotonic() < self._away_until:
            return None
        try:
            tally = self._shared.take(key, policy)
        except CountersAwayError as error:
            self._away_until = time.monotonic() + self._RETRY_SECONDS
            self._note(away=True, reason=str(error))
            return None
        self._note(away=False)
        return tally

    def _note(self, *, away: bool, reason: str = "") -> None:
        if away and not self._away:
            log.warning("rate_counters_away", reason=reason)
        elif self._away and not away:
            log.info("rate_counters_back")
        self._away = away
