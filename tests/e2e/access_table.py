"""Who may call which route, and with which ids it can be tried: one row for each route, none left out.

In a path, a body or a query `$salonId` stands for the caller's own thing, `@salonId` for the thing that the test is
about: another tenant's, or one that does not exist. A probe is a body (or query) that names such a thing; every field
that can name one needs a probe, or a line in `NAMES_NOTHING` that says why it does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MATRIX_FILE = Path(__file__).resolve().parents[2] / "docs" / "isolation.md"

ROLES = ("CUSTOMER", "STAFF", "MANAGER", "OWNER", "SUPER_ADMIN")
EVERYBODY = frozenset({"public", "probe", "internal", "webhook"})

Form = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One route: the least role, or who else may call it; a call of the caller's own that succeeds; its probes."""

    request: str
    who: str
    body: Form | None = None
    status: int = 200
    probes: tuple[Form, ...] = field(default=())
    tenant_needed: bool = True
    hidden: int | None = None
    """How a list that is narrowed to something which is not there is answered, where it is not just empty."""

    @property
    def method(self) -> str:
        return self.request.split(" ")[0]

    @property
    def path(self) -> str:
        """The path below the versioned API, with its parameters as `{name}`."""
        return self.request.split(" ")[1]

    @property
    def names_something(self) -> bool:
        """Whether its path has an id."""
        return "{" in self.path

    @property
    def lower_role(self) -> str | None:
        """The highest role that may not call it."""
        rank = ROLES.index(self.who) if self.who in ROLES else 0
        return ROLES[rank - 1] if rank else None


_SALON = {"name": "Another", "timezone": "Europe/Berlin", "currency": "EUR"}
_CHANNEL = {"type": "WHATSAPP_CLOUD", "name": "Another", "accessToken": "a-token"}
_TEXT = {"to": "$phone", "type": "TEXT", "content": {"text": "Hello."}}
_INTO = {"conversationId": "$conversationId", "text": "Hello."}
_WRONG = {"code": "000000"}
_SCOPES = ["messages:read", "messages:write"]

TABLE = (
    Row("POST /auth/register", "public"),
    Row("POST /auth/login", "public"),
    Row("POST /auth/refresh", "public"),
    Row("POST /auth/verify-email", "public"),
    Row("POST /auth/forgot-password", "public"),
    Row("POST /auth/reset-password", "public"),
    Row("POST /auth/accept-invitation", "public"),
    Row("POST /auth/mfa/verify", "public"),
    Row("POST /auth/telegram", "public"),
    Row("GET /auth/me", "CUSTOMER", tenant_needed=False),
    Row("PATCH /auth/me", "CUSTOMER", {"name": "Another"}, tenant_needed=False),
    # A new password would end the caller's other tokens; one that is too weak is refused to all.
    Row(
        "POST /auth/change-password",
        "CUSTOMER",
        {"currentPassword": "$password", "newPassword": "weak"},
        422,
        tenant_needed=False,
    ),
    Row("POST /auth/change-email", "CUSTOMER", {"email": "$newEmail"}, 202, tenant_needed=False),
    Row("POST /auth/send-verification", "CUSTOMER", {}, 202, tenant_needed=False),
    Row("GET /auth/sessions", "CUSTOMER", probes=({"userId": "@userId"},), tenant_needed=False, hidden=404),
    Row("POST /auth/mfa/totp", "CUSTOMER", {}, tenant_needed=False),
    Row("POST /auth/mfa/totp/confirm", "CUSTOMER", _WRONG, 422, tenant_needed=False),
    Row("DELETE /auth/mfa/totp", "CUSTOMER", _WRONG, 409, tenant_needed=False),
    Row("POST /auth/mfa/recovery-codes", "CUSTOMER", _WRONG, 409, tenant_needed=False),
    Row(
        "POST /auth/telegram/link",
        "CUSTOMER",
        {"salonSlug": "nowhere", "initData": "hash=0"},
        404,
        tenant_needed=False,
    ),
    Row("DELETE /auth/telegram/link", "CUSTOMER", tenant_needed=False),
    Row("POST /users", "MANAGER", {"email": "$newEmail", "role": "STAFF"}, 201),
    Row("GET /users", "MANAGER", probes=({"salonId": "@salonId"}, {"search": "@colleagueEmail"})),
    Row("GET /users/{userId}", "MANAGER"),
    Row("PATCH /users/{userId}", "MANAGER", {"name": "Another"}),
    Row("POST /api-keys", "OWNER", {"name": "Till", "scopes": _SCOPES}, 201),
    Row("GET /api-keys", "OWNER"),
    Row("POST /api-keys/{apiKeyId}/rotate", "OWNER", {}, 201),
    Row("GET /audit-log", "OWNER", probes=({"actor": "@userId"}, {"targetId": "@apiKeyId"})),
    Row("GET /tenant", "STAFF"),
    Row("PATCH /tenant", "OWNER", {"name": "Another"}),
    Row("GET /settings", "MANAGER"),
    Row("PATCH /settings", "MANAGER", {"locale": "de"}),
    Row("GET /subscription", "OWNER"),
    Row("POST /subscription", "OWNER", {"plan": "PRO"}),
    Row("GET /usage", "MANAGER"),
    Row("GET /admin/tenants", "SUPER_ADMIN", tenant_needed=False),
    Row("PATCH /admin/tenants/{id}", "SUPER_ADMIN", {"plan": "MAX"}, tenant_needed=False),
    Row("POST /salons", "OWNER", _SALON, 201),
    Row("GET /salons", "STAFF", tenant_needed=False),
    Row("GET /salons/{salonId}", "STAFF", tenant_needed=False),
    Row("PATCH /salons/{salonId}", "OWNER", {"name": "Another"}),
    # Before there are channels on accounts that nobody has.
    Row("POST /templates/sync", "MANAGER", {}),
    Row("GET /templates", "MANAGER", probes=({"name": "@templateName"}, {"q": "@templateName"})),
    Row("GET /templates/{templateId}", "MANAGER"),
    Row(
        "POST /channels",
        "MANAGER",
        {**_CHANNEL, "phoneNumberId": "$newNumber", "businessAccountId": "$newNumber"},
        201,
        probes=({**_CHANNEL, "phoneNumberId": "$newNumber", "businessAccountId": "1", "salonId": "@salonId"},),
    ),
    Row("GET /channels", "MANAGER"),
    Row("GET /channels/{channelId}", "MANAGER"),
    Row("PATCH /channels/{channelId}", "MANAGER", {"name": "Another"}, probes=({"salonId": "@salonId"},)),
    Row("POST /channels/{channelId}/connect", "MANAGER", {}),
    Row("GET /channels/{channelId}/status", "MANAGER"),
    Row(
        "POST /messages",
        "STAFF",
        {**_TEXT, "channelId": "$channelId"},
        202,
        probes=(
            {"conversationId": "@conversationId", "text": "Hello."},
            {**_TEXT, "channelId": "@channelId"},
            {**_TEXT, "phoneNumberId": "@phoneNumberId"},
            {**_INTO, "channelId": "@channelId"},
            {**_INTO, "replyTo": "@messageId"},
        ),
    ),
    Row(
        "GET /messages",
        "STAFF",
        probes=({"conversationId": "@conversationId"}, {"channelId": "@channelId"}, {"q": "@words"}),
    ),
    Row("GET /messages/{messageId}", "STAFF"),
    Row(
        "GET /conversations",
        "STAFF",
        probes=({"channelId": "@channelId"}, {"assignedTo": "@userId"}, {"q": "@words"}, {"q": "@phone"}),
    ),
    Row("GET /conversations/{conversationId}", "STAFF"),
    Row(
        "POST /conversations/{conversationId}/messages",
        "STAFF",
        {"text": "Hello."},
        202,
        probes=({"text": "Hello.", "replyTo": "@messageId"},),
    ),
    Row(
        "POST /whatsapp/send-text",
        "STAFF",
        {"to": "$phone", "text": "Hello.", "channelId": "$channelId"},
        202,
        probes=(
            {"conversationId": "@conversationId", "text": "Hello."},
            {"to": "$phone", "text": "Hello.", "channelId": "@channelId"},
            {"to": "$phone", "text": "Hello.", "phoneNumberId": "@phoneNumberId"},
            {**_INTO, "replyTo": "@messageId"},
        ),
    ),
    Row("GET /analytics/overview", "MANAGER"),
    # What ends something comes last.
    Row("POST /channels/{channelId}/disconnect", "MANAGER", {}),
    Row("DELETE /channels/{channelId}", "MANAGER"),
    Row("DELETE /salons/{salonId}", "OWNER"),
    Row("DELETE /api-keys/{apiKeyId}", "OWNER"),
    Row("POST /users/{userId}/resend-invitation", "MANAGER", {}, 202),
    Row("DELETE /users/{userId}", "MANAGER"),
    Row("DELETE /auth/sessions/{sessionId}", "CUSTOMER", tenant_needed=False),
    Row(
        "POST /auth/logout",
        "CUSTOMER",
        {"refreshToken": "$spareRefreshToken"},
        probes=({"refreshToken": "@refreshToken"},),
        tenant_needed=False,
    ),
    *(Row(f"{method} {path}", "webhook") for path in ("/webhook", "/whatsapp/webhook") for method in ("GET", "POST")),
    *(Row(f"GET {prefix}{path}", "probe") for prefix in ("", "/-") for path in ("/live", "/ready", "/health")),
    Row("GET /-/metrics", "internal"),
    Row("GET /-/.well-known/jwks.json", "public"),
    *(Row(f"GET /-/api/{path}", "public") for path in ("version", "openapi.json", "docs", "docs/{file}")),
    *(
        Row(f"GET /-/{path}", "public")
        for path in ("verify-email", "reset-password", "accept-invitation", "letters/{file}")
    ),
)

NAMES_NOTHING = {
    "clientMessageId": "the caller's own name for an order, looked up within the tenant alone",
    "businessAccountId": "Meta's account; several tenants may name the same one",
    "whatsappConfig.businessAccountId": "likewise",
    "salonIds": "kept as they are said, and compared with those of users of the tenant alone",
    "botToken": "a secret, not the name of something",
    "webhookConfig.verifyToken": "likewise",
    "mfaToken": "from the caller's own login, good once, and nobody could guess it",
    "POST /channels phoneNumberId": "its owner is who proves it (ADR 13); others learn that it is taken, not by whom",
    "POST /salons phoneNumberId": "likewise",
    "PATCH /salons/{salonId} phoneNumberId": "likewise",
    "PATCH /settings whatsappConfig.phoneNumberId": "likewise",
}


def documented(request: str) -> str:
    """The row's name for a method and path of the API document."""
    method, path = request.split(" ")
    return f"{method} {path.removeprefix('/api/v1')}" if path.startswith("/api/v1/") else f"{method} /-{path}"


def filled(template: Any, own: Form, tried: Form) -> Any:
    """The template with the caller's own things and those that are tried."""
    if isinstance(template, dict):
        return {name: filled(value, own, tried) for name, value in template.items()}
    if isinstance(template, str) and template[:1] in ("$", "@"):
        return (own if template[0] == "$" else tried)[template[1:]]
    return template


def path_with(row: Row, things: Form) -> str:
    """The path with these things' ids."""
    return re.sub(r"\{(\w+)\}", lambda match: str(things[match[1]]), row.path)


def bearer_rows() -> list[Row]:
    return [row for row in TABLE if row.who in ROLES]


def cases_of(row: Row) -> list[tuple[Row, Form | None]]:
    """How a row can be tried with things of others: by its path, and by each of its probes.

    What is for the platform's own people is about the things of others.
    """
    if row.who == "SUPER_ADMIN":
        return []
    by_path: list[tuple[Row, Form | None]] = [(row, None)] if row.names_something else []
    return by_path + [(row, probe) for probe in row.probes]


def case_label(case: tuple[Row, Form | None]) -> str:
    row, probe = case
    return f"{row.request} {' '.join(_named(probe or {}))}".strip()


def _named(probe: Form) -> list[str]:
    return [name for name, value in probe.items() if str(value).startswith("@")]


_INTRODUCTION = """# Who may call what

Written by `python -m tests.e2e.access_table` from the table that `tests/e2e/test_isolation.py` tries against a running
system: each route with ten kinds of bad token, with the next lower role, without a tenant, and with the ids of another
tenant's things, in its path and in each field that can name one; fields that only look so stand below. Another tenant's
thing gets the same answer as one that does not exist. Paths are below `/api/v1`, but for those that begin with `/-`,
which stand at the top.

| route | least role | bad token | lower role | no tenant | another's id in the path | another's id in a field |
|---|---|---|---|---|---|---|
"""


_EXCEPTIONS = """
| a field that looks like a name | why another tenant's id in it is nothing |
|---|---|
"""


def matrix() -> str:
    """The table for people."""
    rows = "".join(f"| {' | '.join(_cells(row))} |\n" for row in TABLE)
    return (
        _INTRODUCTION + rows + _EXCEPTIONS + "".join(f"| `{name}` | {why} |\n" for name, why in NAMES_NOTHING.items())
    )


def _cells(row: Row) -> list[str]:
    if row.who not in ROLES:
        return [f"`{row.request}`", f"{row.who}", *[""] * 5]
    fields = list(dict.fromkeys(f"`{name}`" for probe in row.probes for name in _named(probe)))
    return [
        f"`{row.request}`",
        row.who,
        "401",
        "403" if row.lower_role else "",
        "403" if row.tenant_needed else "",
        "404" if row.names_something and cases_of(row) else "",
        ", ".join(fields),
    ]


if __name__ == "__main__":
    MATRIX_FILE.write_text(matrix(), encoding="utf-8")
