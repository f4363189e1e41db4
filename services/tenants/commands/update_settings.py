"""Change how the tenant wants things done."""

from __future__ import annotations

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
from services.tenants.models import ChannelRow, SettingsRow, TenantRow
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_to_prove, sealed
from services.tenants.repository.new_channels import find_or_add
from services.tenants.repository.tenants import SettingsRepository, TenantRepository


def run(request: UpdateSettings, begin: Begin, providers: Providers, keys: KeyRing) -> Settings:
    """Look, ask the provider about what replaces something that it has accepted, record."""
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
    _change_tenant(request, uow, tenant, _change_settings(request, uow))
    after = _shown(uow, tenant)
    target = ("tenant", tenant.tenant_id)
    uow.publish(audit.entry(uow.context, "settings.updated", target, before, after, replaced=_replaced(request)))
    return after


def _replaced(request: UpdateSettings) -> list[str]:
    """Secrets that are others now, whatever is shown of them."""
    names = []
    if request.whatsapp_config is not UNSET and _new_token(request.whatsapp_config) is not None:
        names.append("whatsappConfig.accessToken")
    if "verify_token_hash" in preferences.stored(request):
        names.append("webhookConfig.verifyToken")
    return names


def _shown(uow: UnitOfWork, tenant: TenantRow) -> Settings:
    return views.settings(tenant, SettingsRepository(uow).find(), ChannelRepository(uow).find_default())


def _change_whatsapp(
    change: WhatsappChange, uow: UnitOfWork, tenant: TenantRow, proof: Identity | None, keys: KeyRing
) -> None:
    row, token = _default(change, uow, tenant), _new_token(change)
    if _to_prove(change, row, keys) != proof:
        raise ChannelChanged
    values: dict[str, Any] = {}
    if change.phone_number_id is not UNSET:
        values["tenant_default_at"] = uow.now
    if change.business_account_id is not UNSET:
        values["business_account_id"] = change.business_account_id
    if token is not None:
        values |= sealed(row, token, keys) | {"last_error": None}
    if proof is not None:
        values["verified_at"] = uow.now
    ChannelRepository(uow).change(row, values)
    uow.publish(views.channel_connected(row))


def _default(change: WhatsappChange, uow: UnitOfWork, tenant: TenantRow) -> ChannelRow:
    if change.phone_number_id is not UNSET:
        return find_or_add(uow, tenant, change.phone_number_id)
    row = ChannelRepository(uow).lock_default()
    if row is None:
        raise refused("whatsappConfig.phoneNumberId", "Missing data for required field: there is no channel yet.")
    return row


def _change_settings(request: UpdateSettings, uow: UnitOfWork) -> SettingsRow:
    repository = SettingsRepository(uow)
    row = repository.hold()
    repository.change(row, preferences.stored(request))
    uow.publish(views.settings_updated(row))
    return row


def _change_tenant(request: UpdateSettings, uow: UnitOfWork, tenant: TenantRow, settings: SettingsRow) -> None:
    """Also when it is only others' copy of it that changes: they go by `updated_at`."""
    wanted = {name: getattr(request, name) for name in ("timezone", "locale", "currency")}
    changed = {name: value for name, value in wanted.items() if value is not UNSET}
    if changed or request.require_mfa is not UNSET:
        TenantRepository(uow).change(tenant, changed)
        uow.publish(views.tenant_updated(tenant, settings))
