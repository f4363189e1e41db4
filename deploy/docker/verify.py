"""Looks into the images after `docker compose build`: `python -m deploy.docker.verify [PREFIX] [VERSION]`.

Each holds its own code and what is shared, nothing of the others, no package installer, and runs as a user of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from deploy.local.databases import SERVICES

_SHARED = frozenset({"services", "services/common"})
CODE = {
    **{service: _SHARED | {f"services/{service}"} for service in SERVICES},
    "gateway": _SHARED | {"gateway"},
    "setup": {"deploy", "deploy/docker", "deploy/local"},
    "simulator": {"tests", "tests/simulators"},
}
_AS_ROOT = {"setup"}  # gives each reader's file to the reader, without a network
_GROUPS = {"services", "tests", "deploy"}
_LOOK = """
import importlib.util, json, os, pathlib
print(json.dumps({
    "files": [str(path.relative_to("/app")) for path in pathlib.Path("/app").rglob("*.py")],
    "uid": os.getuid(),
    "has_installer": importlib.util.find_spec("pip") is not None,
}))
"""


@dataclass(frozen=True)
class Inside:
    """What one image turned out to be."""

    code: frozenset[str]
    uid: int
    has_installer: bool


def look_into(image: str) -> Inside:
    """Start the image without a network and have it list what it holds."""
    command = [
        "docker",
        "run",
        "--rm",
        "--network",
        "none",
        "--read-only",
        "--entrypoint",
        "python3",
        image,
        "-c",
        _LOOK,
    ]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Inside(frozenset(map(package, found["files"])), found["uid"], found["has_installer"])


def package(path: str) -> str:
    """Return the service, or else the package, that a file belongs to."""
    first, *rest = path.split("/")
    return f"{first}/{rest[0]}" if first in _GROUPS and len(rest) > 1 else first


def complaints(name: str, inside: Inside) -> list[str]:
    """Say what is wrong with an image."""
    wrong = [f"holds {extra}" for extra in sorted(inside.code - CODE[name])]
    wrong += [f"lacks {missing}" for missing in sorted(CODE[name] - inside.code)]
    wrong += ["holds a package installer"] if inside.has_installer else []
    wrong += ["runs as root"] if inside.uid == 0 and name not in _AS_ROOT else []
    return [f"{name} {complaint}" for complaint in wrong]


def main(prefix: str = "frontdesk", version: str = "0.1.0") -> int:
    """Look into all images; fail if one is not as it should be, or two run as the same user."""
    insides = {name: look_into(f"{prefix}/{name}:{version}") for name in CODE}
    wrong = [complaint for name, inside in insides.items() for complaint in complaints(name, inside)]
    if len({inside.uid for inside in insides.values()}) < len(insides):
        wrong.append("two images run as the same user")
    sys.stdout.write("\n".join(wrong or [f"{len(insides)} images are as they should be."]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
