"""How long sign-in is refused after failures. The delays are capped, so nobody is locked out for ever."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_IPV6_SITE = 64


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """When delays begin and how they grow: 1, 2, 4 … seconds up to the longest."""

    allowed_failures: int = 5
    window: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(seconds=60)

    @property
    def remembered(self) -> int:
        """How many failures need to be known: with more of them the delay grows no further."""
        return self.allowed_failures + math.ceil(math.log2(max(self.longest.total_seconds(), 1))) + 1

    def delay(self, failures: int) -> timedelta:
        """How long to wait after that many failures within the window."""
        beyond = failures - self.allowed_failures
        if beyond < 0:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(beyond, 32)), self.longest)

    def locked_until(self, failed_at: Sequence[datetime], now: datetime) -> datetime | None:
        """When sign-in is possible again; None when it is possible now."""
        recent = [instant for instant in failed_at if instant > now - self.window]
        if not recent:
            return None
        until = max(recent) + self.delay(len(recent))
        return until if until > now else None


@dataclass(frozen=True, slots=True)
class Lockouts:
    """For the failures of one account, and for those from one network."""

    account: LockoutPolicy
    address: LockoutPolicy


def network_of(address: str | None) -> str | None:
    """The network that counts as one caller: an IPv4 address, or the /64 that an IPv6 subscriber gets."""
    if not address:
        return None
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed), _IPV6_SITE), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def seconds_until(until: datetime, now: datetime) -> int:
    """Whole seconds for `Retry-After`, at least one."""
    return max(1, math.ceil((until - now).total_seconds()))
