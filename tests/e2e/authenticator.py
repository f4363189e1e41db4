"""The app on somebody's telephone that shows codes of a second factor."""

from __future__ import annotations

import time

import pyotp

_STEP_SECONDS = 30
_MARGIN_SECONDS = 5
"""A code must not run out on its way."""


class Authenticator:
    """Codes of one seed. Each is good once, so every one that is read is of a later step than the one before.

    The product takes codes half a minute old or early: three can be read in a row without waiting.
    """

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)
        self._step = 0

    def read(self) -> str:
        """The next code; waits when none is left that is good already."""
        oldest = int(time.time() + _MARGIN_SECONDS) // _STEP_SECONDS - 1
        self._step = max(self._step + 1, oldest)
        while int(time.time()) // _STEP_SECONDS < self._step - 1:
            time.sleep(0.2)
        return self._totp.at(self._step * _STEP_SECONDS)

    def wrong(self) -> str:
        """What somebody guesses, who has luck with none of the codes of these minutes."""
        now = int(time.time()) // _STEP_SECONDS
        good = {self._totp.at((now + offset) * _STEP_SECONDS) for offset in range(-2, 4)}
        return next(code for code in ("000000", *map(str, range(111111, 111120))) if code not in good)
