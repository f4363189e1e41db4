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

TABLE = (
    Row("POST /auth/register", "public"),
    Row("POST /auth/login", "public"),
    Row("POST /auth/refresh", "public"),
    Row("GET /auth/me", "CUSTOMER", tenant_needed=False),
    Row("GET /tenant", "STAFF"),
    Row("POST /salons", "OWNER", _SALON, 201),
    Row("GET /salons", "STAFF"),
    Row("GET /salons/{salonId}", "STAFF"),
    Row(
        "POST /channels",
        "MANAGER",
        {**_CHANNEL, "phoneNumberId": "$newNumber", "businessAccountId": "$newNumber"},
        201,
        probes=({**_CHANNEL, "phoneNumberId": "$newNumber", "businessAccountId": "1", "salonId": "@salonId"},),
    ),
    Row("GET /channels", "MANAGER"),
    Row("GET /channels/{channelId}", "MANAGER"),
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
    Row(
        "POST /auth/logout",
        "CUSTOMER",
        {},
        probes=({"refreshToken": "@refreshToken"},),
        tenant_needed=False,
    ),
    *(Row(f"{method} {path}", "webhook") for path in ("/webhook", "/whatsapp/webhook") for method in ("GET", "POST")),
    *(Row(f"GET {prefix}{path}", "probe") for prefix in ("", "/root") for path in ("/live", "/ready", "/health")),
    Row("GET /root/metrics", "internal"),
    Row("GET /root/.well-known/jwks.json", "public"),
    *(Row(f"GET /root/api/{path}", "public") for path in ("version", "openapi.json", "docs", "docs/{file}")),
)

NAMES_NOTHING = {
    "clientMessageId": "the caller's own name for an order, looked up within the tenant alone",
    "businessAccountId": "Meta's account; several tenants may name the same one",
    "botToken": "a secret, not the name of something",
    "POST /channels phoneNumberId": "unique in the platform: a taken one is refused to everybody, as Meta does",
    "POST /salons phoneNumberId": "likewise",
}


def documented(request: str) -> str:
    """The row's name for a method and path of the API document."""
    method, path = request.split(" ")
    return f"{method} {path.removeprefix('/api/v1')}" if path.startswith("/api/v1/") else f"{method} /root{path}"


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
    """How a row can be tried with things of others: by its path, and by each of its probes."""
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
tenant's things, in its path and in each field that can name one. Another tenant's thing gets the same answer as one
that does not exist. Paths are below `/api/v1`, but for those that begin with `/root`.

| route | least role | bad token | lower role | no tenant | another's id in the path | another's id in a field |
|---|---|---|---|---|---|---|
"""


def matrix() -> str:
    """The table for people."""
    return _INTRODUCTION + "".join(f"| {' | '.join(_cells(row))} |\n" for row in TABLE)


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
        "404" if row.names_something else "",
        ", ".join(fields),
    ]


if __name__ == "__main__":
    MATRIX_FILE.write_text(matrix(), encoding="utf-8")
