"""Who is refused although the credential has not run out: ended sessions, changed users, revoked keys, suspensions.

Each process keeps the whole of it: loaded from its owners, brought up to date by events, looked at on every request
without asking anybody. A new list takes the place of all that was heard before, so what no longer matters is forgotten
with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.principal import Principal
from gateway.refusals import BadCredential, NotReady
from services.common.contracts.auth import (
    AccessChangedV1,
    KeyRevokedV1,
    Revocation,
    RevocationKind,
    SessionRevokedV1,
    TenantSuspended,
)
from services.common.contracts.base import Event
from services.common.contracts.tenants import TenantResumedV1, TenantSuspendedV1

_PATIENCE_SECONDS = 2.0


@dataclass
class _Refused:
    """What `auth` has revoked, by id."""

    sessions: set[str] = field(default_factory=set)
    users: dict[str, int] = field(default_factory=dict)
    """The least version of an access token that is good."""
    keys: set[str] = field(default_factory=set)


class Revocations:
    """One thread changes it, all others look: each change is one step that the interpreter does not divide."""

    def __init__(self) -> None:
        self._refused = _Refused()
        self._suspended: set[str] = set()
        self._owner_told = False
        self._loaded = threading.Event()

    @property
    def loaded(self) -> bool:
        """Whether we know whom to refuse."""
        return self._loaded.is_set()

    def check_credential(self, who: Principal) -> None:
        """Raises `BadCredential`; `NotReady` until the first list has come."""
        if not self._loaded.is_set() and not self._loaded.wait(_PATIENCE_SECONDS):
            raise NotReady
        if self._is_revoked(who):
            raise BadCredential

    def check_tenant(self, who: Principal) -> None:
        """Raises `TenantSuspended`."""
        if who.tenant_id in self._suspended:
            raise TenantSuspended

    def load(self, listed: list[Revocation]) -> None:
        """Take `auth`'s list; its copy of who is suspended counts until `tenants` has told."""
        fresh = _Refused()
        for each in listed:
            if each.kind is RevocationKind.SESSION:
                fresh.sessions.add(each.id)
            elif each.kind is RevocationKind.USER:
                fresh.users[each.id] = each.version or 0
            elif each.kind is RevocationKind.KEY:
                fresh.keys.add(each.id)
        self._refused = fresh
        if not self._owner_told:
            self._suspended = {each.id for each in listed if each.kind is RevocationKind.TENANT}
        self._loaded.set()

    def load_suspended(self, tenant_ids: list[str]) -> None:
        """Take the list of `tenants`."""
        self._suspended = set(tenant_ids)
        self._owner_told = True

    def hear(self, event: Event) -> None:
        """Take one event of `HEARD`."""
        HEARD[type(event)](self, event)

    def end_session(self, event: SessionRevokedV1) -> None:
        self._refused.sessions.add(event.session_id)

    def raise_version(self, event: AccessChangedV1) -> None:
        users = self._refused.users
        users[event.user_id] = max(event.version, users.get(event.user_id, 0))

    def revoke_key(self, event: KeyRevokedV1) -> None:
        self._refused.keys.add(event.api_key_id)

    def suspend(self, event: TenantSuspendedV1) -> None:
        self._suspended.add(event.tenant.id)

    def resume(self, event: TenantResumedV1) -> None:
        self._suspended.discard(event.tenant.id)

    def _is_revoked(self, who: Principal) -> bool:
        refused = self._refused
        if who.api_key is not None:
            return who.caller in refused.keys
        return who.session_id in refused.sessions or who.version < refused.users.get(who.caller, 0)


HEARD: dict[type[Event], Callable[[Revocations, Any], None]] = {
    SessionRevokedV1: Revocations.end_session,
    AccessChangedV1: Revocations.raise_version,
    KeyRevokedV1: Revocations.revoke_key,
    TenantSuspendedV1: Revocations.suspend,
    TenantResumedV1: Revocations.resume,
}
"""The events that the gateway listens to, and what each of them does."""
