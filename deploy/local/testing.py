"""Runs all tests: private servers, databases, then each tier of tests in a pytest process of its own."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from deploy.local.console import LocalError, say
from deploy.local.environment import base_environment, given_variables
from deploy.local.junit import Counts, read_counts
from deploy.local.layout import LOCAL, REPOSITORY, layout_at
from deploy.local.system import System

_TESTS_FAILED = 1
_NO_TESTS = 5
_INTERRUPTED = 130
_TEARDOWN_SECONDS = 60.0

# Tests log in and register by the dozen within a minute, and fail to, all from one address; those of the limits
# themselves set their own.
_WIDE_LIMITS = {
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "CREDENTIAL_RATE_LIMIT_PER_MINUTE": "1000000",
    "AUTH_ALLOWED_ADDRESS_FAILURES": "1000",
}


class Terminated(Exception):
    """Somebody has asked this run to end."""


@dataclass(frozen=True)
class Tier:
    """Folders that share one process, because eventlet patches the whole of it or nothing."""

    name: str
    folders: tuple[str, ...]
    root: str

    def targets(self, named: Sequence[str]) -> list[str]:
        """What pytest is to look at: those files and folders that were named and are this tier's, else all of it."""
        if named:
            return [path for path in named if path.startswith(self.folders)]
        return [folder for folder in self.folders if (REPOSITORY / folder).is_dir()]


# The whole system has servers of its own: its services would take the messages that component tests wait for.
_WHOLE_SYSTEM = "e2e"

TIERS = (
    Tier("unit", ("tests/unit", "tests/contracts", "tests/architecture", "tests/gateway"), root="test"),
    Tier("integration", ("tests/integration", "tests/component"), root="test"),
    Tier("e2e", ("tests/e2e",), root=_WHOLE_SYSTEM),
)


class Run:
    """One run over some tiers: what was counted, what broke beside the tests, what has to be stopped."""

    def __init__(self, arguments: Sequence[str], given: Mapping[str, str]) -> None:
        self._named = [argument for argument in arguments if argument.startswith("tests/")]
        self._arguments = [argument for argument in arguments if argument not in self._named]
        self._given = _WIDE_LIMITS | dict(given)
        self._system: System | None = None
        self._variables: dict[str, str] = {}
        self.counts = Counts()
        self.broken = False

    def run(self, tier: Tier) -> None:
        """Run one tier; one of which nothing is there, or nothing was asked for, is left out."""
        targets = tier.targets(self._named)
        if not targets:
            return
        say(f"── {tier.name}: {' '.join(targets)}")
        self._switch_to(tier.root)
        report = LOCAL / f"junit-{tier.name}.xml"
        report.unlink(missing_ok=True)
        code = self._pytest([*targets, f"--junitxml={report}", *self._arguments])
        self.counts += read_counts(report)
        if code not in (0, _TESTS_FAILED, _NO_TESTS):
            self.broken = True
            say(f"pytest ended with {code} in {tier.name}.")

    def close(self) -> None:
        """Stop what was started; data and logs stay until the next run."""
        if self._system is not None:
            self._system.down()
            self._system = None

    def _switch_to(self, root: str) -> None:
        """Have one system at a time, made anew for this run."""
        if self._system is not None and self._system.layout.root.name == root:
            return
        self.close()
        layout = layout_at(LOCAL / root)
        System(layout, self._given).destroy()
        self._system = System(layout, self._given)
        if root == _WHOLE_SYSTEM:
            self._variables = self._system.up()
        else:
            self._variables = self._system.up_servers(with_migrations=True)
        if "POSTGRES_ADMIN_URL" in self._variables:
            # Integration tests make databases of their own beside the services'.
            self._variables["TEST_POSTGRES_URL"] = self._variables["POSTGRES_ADMIN_URL"]

    def _pytest(self, arguments: Sequence[str]) -> int:
        env = base_environment() | self._variables
        pytest = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], cwd=REPOSITORY, env=env)
        try:
            return pytest.wait()
        except Terminated:
            # The terminal sends Ctrl-C to pytest too; anything else reaches only this process.
            pytest.send_signal(signal.SIGINT)
            raise
        finally:
            _let_end(pytest)


def _let_end(pytest: subprocess.Popen[bytes]) -> None:
    """Give an interrupted pytest the time to tear its fixtures down."""
    try:
        pytest.wait(_TEARDOWN_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.kill()
        pytest.wait()


def _parse(argv: Sequence[str]) -> tuple[list[Tier], list[str]]:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.testing", description=__doc__)
    parser.add_argument("--tier", choices=[tier.name for tier in TIERS], help="run this one only")
    options, rest = parser.parse_known_args(argv)
    tiers = [tier for tier in TIERS if options.tier in (None, tier.name)]
    return tiers, [argument for argument in rest if argument != "--"]


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _run_tiers(run: Run, tiers: Sequence[Tier]) -> int:
    """Run the tiers and stop what they needed, however they end."""
    try:
        for tier in tiers:
            run.run(tier)
    except (KeyboardInterrupt, Terminated):
        return _INTERRUPTED
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        run.close()
    good = run.counts.passed > 0 and run.counts.failed == 0 and not run.broken
    return 0 if good else 1


def main(argv: list[str]) -> int:
    """Run the tests; the last line says how many passed, failed and were skipped."""
    tiers, arguments = _parse(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    run = Run(arguments, given_variables(os.environ))
    code = _run_tiers(run, tiers)
    say(str(run.counts))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
