"""Makes the secrets of a first start, one file for each reader: `python -m deploy.docker.setup FOLDER`.

Each file belongs to the user id that its reader runs as, so no service can read another's. What is there is kept.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from deploy.local.credentials import load_credentials
from deploy.local.databases import DATABASES, SERVICES, app_url_name, migration_url_name
from deploy.local.layout import Layout

_POSTGRES, _RABBITMQ = "postgres:5432", "rabbitmq:5672"
_FIRST_UID, _FIRST_MIGRATION_UID = 10001, 20001
_IMAGE_UID = {"gateway": 10006, "simulator": 10007}
_ROOT = 0  # the servers' images begin as root, read theirs, and step down to a user that can read neither
_META = ("META_APP_SECRET", "META_VERIFY_TOKEN")
_OWN = {
    "auth": ("AUTH_SIGNING_KEYS", "AUTH_ENVELOPE_KEYS"),
    "tenants": ("ENVELOPE_KEYS", "TELEGRAM_WEBHOOK_KEY"),
    "messaging": ("ENVELOPE_KEYS",),
}


def main(folder: Path) -> None:
    """Write all settings files below the folder."""
    kept = Layout(root=folder / "kept", env_file=folder / "kept" / "env")
    kept.create()
    secrets = load_credentials(kept)
    kept.root.chmod(0o700)
    for reader, (uid, variables) in _readers(secrets).items():
        _write(folder / f"{reader}.env", uid, variables)
    folder.chmod(0o755)


def _readers(secrets: dict[str, str]) -> dict[str, tuple[int, dict[str, str]]]:
    amqp = {"AMQP_URL": f"amqp://frontdesk:{secrets['RABBITMQ_PASSWORD']}@{_RABBITMQ}/frontdesk"}
    meta = {name: secrets[name] for name in _META}
    readers: dict[str, tuple[int, dict[str, str]]] = {
        "postgres": (_ROOT, _role_passwords(secrets)),
        "rabbitmq": (_ROOT, {"RABBITMQ_DEFAULT_PASS": secrets["RABBITMQ_PASSWORD"]}),
        "simulator": (_IMAGE_UID["simulator"], meta),
    }
    for number, database in enumerate(DATABASES):
        own = {name: secrets[name] for name in _OWN.get(database, _META if database == "gateway" else ())}
        uid = _FIRST_UID + number if database in SERVICES else _IMAGE_UID[database]
        readers[database] = (uid, {**amqp, **own, app_url_name(database): _url(database, "app", secrets)})
        owner = {migration_url_name(database): _url(database, "owner", secrets)}
        readers[f"{database}-migrate"] = (_FIRST_MIGRATION_UID + number, owner)
    return readers


def _url(database: str, role: str, secrets: dict[str, str]) -> str:
    password = secrets[f"{database.upper()}_{role.upper()}_PASSWORD"]
    return f"postgresql://{database}_{role}:{password}@{_POSTGRES}/{database}"


def _role_passwords(secrets: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in secrets.items() if name.endswith(("_OWNER_PASSWORD", "_APP_PASSWORD"))} | {
        "POSTGRES_PASSWORD": secrets["POSTGRES_PASSWORD"]
    }


def _write(path: Path, uid: int, variables: dict[str, str]) -> None:
    lines = [
        f'[ -n "${{{name}:-}}" ] || {name}={shlex.quote(value)}; export {name}\n' for name, value in variables.items()
    ]
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(lines)
    os.chown(draft, uid, uid)
    draft.replace(path)  # in one step: a container that restarts meanwhile reads the old file or the new one


if __name__ == "__main__":
    main(Path(sys.argv[1]))
