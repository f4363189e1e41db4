"""Take over the provider's list of templates: look, ask without a transaction, record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.common.contracts.messaging import (
    AccountMissing,
    AuditRecordedV1,
    ProviderAway,
    ProviderRefused,
    SyncTemplates,
    TemplateSync,
)
from services.common.kit import clock
from services.common.kit.actors import actor_of
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.envelope import KeyRing, Place, SealError
from services.common.kit.logging import get_logger
from services.common.kit.patience import Places
from services.common.kit.settings import Secret
from services.messaging.domain.templates import ListedTemplate
from services.messaging.repository import bulk
from services.messaging.repository.channels import Account, ChannelRepository
from services.messaging.repository.templates import Stored, TemplateRepository, templates_lock

log = get_logger(__name__)


class Source(Protocol):
    """Where templates are listed. Raises `ProviderAway` or `ProviderRefused`."""

    def list_all(self, account_id: str, token: Secret) -> Sequence[ListedTemplate]: ...


class Catalogue(NamedTuple):
    """What reading templates needs: the provider, the keys of the credentials, and room to wait in."""

    source: Source
    keys: KeyRing
    places: Places


Refusal = ProviderAway | ProviderRefused


def run(request: SyncTemplates, begin: Begin, catalogue: Catalogue) -> TemplateSync:
    """Account by account; what one of them refuses is raised when the others are done. May be repeated at any time."""
    del request
    with begin(read_only=True) as uow:
        accounts, tenant_id = ChannelRepository(uow).list_accounts(), uow.tenant_id
    if not accounts:
        raise AccountMissing
    done: list[Stored] = []
    refusals: list[Refusal] = []
    for account in accounts:
        try:
            done.append(_take_over(account, tenant_id, begin, catalogue))
        except (ProviderAway, ProviderRefused) as refusal:
            log.warning("templates_not_listed", account_id=account.account_id, reason=refusal.message)
            refusals.append(_named(refusal, account))
    if refusals:
        raise refusals[0]
    added, updated, removed, total = (sum(counts) for counts in zip(*done, strict=True))
    return TemplateSync(added=added, updated=updated, removed=removed, total=total)


def _take_over(account: Account, tenant_id: str, begin: Begin, catalogue: Catalogue) -> Stored:
    told_at = clock.now()
    token = _token(account, tenant_id, catalogue.keys)
    with catalogue.places.taken(begin.context, ProviderAway):
        listed = catalogue.source.list_all(account.account_id, token)
    with begin() as uow:
        bulk.lock(uow.session, [templates_lock(tenant_id)])
        templates = TemplateRepository(uow)
        before = templates.count(account)
        stored = templates.store(account, listed, told_at)
        if stored.added or stored.updated or stored.removed:
            uow.publish(_entry(uow.context, account, before, stored))
        return stored


def _entry(context: Context, account: Account, before: int, stored: Stored) -> AuditRecordedV1:
    """For the audit log: how many templates of an account there were and are, not what they say."""
    actor_type, actor_id = actor_of(context)
    changed = {"added": stored.added, "updated": stored.updated, "removed": stored.removed}
    return AuditRecordedV1(
        actor_type=actor_type,
        actor_id=actor_id,
        action="templates.synced",
        target_type="business_account",
        target_id=account.account_id,
        before={"total": before},
        after={"total": before + stored.added - stored.removed, **changed},
        address=context.address,
        request_id=context.request_id,
    )


def _named(refusal: Refusal, account: Account) -> Refusal:
    """With the account that it is about, for who has several."""
    return type(refusal)(refusal.message, {**refusal.details, "businessAccountId": account.account_id})


def _token(account: Account, tenant_id: str, keys: KeyRing) -> Secret:
    try:
        place = Place(tenant_id, "channels", "credentials", account.channel_id)
        return Secret(keys.open(account.credentials, place))
    except SealError as error:
        log.exception("credentials_unreadable", channel_id=account.channel_id)
        raise ProviderAway("The channel's credentials cannot be read.") from error
