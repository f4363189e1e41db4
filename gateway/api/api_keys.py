"""API keys: made, rotated and ended by people alone."""

from __future__ import annotations

from gateway.access import person
from gateway.resource import Resource
from services.common.contracts.auth import (
    ApiKeyOver,
    ApiKeyUnknown,
    CreateApiKey,
    ListApiKeys,
    RevokeApiKey,
    Role,
    RotateApiKey,
    ScopeUnknown,
)

api_keys = Resource("api-keys", "Credentials of programs.")

_OWNER = person(Role.OWNER)

api_keys.route_to(CreateApiKey, "POST /api-keys", access=_OWNER, status=201, refuses=(ScopeUnknown,), named_in="apiKey")
api_keys.route_to(ListApiKeys, "GET /api-keys", access=_OWNER)
api_keys.route_to(RevokeApiKey, "DELETE /api-keys/<id:apiKeyId>", access=_OWNER, refuses=(ApiKeyUnknown,))
api_keys.route_to(
    RotateApiKey,
    "POST /api-keys/<id:apiKeyId>/rotate",
    access=_OWNER,
    status=201,
    refuses=(ApiKeyUnknown, ApiKeyOver),
    named_in="apiKey",
    located_at="/api-keys",
)
