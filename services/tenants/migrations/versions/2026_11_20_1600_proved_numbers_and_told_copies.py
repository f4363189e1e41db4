"""Numbers that somebody has proved, limits that somebody was warned of, tenants that are to be told anew.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "tenants_0003"
down_revision = "tenants_0002"
branch_labels = None
depends_on = None

# A release that does not know `most` yet warns without it, once a month, whatever the plan.
_COLUMNS = """
alter table usage_warnings add column if not exists most bigint not null default 0;
alter table tenants add column if not exists told bigint not null default 0
"""

_INDEXES = {
    "channels_proved_number_idx": "index concurrently {} on channels (phone_number_id) where verified_at is not null",
    "channels_proved_bot_idx": "index concurrently {} on channels (bot_id) where verified_at is not null",
    "tenants_told_idx": "index concurrently {} on tenants (told)",
    "usage_warnings_next_pkey": (
        "unique index concurrently {} on usage_warnings (tenant_id, month, metric, threshold, most)"
    ),
}

# The index is there: this takes a moment, and no reading of rows.
_KEY = """
alter table usage_warnings
    drop constraint usage_warnings_pkey,
    add constraint usage_warnings_pkey primary key using index usage_warnings_next_pkey
"""

# The caller, a member of the system role, takes it on for the one query and puts it down again; should the query fail,
# the setting goes with the transaction or savepoint. It tells whether somebody holds it, or did once (null: nobody has
# proved it), and not who.
_ELSEWHERE = """
create function proved_elsewhere(number text, bot text) returns boolean
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    spoke_as text := current_setting('role');
    tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    found boolean;
begin
    perform set_config('role', '{system}', true);
    select bool_or(c.is_active) into found from public.channels c
    where c.tenant_id <> tenant and c.verified_at is not null and (c.phone_number_id = number or c.bot_id = bot);
    perform set_config('role', spoke_as, true);
    return found;
end $$
"""


def upgrade() -> None:
    """Go forward. What is made outside of the transaction is made anew when a step that broke off is taken again."""
    roles = tenancy.roles_of(op)
    with op.get_context().autocommit_block():
        op.execute(_COLUMNS)
        for name, index in _INDEXES.items():
            op.execute(f"drop index concurrently if exists {name}")
            op.execute(f"create {index.format(name)}")
    op.execute(_KEY)
    op.execute(_ELSEWHERE.format(system=roles.system))
    op.execute("revoke execute on function proved_elsewhere(text, text) from public")
    op.execute(f"grant execute on function proved_elsewhere(text, text) to {roles.app}")
    op.execute(f"grant select (bot_id, verified_at) on channels to {roles.system}")


def downgrade() -> None:
    """Go back one step. Of warnings about several limits one stays."""
    op.execute("drop function proved_elsewhere")
    op.execute(f"revoke select (bot_id, verified_at) on channels from {tenancy.roles_of(op).system}")
    op.execute("drop index channels_proved_number_idx, channels_proved_bot_idx")
    with tenancy.as_owner_of(op, "usage_warnings"):
        op.execute(
            "delete from usage_warnings w using usage_warnings v"
            " where (w.tenant_id, w.month, w.metric, w.threshold) = (v.tenant_id, v.month, v.metric, v.threshold)"
            " and w.most > v.most"
        )
    op.execute(
        "alter table usage_warnings drop constraint usage_warnings_pkey, drop column most,"
        " add constraint usage_warnings_pkey primary key (tenant_id, month, metric, threshold)"
    )
    op.execute("drop index tenants_told_idx; alter table tenants drop column told")
