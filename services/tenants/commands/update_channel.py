"""Change a channel."""

from __future__ import annotations

from typing import Any

from services.common.contracts.base import UNSET
from services.common.contracts.tenants import Channel, ChannelChanged, ChannelType, UpdateChannel
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.adapters.provider import Providers
from services.tenants.domain import audit, credentials
from services.tenants.domain.identities import Identity
from services.tenants.domain.refusals import refused
from services.tenants.models import ChannelRow
from services.tenants.repository import changes
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_to_prove, sealed

_PLAIN = ("name", "salon_id", "business_account_id", "display_phone_number")


def run(request: UpdateChannel, begin: Begin, providers: Providers, keys: KeyRing) -> Channel:
    """Look, ask the provider about what replaces something that it has accepted, record.

    What is the same already is no change, and told to nobody.
    """
    with begin(read_only=True) as uow:
        seen = ChannelRepository(uow).get_channel(request.channel_id)
        token = _new_token(request, seen)
        proof = identity_to_prove(seen, token, request.business_account_id, keys)
    if proof is not None:
        is_moved = proof.business_account_id != seen.business_account_id
        providers.prove(proof, begin.context, register=is_moved and seen.is_active)
    with begin() as uow:
        return _record(request, uow, token, proof, keys)


def _new_token(request: UpdateChannel, row: ChannelRow) -> str | None:
    """The credential that is to be replaced, if one is."""
    is_bot = row.type == ChannelType.TELEGRAM.value
    ours, other = ("bot_token", "access_token") if is_bot else ("access_token", "bot_token")
    if getattr(request, other) is not UNSET:
        field = "accessToken" if is_bot else "botToken"
        raise refused(field, f"A {row.type} channel has none.")
    if is_bot and request.business_account_id is not UNSET:
        raise refused("businessAccountId", f"A {row.type} channel has none.")
    token: Any = getattr(request, ours)
    if token is UNSET or credentials.is_masked(token):
        return None
    credentials.raise_for(credentials.faults_of({"botToken" if is_bot else "accessToken": token}))
    if is_bot and credentials.bot_id_of(token) != row.bot_id:
        raise refused("botToken", "Must be a token of the same bot: another bot is another channel.")
    return str(token)


def _record(
    request: UpdateChannel, uow: UnitOfWork, token: str | None, proof: Identity | None, keys: KeyRing
) -> Channel:
    channels = ChannelRepository(uow)
    row = channels.lock_channel(request.channel_id)
    if identity_to_prove(row, token, request.business_account_id, keys) != proof:
        raise ChannelChanged
    before = views.channel(row)
    plain = {name: getattr(request, name) for name in _PLAIN if getattr(request, name) is not UNSET}
    values = changes.differing(row, plain)
    if "salon_id" in values:
        values["salon_default_at"] = None
    if token is not None:
        values |= sealed(row, token, keys) | {"last_error": None}
    if proof is not None:
        values["verified_at"] = uow.now
    if not values:
        return before
    channels.change(row, values)
    after = views.channel(row)
    uow.publish(views.channel_connected(row))
    action = "channel.credentials_changed" if token is not None else "channel.updated"
    replaced = () if token is None else ("botToken" if row.bot_id is not None else "accessToken",)
    uow.publish(audit.entry(uow.context, action, ("channel", row.id), before, after, replaced=replaced))
    return after
