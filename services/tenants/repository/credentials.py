"""Credentials of a row: sealed before they are stored, opened when the provider is asked."""

from __future__ import annotations

from dataclasses import replace

from services.common.contracts.base import UNSET, Unset
from services.common.contracts.tenants import ChannelType
from services.common.kit.envelope import KeyRing, Place, SealError
from services.common.kit.logging import get_logger
from services.common.kit.settings import Secret
from services.tenants.domain import credentials
from services.tenants.domain.identities import Identity
from services.tenants.models import ChannelRow

log = get_logger(__name__)


def sealed(row: ChannelRow, token: str, keys: KeyRing) -> dict[str, str]:
    """The columns: the credentials as they are stored, and what may be shown of them."""
    return {"credentials": keys.seal(token, place_of(row)), "credentials_hint": credentials.hint_of(token)}


def opened(row: ChannelRow, keys: KeyRing) -> Secret | None:
    """The credentials, if there are any."""
    return None if row.credentials is None else Secret(keys.open(row.credentials, place_of(row)))


def identity_to_forget(row: ChannelRow, keys: KeyRing) -> Identity | None:
    """Who the provider shall bring nothing to us for any more. What does not open keeps nobody from leaving."""
    try:
        token = opened(row, keys)
    except SealError:
        log.exception("credentials_unreadable", channel_id=row.id)
        return None
    return None if token is None else identity_of(row, token)


def place_of(row: ChannelRow) -> Place:
    """Where they live: here, and in the copy that `messaging` keeps."""
    return Place(row.tenant_id, "channels", "credentials", row.id)


def identity_of(row: ChannelRow, token: Secret) -> Identity:
    """A channel as its provider knows it, with the credentials to ask with."""
    return Identity(row.id, ChannelType(row.type), row.phone_number_id, row.business_account_id, row.bot_id, token)


def identity_to_prove(row: ChannelRow, token: str | None, account_id: str | Unset, keys: KeyRing) -> Identity | None:
    """The identity as a change would make it, where the provider has accepted the present one: it must accept this too.

    None where nothing changes that it is about, or where it was never asked; then the credentials stay closed, so that
    such as do not open keep nobody from another name. To be made again once the row is locked: what is another one by
    then was not what the provider accepted.
    """
    is_moved = account_id is not UNSET and account_id != row.business_account_id
    if row.verified_at is None or (token is None and not is_moved):
        return None
    credential = opened(row, keys) if token is None else Secret(token)
    if credential is None:
        return None
    identity = identity_of(row, credential)
    return identity if account_id is UNSET else replace(identity, business_account_id=account_id)
