"""The commands of the local runner: `python -m deploy.local <command>`."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local import envfile
from deploy.local.console import LocalError, say
from deploy.local.environment import given_variables
from deploy.local.layout import Layout, dev_layout, layout_at
from deploy.local.logs import follow
from deploy.local.status import report
from deploy.local.system import System

# Commands with a module of their own: imported when asked for, since they need much more than this one.
_ELSEWHERE = {
    "demo": "deploy.local.demo",
    "seed": "deploy.local.seed",
    "replay": "deploy.local.replay",
}


def _system(options: argparse.Namespace) -> System:
    return System(_layout(options), given_variables(os.environ))


def _layout(options: argparse.Namespace) -> Layout:
    return dev_layout() if options.root is None else layout_at(options.root)


def _up(options: argparse.Namespace) -> int:
    if options.infra_only:
        _system(options).up_servers(with_migrations=False)
    else:
        _system(options).up()
    return 0


def _down(options: argparse.Namespace) -> int:
    if _layout(options).root.exists():
        _system(options).down()
    else:
        say("Nothing was started here.")
    return 0


def _migrate(options: argparse.Namespace) -> int:
    _system(options).migrate()
    say("The databases are up to date.")
    return 0


def _status(options: argparse.Namespace) -> int:
    return report(_layout(options))


def _logs(options: argparse.Namespace) -> int:
    follow(_layout(options))
    return 0


def _env(options: argparse.Namespace) -> int:
    sys.stdout.write(envfile.render(envfile.read(_layout(options).env_file)))
    return 0


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "up": (_up, "start everything that does not run yet and wait until it is ready"),
    "down": (_down, "stop everything; data is kept"),
    "status": (_status, "list what runs"),
    "logs": (_logs, "follow the logs of all processes"),
    "migrate": (_migrate, "bring the databases to their newest shape"),
    "env": (_env, "print the settings as NAME=value lines"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("--root", type=Path, help="folder of another system than the development one")
        if name == "up":
            command.add_argument("--infra-only", action="store_true", help="PostgreSQL and RabbitMQ only")
    return parser


def main(argv: list[str]) -> int:
    """Run one command; a problem the person can solve is one sentence on standard error."""
    try:
        if argv and argv[0] in _ELSEWHERE:
            return int(importlib.import_module(_ELSEWHERE[argv[0]]).main(argv[1:]))
        options = _parser().parse_args(argv)
        return _COMMANDS[options.command][0](options)
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
