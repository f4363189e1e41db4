"""Change how the tenant wants things done."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from services.common.contracts.base import UNSET
from services.common.contracts.tenants import ChannelChanged, Settings, UpdateSettings, WhatsappChange
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.adapters.provider import Providers
from services.tenants.domain import audit, credentials, places, preferences
from services.tenants.domain.identities import Identity
from services.tenants.domain.refusals import refused
from services.tenants.models import ChannelRow, TenantRow
from services.tenants.repository import changes
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_to_prove, sealed
from services.tenants.repository.new_channels import find_or_add
from services.tenants.repository.tenants import SettingsRepository, TenantRepository


def run(request: UpdateSettings, begin: Begin, providers: Providers, keys: KeyRing) -> Settings:
    """Look, ask the provider about what replaces something that it has accepted, record.

    What is the same already is no change, and told to nobody.
    """
    places.check_known(request.timezone, request.locale, request.currency)
    proof = None
    if request.whatsapp_config is not UNSET:
        with begin(read_only=True) as uow:
            seen = _present(request.whatsapp_config, uow)
            proof = None if seen is None else _to_prove(request.whatsapp_config, seen, keys)
    if proof is not None and seen is not None:
        is_moved = proof.business_account_id != seen.business_account_id
        providers.prove(proof, begin.context, register=is_moved)
    with begin() as uow:
        return _record(request, uow, proof, keys)


def _present(change: WhatsappChange, uow: UnitOfWork) -> ChannelRow | None:
    """The channel that is meant, if there is one yet."""
    channels, number = ChannelRepository(uow), change.phone_number_id
    return channels.find_default() if number is UNSET else channels.find_by_number(number)


def _to_prove(change: WhatsappChange, row: ChannelRow, keys: KeyRing) -> Identity | None:
    return identity_to_prove(row, _new_token(change), change.business_account_id, keys)


def _new_token(change: WhatsappChange) -> str | None:
    if change.access_token is UNSET or credentials.is_masked(change.access_token):
        return None
    faults = credentials.faults_of({"whatsappConfig.accessToken": change.access_token})
    credentials.raise_for(faults)
    return change.access_token


def _record(request: UpdateSettings, uow: UnitOfWork, proof: Identity | None, keys: KeyRing) -> Settings:
    tenant = TenantRepository(uow).lock_tenant()
    before = _shown(uow, tenant)
    if request.whatsapp_config is not UNSET:
        _change_whatsapp(request.whatsapp_config, uow, tenant, proof, keys)
    changed = _change_settings(request, uow)
    _change_tenant(request, uow, tenant, is_copied="require_mfa" in changed)
    after = _shown(uow, tenant)
    replaced = _replaced(request, changed)
    if replaced or after != before:
        target = ("tenant", tenant.tenant_id)
        uow.publish(audit.entry(uow.context, "settings.updated", target, before, after, replaced=replaced))
    return after


def _replaced(request: UpdateSettings, changed: Collection[str]) -> list[str]:
    """Secrets that are others now, whatever is shown of them."""
    names = []
    if request.whatsapp_config is not UNSET and _new_token(request.whatsapp_config) is not None:
        names.append("whatsappConfig.accessToken")
    if "verify_token_hash" in changed:
        names.append("webhookConfig.verifyToken")
    return names


def _shown(uow: UnitOfWork, tenant: TenantRow) -> Settings:
    return views.settings(tenant, SettingsRepository(uow).find(), ChannelRepository(uow).find_default())


def _change_whatsapp(
    change: WhatsappChange, uow: UnitOfWork, tenant: TenantRow, proof: Identity | None, keys: KeyRing
) -> None:
    told = _version(_present(change, uow))
    row, token = _default(change, uow, tenant), _new_token(change)
    if _to_prove(change, row, keys) != proof:
        raise ChannelChanged
    if change.phone_number_id is not UNSET:
        ChannelRepository(uow).name_default(row)
    values: dict[str, Any] = {}
    if change.business_account_id is not UNSET:
        values = changes.differing(row, {"business_account_id": change.business_account_id})
    if token is not None:
        values |= sealed(row, token, keys) | {"last_error": None}
    if proof is not None:
        values["verified_at"] = uow.now
    if values:
        ChannelRepository(uow).change(row, values)
    if _version(row) != told:
        uow.publish(views.channel_connected(row))


def _version(row: ChannelRow | None) -> int | None:
    return None if row is None else row.version


def _default(change: WhatsappChange, uow: UnitOfWork, tenant: TenantRow) -> ChannelRow:
    if change.phone_number_id is not UNSET:
        return find_or_add(uow, tenant, change.phone_number_id)
    row = ChannelRepository(uow).lock_default()
    if row is None:
        raise refused("whatsappConfig.phoneNumberId", "Missing data for required field: there is no channel yet.")
    return row


def _change_settings(request: UpdateSettings, uow: UnitOfWork) -> Collection[str]:
    """The columns that are others now."""
    repository = SettingsRepository(uow)
    row = repository.hold()
    changed = changes.differing(row, preferences.stored(request))
    if changed:
        repository.change(row, changed)
        uow.publish(views.settings_updated(row))
    return changed


def _change_tenant(request: UpdateSettings, uow: UnitOfWork, tenant: TenantRow, *, is_copied: bool) -> None:
    """Also when it is only others' copy of it that changes, which says more: they go by `updated_at`."""
    wanted = {name: getattr(request, name) for name in ("timezone", "locale", "currency")}
    changed = changes.differing(tenant, {name: value for name, value in wanted.items() if value is not UNSET})
    if changed or is_copied:
        TenantRepository(uow).change(tenant, changed)
        uow.publish(views.tenant_updated(tenant, SettingsRepository(uow).find()))
