"""Latencies in buckets that are one per cent wide: cheap to fill, and runs can be added to each other."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable

_WIDTH = math.log(1.01)
_BUCKETS = 1900
_MICRO = 1e6


class Histogram:
    """From a microsecond to more than two minutes; whatever lies outside is put into the outermost bucket."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._counts = array("Q", bytes(8 * _BUCKETS))
        for value in seconds:
            self.record(value)

    def record(self, seconds: float) -> None:
        """Add one latency."""
        bucket = int(math.log(max(seconds * _MICRO, 1.0)) / _WIDTH)
        self._counts[min(bucket, _BUCKETS - 1)] += 1

    def __len__(self) -> int:
        return sum(self._counts)

    def quantile(self, share: float) -> float:
        """The latency in seconds that this share of all did not exceed, to one per cent; NaN without any."""
        wanted = max(1, math.ceil(share * len(self)))
        passed = 0
        for bucket, count in enumerate(self._counts):
            passed += count
            if count and passed >= wanted:
                return math.exp((bucket + 0.5) * _WIDTH) / _MICRO
        return math.nan
