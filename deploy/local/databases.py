"""The services' databases: their names, addresses, and the script that makes them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.local.console import LocalError
from deploy.local.layout import REPOSITORY

SERVICES = ("auth", "tenants", "bookings", "messaging", "analytics")
DATABASES = (*SERVICES, "gateway")

_SCRIPT = REPOSITORY / "deploy" / "postgres" / "init-databases.sh"


def app_url_name(database: str) -> str:
    return f"{database.upper()}_DATABASE_URL"


def migration_url_name(database: str) -> str:
    return f"{database.upper()}_MIGRATION_DATABASE_URL"


def database_urls(port: int, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of all databases on the private server, for the services and for their owners."""
    urls: dict[str, str] = {}
    for database in DATABASES:
        app, owner = (secrets[f"{database.upper()}_{role}_PASSWORD"] for role in ("APP", "OWNER"))
        urls[app_url_name(database)] = f"postgresql://{database}_app:{app}@127.0.0.1:{port}/{database}"
        urls[migration_url_name(database)] = f"postgresql://{database}_owner:{owner}@127.0.0.1:{port}/{database}"
    return urls


def admin_environment(admin_url: str) -> dict[str, str]:
    """Translate the address of a server's administrator into libpq's variables."""
    parts = urlsplit(admin_url)
    return {
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or "postgres"),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.strip("/") or "postgres",
    }


def role_passwords(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the roles' passwords as the script wants them, taken from the databases' addresses."""
    passwords: dict[str, str] = {}
    for database in DATABASES:
        for role, name in (("APP", app_url_name(database)), ("OWNER", migration_url_name(database))):
            passwords[f"{database.upper()}_{role}_PASSWORD"] = unquote(urlsplit(variables[name]).password or "")
    return passwords


def create_databases(admin_url: str, variables: Mapping[str, str], psql_folder: Path | None = None) -> None:
    """Create the roles and databases that are missing, and set the passwords of all roles."""
    path = os.environ.get("PATH", os.defpath)
    env = {
        "PATH": path if psql_folder is None else f"{psql_folder}{os.pathsep}{path}",
        **admin_environment(admin_url),
        **role_passwords(variables),
    }
    ended = subprocess.run(["sh", str(_SCRIPT)], env=env, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise LocalError(f"The databases could not be created:\n{ended.stderr.strip()}")
