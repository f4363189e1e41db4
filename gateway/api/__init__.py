"""The routes of the public API, one module for each noun."""

from __future__ import annotations

from gateway.api.analytics import analytics
from gateway.api.auth import auth, keys
from gateway.api.docs import about
from gateway.api.messages import conversations, messages, whatsapp
from gateway.api.platform import platform, probes
from gateway.api.tenants import channels, salons, tenant
from gateway.webhooks.meta import webhook

ROOT = (probes, keys)
"""Without a prefix."""

UNVERSIONED = (about,)
"""Below `/api`: they describe the versions."""

VERSIONED = (auth, tenant, salons, channels, messages, conversations, whatsapp, analytics, webhook, platform)
"""Below `/api/v1`, and below `/api` as an alias of the present version."""
