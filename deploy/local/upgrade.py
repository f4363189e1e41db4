"""Upgrades the databases of the named services: `python -m deploy.local.upgrade auth tenants`.

One process for all of them, because most of the time goes into importing SQLAlchemy and Alembic.
"""

import sys

from deploy.local.console import say
from services.common.kit.migrations import upgrade

if __name__ == "__main__":
    for service in sys.argv[1:]:
        say(f"Upgrading {service} …")
        upgrade(service)
