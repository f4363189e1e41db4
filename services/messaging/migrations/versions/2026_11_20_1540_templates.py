"""Keep the templates of the tenants' accounts.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "messaging_0005"
down_revision = "messaging_0004"
branch_labels = None
depends_on = None

_TEMPLATES = """
create table templates (
    tenant_id uuid not null,
    id uuid not null,
    business_account_id text not null,
    salon_id uuid,
    external_id text not null,
    name text not null,
    language text not null,
    category text not null,
    status text not null,
    provider_status text not null,
    rejection_reason text,
    parameter_format text not null,
    components jsonb not null,
    told_at timestamptz not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint templates_pkey primary key (tenant_id, id),
    constraint templates_tenant_id_business_account_id_name_language_key
        unique (tenant_id, business_account_id, name, language)
);
create index templates_tenant_id_created_at_id_idx on templates (tenant_id, created_at, id)
"""


def upgrade() -> None:
    """Go forward."""
    op.execute(_TEMPLATES)
    tenancy.enable_tenant_security(op, "templates")


def downgrade() -> None:
    """Go back one step."""
    op.execute("drop table templates")
