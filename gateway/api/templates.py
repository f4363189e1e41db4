"""Templates of messages."""

from __future__ import annotations

from gateway.access import role
from gateway.resource import ASKS_PROVIDER, Resource
from services.common.contracts.auth import Role
from services.common.contracts.messaging import (
    AccountMissing,
    GetTemplate,
    ListTemplates,
    ProviderAway,
    ProviderRefused,
    SyncTemplates,
    TemplateUnknown,
)

templates = Resource("templates", "Messages that the provider has approved, or not, to be sent at any time.")

_MANAGER = role(Role.MANAGER, "templates")

templates.route_to(ListTemplates, "GET /templates", access=_MANAGER)
templates.route_to(GetTemplate, "GET /templates/<id:templateId>", access=_MANAGER, refuses=(TemplateUnknown,))
templates.route_to(
    SyncTemplates,
    "POST /templates/sync",
    access=_MANAGER,
    refuses=(AccountMissing, ProviderRefused, ProviderAway),
    seconds=ASKS_PROVIDER,
)
