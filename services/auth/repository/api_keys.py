"""API keys. Only their SHA-256 is kept, and for a day the key itself, sealed, for a request that is repeated."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from services.auth.models import ApiKey
from services.common.contracts import api_keys
from services.common.contracts.auth import ApiKeyOver, ApiKeyUnknown, ListApiKeys
from services.common.contracts.base import Request
from services.common.kit import idempotency, ids
from services.common.kit.envelope import KeyRing, Place
from services.common.kit.paging import Order, Page, fetch_page
from services.common.kit.uow import UnitOfWork

_REPEATED_WITHIN = timedelta(hours=24)
_USE_NOTED_EVERY = timedelta(minutes=5)
_SHOWN = 4


class ApiKeyRepository:
    """Bound to the tenant, but for `find_good` and `forget_sealed`, which need a transaction of the system."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def make_once(self, request: Request[Any], make: Callable[[], ApiKey]) -> ApiKey:
        """Carry out a request once for its idempotency key. What is remembered of it is the key's id, no secret."""
        context = self._uow.context
        if context.idempotency_key is None:
            return make()
        key = idempotency.Key(
            caller=context.caller or context.user_id or "",
            route=f"{request.SERVICE}.{request.METHOD}",
            key=context.idempotency_key,
            fingerprint=idempotency.fingerprint_of(request.to_wire()),
        )
        return self.get(cast("str", idempotency.run_once(self._uow, key, lambda: make().id)))

    def add(self, key: ApiKey, key_ring: KeyRing) -> ApiKey:
        """Give the key its secret, and store it."""
        alphabet = api_keys.ALPHABET
        text = api_keys.text_of("".join(secrets.choice(alphabet) for _ in range(api_keys.RANDOM_LENGTH)))
        key.id = ids.new_id()
        key.prefix = text[: len(api_keys.PREFIX) + _SHOWN]
        key.last4 = text[-_SHOWN:]
        key.key_hash = bytes.fromhex(api_keys.hash_of(text))
        key.sealed_key = key_ring.seal(text, _place_of(key))
        key.created_at = key.updated_at = self._uow.now
        self._session.add(key)
        self._session.flush()
        return key

    def secret_of(self, key: ApiKey, key_ring: KeyRing) -> str:
        """The whole key. Raises `ApiKeyOver` when it is too late to see it."""
        if key.sealed_key is None:
            raise ApiKeyOver
        return key_ring.open(key.sealed_key, _place_of(key))

    def get(self, key_id: str) -> ApiKey:
        """A key of the present tenant, locked until the commit. Raises `ApiKeyUnknown`."""
        key = self._session.scalar(
            sa.select(ApiKey).where(ApiKey.tenant_id == self._uow.tenant_id, ApiKey.id == key_id).with_for_update()
        )
        if key is None:
            raise ApiKeyUnknown
        return key

    def is_good(self, key: ApiKey) -> bool:
        """Whether the key is neither revoked nor expired."""
        return key.revoked_at is None and (key.expires_at is None or key.expires_at > self._uow.now)

    def list(self, request: ListApiKeys) -> Page:
        """The present tenant's keys, oldest first."""
        statement = sa.select(ApiKey).where(ApiKey.tenant_id == self._uow.tenant_id)
        return fetch_page(self._session, statement, Order(ApiKey.created_at, ApiKey.id), request)

    def find_good(self, key_hash: str) -> ApiKey | None:
        """Whose key it is, if it may be used; its use is noted now and then."""
        key = self._session.scalar(sa.select(ApiKey).where(ApiKey.key_hash == bytes.fromhex(key_hash)))
        if key is None or not self.is_good(key):
            return None
        if _is_older(key.last_used_at, self._uow.now - _USE_NOTED_EVERY):
            self._note_use(key)
        return key

    def forget_sealed(self) -> None:
        """From now on nobody, not even we, can show these keys again."""
        old = ApiKey.created_at < self._uow.now - _REPEATED_WITHIN
        self._session.execute(sa.update(ApiKey).where(old, ApiKey.sealed_key.is_not(None)).values(sealed_key=None))

    def _note_use(self, key: ApiKey) -> None:
        """A row that somebody else holds at the moment is left alone: the next use is noted as well."""
        same = sa.select(ApiKey.id).where(ApiKey.tenant_id == key.tenant_id, ApiKey.id == key.id)
        if self._session.scalar(same.with_for_update(skip_locked=True)) is not None:
            key.last_used_at = self._uow.now


def _place_of(key: ApiKey) -> Place:
    return Place(key.tenant_id, "api_keys", "sealed_key", key.id)


def _is_older(instant: datetime | None, than: datetime) -> bool:
    return instant is None or instant < than
