"""Who writes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.kit.database import TenantOwned
from services.messaging.models.base import UUID, Base, trigrams

_WORDS = "coalesce(name, '') || ' ' || coalesce(username, '') || ' ' || coalesce(phone_number, '')"


class ContactRow(TenantOwned, Base):
    """A person. Of each part that the provider shows, the newest by the provider's clock is kept."""

    __tablename__ = "contacts"
    __table_args__ = (trigrams("contacts_words_idx", "words"),)

    name: Mapped[str | None]
    name_at: Mapped[datetime | None]
    username: Mapped[str | None]
    username_at: Mapped[datetime | None]
    user_id: Mapped[str | None]
    user_id_at: Mapped[datetime | None]
    wa_id: Mapped[str | None]
    wa_id_at: Mapped[datetime | None]
    phone: Mapped[str | None]
    """The matching key of `wa_id`, for finding who holds a number."""
    phone_number: Mapped[str | None]
    words: Mapped[str | None] = mapped_column(sa.Computed(_WORDS, persisted=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ContactIdentityRow(Base):
    """An address and the contact that it belongs to. `kind` is `USER` or `PHONE`."""

    __tablename__ = "contact_identities"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id", "contact_id"], ["contacts.tenant_id", "contacts.id"]),
        sa.Index(None, "tenant_id", "contact_id"),
    )

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(UUID)
    proof_at: Mapped[datetime]
    proof_user_id: Mapped[str]
