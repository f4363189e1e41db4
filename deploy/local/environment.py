"""The settings of one local system: what the caller gives, what was made for it, and where its servers listen."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.local import envfile
from deploy.local.console import LocalError
from deploy.local.databases import DATABASES, app_url_name, migration_url_name
from deploy.local.layout import REPOSITORY
from deploy.local.ports import HOST

# Names the file a set of variables was sourced from. Without it a shell that has sourced `.local/env` would look
# like one that brings servers of its own.
MARKER = "FRONTDESK_LOCAL_ENV"

SERVER_URLS = (
    "AMQP_URL",
    *(app_url_name(database) for database in DATABASES),
    *(migration_url_name(database) for database in DATABASES),
)

_DEFAULTS = {
    "HEALTH_HOST": HOST,
    "LOG_LEVEL": "INFO",
    "RATE_LIMIT_PER_MINUTE": "100",
    "CREDENTIAL_RATE_LIMIT_PER_MINUTE": "10",
    "CORS_ORIGINS": "http://localhost:5173",
    "DEMO_EMAIL": "admin@demo.com",
}

# Other settings of the product reach it too when the caller gives them, e.g. AUTH_ACCESS_TOKEN_SECONDS=5 make up.
_PREFIXES = tuple(f"{database.upper()}_" for database in DATABASES)
_PASSED_ON = (
    *("MAX_WORKERS", "STOP_LIMIT", "REQUIRED_SERVICES", "RPC_TIMEOUT_SECONDS", "TRUSTED_PROXIES", "METRICS_TOKEN"),
    *("SMTP_URL", "MAIL_FROM", "MAILBOX_DIR", "PUBLIC_URL", "OBJECT_STORE_URL", "TELEGRAM_API_URL"),
)

# Made for the system at its first run; the caller may give others.
_SECRETS = (
    *("META_APP_SECRET", "META_VERIFY_TOKEN", "AUTH_SIGNING_KEYS", "AUTH_ENVELOPE_KEYS", "ENVELOPE_KEYS"),
    *("TELEGRAM_WEBHOOK_KEY", "DEMO_PASSWORD"),
)


def given_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the caller has set on purpose, leaving out what a shell got from a file of ours."""
    sourced = envfile.read(Path(environ[MARKER])) if MARKER in environ else {}
    return {name: value for name, value in environ.items() if sourced.get(name) != value}


def has_own_servers(given: Mapping[str, str]) -> bool:
    """Say whether the caller brings a broker and databases; a part of them is a mistake."""
    missing = [name for name in SERVER_URLS if not given.get(name)]
    if missing and len(missing) < len(SERVER_URLS):
        raise LocalError(f"Please set {', '.join(missing)} as well, or none of the servers' addresses.")
    return not missing


def settings(secrets: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that don't depend on where servers listen."""
    made = _DEFAULTS | {name: secrets[name] for name in _SECRETS}
    chosen = {name: given.get(name) or value for name, value in made.items()}
    return chosen | {name: value for name, value in given.items() if name not in chosen and _is_passed_on(name)}


def _is_passed_on(name: str) -> bool:
    """Addresses of servers and processes are the runner's own business."""
    if name.endswith(("_URL", "_PASSWORD", "_PORT")) and name.startswith(_PREFIXES):
        return False
    return name.startswith(_PREFIXES) or name in _PASSED_ON


def base_environment() -> dict[str, str]:
    """Return the caller's environment without what we set ourselves, for programs that are started."""
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def current_commit() -> str:
    """Return what the running code is called in /api/version; a copy without its history has no name."""
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "--short=12", "HEAD"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return ended.stdout.strip() or "unknown"
