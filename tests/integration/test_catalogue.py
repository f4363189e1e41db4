"""S-20: every service's database, from its own migrations: tenants are kept apart, but for what is listed here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.common.kit.catalogue import AllowList, catalogue_problems
from tests.integration.databases import PrivateDatabase, connected

SERVICES = ("auth", "tenants", "bookings", "messaging", "analytics")

_ALL = "select, insert, update, delete"

# What has no tenant, what the system role may do, and what is unique in the whole platform. Each line is a decision.
ALLOWED: dict[str, AllowList] = {
    # Who signs in, refreshes or registers is not known to belong to a tenant before it has been looked up.
    "auth": AllowList(
        tenantless=frozenset({"login_failures"}),
        system={
            "api_keys": "select, update",
            "audit_log": "select, insert",
            "letters": _ALL,
            "login_failures": _ALL,
            "one_time_tokens": _ALL,
            "recovery_codes": _ALL,
            "refresh_tokens": _ALL,
            "registrations": _ALL,
            "revocations": _ALL,
            "sessions": _ALL,
            "telegram_logins": "select, insert, delete",
            "totp_seeds": _ALL,
            "tenants": "select, insert, update",
            "users": "select, insert, update",
        },
        platform_unique=frozenset(
            {
                "api_keys_key_hash_key",
                "one_time_tokens_pkey",
                "refresh_tokens_pkey",
                "registrations_email_key_key",
                "users_email_key_key",
            }
        ),
    ),
    # A tenant is made when there is none yet; a channel is found by the number that Meta names, a salon by its slug, a
    # verify token by its hash. Messages of many tenants are counted at once.
    "tenants": AllowList(
        system={
            "channel_traffic": "select, insert, update",
            "channels": "select",
            "salons": "select",
            "tenant_settings": "select",
            "tenants": "select, insert",
            "usage_months": "select, insert, update",
            "usage_warnings": "select, insert",
        },
        platform_unique=frozenset({"channels_bot_id_key", "channels_phone_number_id_key", "tenants_slug_key"}),
    ),
    "bookings": AllowList(),
    # A webhook is stored as it came, before anybody knows whose it is. Words are searched by functions that take on the
    # system role, because row-level security keeps ILIKE from every index; they add the tenant themselves.
    "messaging": AllowList(
        tenantless=frozenset({"unrouted_items", "webhook_events"}),
        system={
            "channels": "select",
            "contacts": "select",
            "messages": "select",
            "unrouted_items": "select, insert, delete",
            "provider_events": "select, delete",
            "webhook_events": "select, insert, update, delete",
            "webhook_items": "select, delete",
        },
    ),
    # Events are counted in batches that hold many tenants.
    "analytics": AllowList(
        system={
            "activity": "select, insert, update",
            "conversations": "select, insert, update",
            "outbound_messages": "select, insert, update",
        }
    ),
}


@pytest.mark.parametrize("service", SERVICES)
def test_tenants_are_kept_apart(migrated: Callable[[str], PrivateDatabase], service: str) -> None:
    private = migrated(service)
    with connected(private.admin_url) as admin:
        assert catalogue_problems(admin, private.roles, ALLOWED[service]) == []
