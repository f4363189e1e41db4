"""Who may call a route. Each view declares it once; an application with an undeclared view does not start."""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request

from gateway.arrival import Arrival, address
from gateway.limits import Policy
from gateway.parts import Parts, parts
from gateway.principal import KEYS_ACT_AS, Principal, identify
from gateway.refusals import BadCredential, NotPublic, RoleForbids, ScopeMissing, TenantNeeded, UserNeeded
from services.common.contracts.auth import Role

View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE = "access"
_READING = frozenset({"GET", "HEAD"})


class Kind(enum.Enum):
    """What a caller must show."""

    PUBLIC = "public"
    CREDENTIALS = "credentials"
    BEARER = "bearer"
    LOGIN_STEP = "login step"
    WEBHOOK = "webhook"
    PROBE = "probe"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Access:
    """The rule of one view."""

    kind: Kind
    least: Role | None = None
    tenant_needed: bool = False
    collection: str | None = None
    """What an API key needs a scope for; None: no key opens this, whatever its scopes."""

    def __call__(self, view: View) -> View:
        """Declare it: `@PUBLIC`, `@role(Role.STAFF)`."""
        setattr(view, _ATTRIBUTE, self)
        return view

    def scope(self, method: str) -> str | None:
        """The scope with which an API key may do this; None where a key may not at all."""
        if self.collection is None or self.least is None or not KEYS_ACT_AS.at_least(self.least):
            return None
        return f"{self.collection}:{'read' if method in _READING else 'write'}"


PUBLIC = Access(Kind.PUBLIC)
"""Anybody, limited by address."""

CREDENTIALS = Access(Kind.CREDENTIALS)
"""Anybody, limited hard by address: here passwords could be guessed."""

WEBHOOK = Access(Kind.WEBHOOK)
"""A provider that signs. The view checks the signature; nothing else stands in its way."""

PROBE = Access(Kind.PROBE)
"""Anybody, unlimited: cheap, or cached."""

INTERNAL = Access(Kind.INTERNAL)
"""From private networks, or with the token for metrics."""

LOGIN_STEP = Access(Kind.LOGIN_STEP, Role.CUSTOMER)
"""A signed-in user; without a token, limited like a log-in, whoever shows in the body that they are half-way in."""


QUIET = frozenset({Kind.WEBHOOK, Kind.PROBE, Kind.INTERNAL})
"""Too many to be worth a line each."""


def role(least: Role, collection: str, *, tenant_needed: bool = True) -> Access:
    """A user with at least this role or an API key with the scope; by default as a member of a tenant."""
    return Access(Kind.BEARER, least, tenant_needed, collection)


def person(least: Role, *, tenant_needed: bool = True) -> Access:
    """A signed-in user with at least this role: accounts, keys, plans and the platform are not for programs."""
    return Access(Kind.BEARER, least, tenant_needed)


def access_of(view: Callable[..., Any] | None) -> Access | None:
    """What a view declares."""
    return cast("Access | None", getattr(view, _ATTRIBUTE, None))


def check_declared(app: Flask) -> None:
    """Refuse to start with a view that declares nothing."""
    silent = sorted(name for name, view in app.view_functions.items() if access_of(view) is None)
    if silent:
        raise TypeError(f"These routes do not declare their access: {', '.join(silent)}")


def admit(now: Arrival) -> None:
    """Let the request in, or raise. An unknown path and a wrong method have no rule: they are answered without one."""
    rule = access_of(current_app.view_functions.get(request.endpoint or ""))
    if rule is not None and request.method != "OPTIONS":
        _GATES[rule.kind](now, rule, parts())


def _admit_anybody(now: Arrival, _rule: Access, here: Parts) -> None:
    _count(now, here, here.caller_policy, address())


def _admit_with_credentials(now: Arrival, _rule: Access, here: Parts) -> None:
    _count(now, here, here.credential_policy, address())


def _admit_bearer(now: Arrival, rule: Access, here: Parts) -> None:
    try:
        who = identify(request.headers.getlist("Authorization"), here.verifier, here.keys)
        here.revocations.check_credential(who)
    except BadCredential:
        _count(now, here, here.caller_policy, address())  # else tokens could be tried without end
        raise
    now.principal = who
    _count(now, here, _policy_of(who, here), who.caller)
    here.revocations.check_tenant(who)
    _check_rights(who, rule)


def _policy_of(who: Principal, here: Parts) -> Policy | None:
    """A key may have a limit of its own."""
    limit = who.api_key.rate_limit_per_minute if who.api_key else None
    return here.caller_policy if limit is None else Policy("key", limit)


def _check_rights(who: Principal, rule: Access) -> None:
    if who.api_key is not None and rule.collection is None:
        raise UserNeeded
    if rule.least is not None and not who.role.at_least(rule.least):
        raise RoleForbids(f"This needs the role {rule.least} or a higher one.")
    if rule.tenant_needed and who.tenant_id is None:
        raise TenantNeeded
    scope = rule.scope(request.method)
    if who.api_key is not None and scope not in who.api_key.scopes:
        raise ScopeMissing(f"This needs an API key with the scope {scope}.")


def _admit_half_way(now: Arrival, rule: Access, here: Parts) -> None:
    (_admit_bearer if "Authorization" in request.headers else _admit_with_credentials)(now, rule, here)


def _admit_unchecked(_now: Arrival, _rule: Access, _here: Parts) -> None:
    """The view has its own proof, or none is needed."""


def _admit_internal(_now: Arrival, _rule: Access, here: Parts) -> None:
    token = here.settings.metrics_token
    given = request.headers.get("Authorization", "")
    if token is not None and compare_digest(given.encode(), f"Bearer {token}".encode()):
        return
    # A proxy that nobody told us of has a private address itself; what it forwards comes from anywhere.
    forwarded = here.settings.trusted_proxies == 0 and "X-Forwarded-For" in request.headers
    if forwarded or not _is_private(request.remote_addr):
        raise NotPublic


def _is_private(remote: str | None) -> bool:
    try:
        return ipaddress.ip_address(remote or "").is_private
    except ValueError:
        return False


def _count(now: Arrival, here: Parts, policy: Policy | None, key: str) -> None:
    if policy is not None:
        now.verdict = here.limiter.take(key, policy)
        now.verdict.check()


_GATES: dict[Kind, Callable[[Arrival, Access, Parts], None]] = {
    Kind.PUBLIC: _admit_anybody,
    Kind.CREDENTIALS: _admit_with_credentials,
    Kind.BEARER: _admit_bearer,
    Kind.LOGIN_STEP: _admit_half_way,
    Kind.WEBHOOK: _admit_unchecked,
    Kind.PROBE: _admit_unchecked,
    Kind.INTERNAL: _admit_internal,
}
