"""Where a local system keeps its files. Every system (dev, test, e2e) has a root of its own."""

from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCAL = REPOSITORY / ".local"


@dataclass(frozen=True)
class Layout:
    """The folders below one root, and the file its environment is written to."""

    root: Path
    env_file: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def metrics(self) -> Path:
        """Where the gateway's workers join their counters."""
        return self.root / "metrics"

    @property
    def mailbox(self) -> Path:
        """Where mails are written to that no mail server takes."""
        return self.root / "mailbox"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.env"

    @property
    def ports_file(self) -> Path:
        return self.root / "ports.json"

    def create(self) -> None:
        """Make the folders; the root is closed to other users of the machine but can be crossed."""
        for folder in (self.root, self.run, self.log):
            folder.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711)


def dev_layout() -> Layout:
    """The system of `make up`."""
    return Layout(root=LOCAL / "dev", env_file=LOCAL / "env")


def layout_at(root: Path) -> Layout:
    """A system of its own below any root; its environment stands in `<root>/env`."""
    return Layout(root=root.resolve(), env_file=root.resolve() / "env")
