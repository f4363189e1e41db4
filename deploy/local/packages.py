"""Installs PostgreSQL and RabbitMQ where they are missing, without starting the machine's own instances."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deploy.local.binaries import Binaries, find_binaries, find_postgres, find_rabbitmq
from deploy.local.console import LocalError, say

# Debian asks this script before it starts a service on installation; 101 means no.
_POLICY = Path("/usr/sbin/policy-rc.d")
_POLICY_TEXT = "#!/bin/sh\nexit 101\n"

# Read by PostgreSQL's packages before they make a cluster; a file of its own leaves the main file as shipped.
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/frontdesk.conf")
_NO_CLUSTER_TEXT = "create_main_cluster = false\n"


def ensure_binaries() -> Binaries:
    """Return the programs; install the packages first if they are missing and we may."""
    found = find_binaries()
    if found is not None:
        return found
    missing = _missing_packages()
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise LocalError(
            f"Please install {' and '.join(missing)} (on Debian or Ubuntu: sudo apt-get install"
            f" {' '.join(missing)}), then run this again; Frontdesk starts private copies of its own."
        )
    _install(missing)
    found = find_binaries()
    if found is None:
        raise LocalError(f"Installing {' and '.join(missing)} did not bring the programs that are needed.")
    return found


def _missing_packages() -> list[str]:
    missing = ["postgresql"] if find_postgres() is None else []
    return missing + (["rabbitmq-server"] if find_rabbitmq() is None or not missing else [])


def _install(packages: list[str]) -> None:
    say(f"Installing {' and '.join(packages)} (takes a minute) …")
    with _for_now(_POLICY, _POLICY_TEXT, 0o755), _for_now(_NO_CLUSTER, _NO_CLUSTER_TEXT, 0o644):
        _apt_get("update")
        _apt_get("install", "-y", "--no-install-recommends", *packages)


@contextlib.contextmanager
def _for_now(path: Path, text: str, mode: int) -> Iterator[None]:
    """Put a file in place for the time of the installation, unless the machine has one already."""
    if path.exists():
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _apt_get(*arguments: str) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ended = subprocess.run(
        ["apt-get", "-q", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ended.returncode != 0:
        tail = "\n".join(f"  {line}" for line in ended.stdout.splitlines()[-15:])
        raise LocalError(f"apt-get {arguments[0]} failed:\n{tail}")
