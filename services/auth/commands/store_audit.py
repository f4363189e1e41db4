"""Add to the audit log what another service tells."""

from __future__ import annotations

from services.auth.repository.audit import AuditRepository
from services.common.contracts.audit import AuditRecorded
from services.common.kit.uow import UnitOfWork


def run(event: AuditRecorded, uow: UnitOfWork) -> None:
    """Once for each event, under its id."""
    if uow.envelope is None:
        raise LookupError("what is told comes in an envelope")
    AuditRepository(uow).add_told(event, uow.envelope)
