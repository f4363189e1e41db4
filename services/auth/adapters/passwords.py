"""Argon2id, on threads of its own: a verification costs as much as thirty database queries and would stop the hub."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from services.common.contracts.errors import Unavailable
from services.common.kit import clock
from services.common.kit.cpu import off_the_hub

P = ParamSpec("P")
T = TypeVar("T")

MOST_IN_HAND = 20
"""Being compared or waiting for it. Fewer than the workers of a process, so that some are left for everybody else."""


class Busy(Unavailable):
    """Too many passwords are being compared; try again shortly."""

    code = "auth.busy"


class PasswordHasher:
    """Hashes and compares, exactly as received: no trimming, no change of case, no truncation."""

    def __init__(self, memory_kib: int, passes: int) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._in_hand = 0
        self._nobodys = self._argon2.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """The encoded hash, with its parameters and a salt of its own. Raises `Busy`."""
        return self._work(self._argon2.hash, _bytes_of(password))

    def matches(self, password: str, stored: str | None, deadline: float | None) -> bool:
        """Whether it is the password. Without a stored hash the answer is no, after the same work.

        Raises `Busy`, also when its turn comes only after the deadline, in seconds since 1970: comparing for those who
        have given up would make those who still wait give up as well.
        """
        found = self._work(self._verify, stored or self._nobodys, _bytes_of(password), deadline)
        return found and stored is not None

    def _work(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._in_hand >= MOST_IN_HAND:
            raise Busy(details={"retryAfter": "1"})
        self._in_hand += 1
        try:
            return off_the_hub(work, *args, **kwargs)
        finally:
            self._in_hand -= 1

    def is_weak(self, stored: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)

    def _verify(self, stored: str, password: bytes, deadline: float | None) -> bool:
        if deadline is not None and clock.epoch() > deadline:
            raise Busy(details={"retryAfter": "1"})
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _bytes_of(password: str) -> bytes:
    # JSON may carry half of a surrogate pair; it has no UTF-8 form, and refusing it here would be a crash.
    return password.encode("utf-8", "surrogatepass")
