"""Brings the gateway's own database up to date: `python -m gateway.migrations`. Running it again changes nothing.

It holds rate counters only, so there is no history to carry and one idempotent script is enough.
"""

from __future__ import annotations

import psycopg2

from gateway.settings import MigrationSettings
from services.common.kit.logging import configure, get_logger

log = get_logger(__name__)

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('gateway.migrations'))"
_STEPS = (
    # Unlogged: losing the counters in a crash costs nothing, writing them to the log would cost on every request.
    # The fill factor leaves room to update a row on its own page, again and again.
    """
    CREATE UNLOGGED TABLE IF NOT EXISTS rate_counters (
        key text PRIMARY KEY,
        whole_at double precision NOT NULL,
        fits boolean NOT NULL
    ) WITH (fillfactor = 50)
    """,
    "GRANT SELECT, INSERT, UPDATE, DELETE ON rate_counters TO gateway_app",
)


def migrate(url: str) -> None:
    """Create what is missing, as the owner, for the role that the gateway runs under."""
    connection = psycopg2.connect(url, connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            cursor.execute(_ONE_AT_A_TIME)
            for step in _STEPS:
                cursor.execute(step)
    finally:
        connection.close()
    log.info("migrated", database="gateway")


if __name__ == "__main__":
    settings = MigrationSettings.load()
    configure("gateway-migrations", settings.log_level)
    migrate(settings.database_url)
