"""Change how the tenant wants things done."""

from __future__ import annotations

from typing import Any

from services.common.contracts.base import UNSET
from services.common.contracts.tenants import Settings, UpdateSettings, WhatsappChange
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing
from services.common.kit.settings import Secret
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.adapters.provider import Providers
from services.tenants.domain import audit, credentials, places, preferences
from services.tenants.domain.identities import Identity
from services.tenants.domain.refusals import refused
from services.tenants.models import ChannelRow, SettingsRow, TenantRow
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_of, sealed
from services.tenants.repository.new_channels import find_or_add
from services.tenants.repository.tenants import SettingsRepository, TenantRepository


def run(request: UpdateSettings, begin: Begin, providers: Providers, keys: KeyRing) -> Settings:
    """Look, ask the provider about a new token that replaces a good one, record."""
    places.check_known(request.timezone, request.locale)
    to_verify = None
    if request.whatsapp_config is not UNSET:
        with begin(read_only=True) as uow:
            to_verify = _to_verify(request.whatsapp_config, uow)
    if to_verify is not None:
        providers[to_verify.type].verify(to_verify)
    with begin() as uow:
        return _record(request, uow, keys, is_verified=to_verify is not None)


def _new_token(change: WhatsappChange) -> str | None:
    if change.access_token is UNSET or credentials.is_masked(change.access_token):
        return None
    faults = credentials.faults_of({"whatsappConfig.accessToken": change.access_token})
    credentials.raise_for(faults)
    return change.access_token


def _to_verify(change: WhatsappChange, uow: UnitOfWork) -> Identity | None:
    token, channels = _new_token(change), ChannelRepository(uow)
    if token is None:
        return None
    number = change.phone_number_id
    row = channels.find_default() if number is UNSET else channels.find_by_number(number)
    if row is None or row.verified_at is None:
        return None
    return identity_of(row, Secret(token))


def _record(request: UpdateSettings, uow: UnitOfWork, keys: KeyRing, *, is_verified: bool) -> Settings:
    tenant = TenantRepository(uow).lock_tenant()
    before = _shown(uow, tenant)
    if request.whatsapp_config is not UNSET:
        _change_whatsapp(request.whatsapp_config, uow, tenant, keys, is_verified=is_verified)
    _change_tenant(request, uow, tenant, _change_settings(request, uow))
    after = _shown(uow, tenant)
    uow.publish(audit.entry(uow.context, "settings.updated", ("tenant", tenant.tenant_id), before, after))
    return after


def _shown(uow: UnitOfWork, tenant: TenantRow) -> Settings:
    return views.settings(tenant, SettingsRepository(uow).find(), ChannelRepository(uow).find_default())


def _change_whatsapp(
    change: WhatsappChange, uow: UnitOfWork, tenant: TenantRow, keys: KeyRing, *, is_verified: bool
) -> None:
    channels = ChannelRepository(uow)
    row = _default(change, uow, tenant)
    token = _new_token(change)
    values: dict[str, Any] = {}
    if change.phone_number_id is not UNSET:
        values["tenant_default_at"] = uow.now
    if change.business_account_id is not UNSET:
        values["business_account_id"] = change.business_account_id
    if token is not None:
        values |= sealed(row, token, keys) | {"last_error": None}
    if is_verified:
        values["verified_at"] = uow.now
    channels.change(row, values)
    uow.publish(views.channel_connected(row))


def _default(change: WhatsappChange, uow: UnitOfWork, tenant: TenantRow) -> ChannelRow:
    if change.phone_number_id is not UNSET:
        return find_or_add(uow, tenant, change.phone_number_id)
    row = ChannelRepository(uow).find_default()
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
