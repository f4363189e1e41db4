"""Whether the running greenthread or thread has a database transaction open.

Nothing may leave the process inside one: a remote call would hold locks for as long as another service likes. The
database sets the mark, the RPC client refuses to work under it. A module apart: the gateway has no SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_depth: ContextVar[int] = ContextVar("open_transactions", default=0)


@contextmanager
def marked() -> Iterator[None]:
    """Everything inside the block runs in an open transaction."""
    token = _depth.set(_depth.get() + 1)
    try:
        yield
    finally:
        _depth.reset(token)


def refuse(what: str) -> None:
    """Raise when a transaction is open; `what` names the thing that must wait until after the commit."""
    if _depth.get():
        msg = f"{what} inside an open transaction: claim in one, call without, record in another"
        raise RuntimeError(msg)
