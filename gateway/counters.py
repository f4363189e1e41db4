"""Rate counters in PostgreSQL: one upsert on an unlogged table decides, for all processes of the gateway together."""

from __future__ import annotations

import time

import psycopg2

from gateway.database import Pool
from gateway.limits import CountersAwayError, Policy, Tally

# Planned once on each connection: planning it anew costs more than running it. `excluded.whole_at` is now plus one
# interval, so the present instant is read once for the whole statement.
_PREPARE = """
    PREPARE take (text, double precision, double precision) AS
    INSERT INTO rate_counters AS counter (key, whole_at, fits)
    VALUES ($1, extract(epoch FROM clock_timestamp())::double precision + $2, true)
    ON CONFLICT (key) DO UPDATE SET
        fits = greatest(counter.whole_at + $2, excluded.whole_at) <= excluded.whole_at + $3,
        whole_at = CASE
            WHEN greatest(counter.whole_at + $2, excluded.whole_at) <= excluded.whole_at + $3
            THEN greatest(counter.whole_at + $2, excluded.whole_at)
            ELSE counter.whole_at
        END
    RETURNING fits, whole_at - extract(epoch FROM clock_timestamp())::double precision
"""
_TAKE = "EXECUTE take (%s, %s, %s)"
_FORGET = "DELETE FROM rate_counters WHERE whole_at < extract(epoch FROM clock_timestamp())"
_FORGET_EVERY_SECONDS = 60.0


class SharedCounters:
    """Counts in the gateway's database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        pool.prepare(_PREPARE)
        self._forget_at = time.monotonic() + _FORGET_EVERY_SECONDS

    def take(self, key: str, policy: Policy) -> Tally:
        """Raises `CountersAwayError`."""
        values = key, policy.interval, policy.window - policy.interval + 1e-6
        try:
            with self._pool.connection() as connection, connection.cursor() as cursor:
                cursor.execute(_TAKE, values)
                fits, whole_in = cursor.fetchone()
                self._forget(cursor)
        except psycopg2.Error as error:
            raise CountersAwayError(str(error).strip()) from error
        return Tally(bool(fits), max(0.0, float(whole_in)))

    def _forget(self, cursor: psycopg2.extensions.cursor) -> None:
        """Now and then, drop the callers whose quota is whole: they are as good as new."""
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + _FORGET_EVERY_SECONDS
            cursor.execute(_FORGET)
