"""The routes of the public API, one module for each noun."""

from __future__ import annotations

from gateway.api.analytics import analytics
from gateway.api.api_keys import api_keys
from gateway.api.auth import auth, keys
from gateway.api.channels import channels
from gateway.api.docs import about
from gateway.api.letters import letters
from gateway.api.messages import conversations, messages, whatsapp
from gateway.api.mfa import mfa
from gateway.api.platform import platform, probes
from gateway.api.salons import salons
from gateway.api.telegram import telegram
from gateway.api.templates import templates
from gateway.api.tenants import admin, settings, subscription, tenant
from gateway.api.users import audit_log, users
from gateway.webhooks.meta import webhook

ROOT = (probes, keys, letters)
"""Without a prefix."""

UNVERSIONED = (about,)
"""Below `/api`: they describe the versions."""

_ACCOUNTS = (auth, mfa, telegram, users, api_keys, audit_log)
_TENANTS = (tenant, settings, subscription, salons, channels, admin)
_MESSAGING = (messages, conversations, whatsapp, templates, webhook)

VERSIONED = (*_ACCOUNTS, *_TENANTS, *_MESSAGING, analytics, platform)
"""Below `/api/v1`, and below `/api` as an alias of the present version."""
