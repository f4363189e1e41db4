"""Write a mail and send it: claim it, hand it over outside of any transaction, record what became of it.

A letter that the mail server does not take now is tried again for as long as it is of use. One whose answer was lost is
sent again under the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.adapters.mail import Mailer, MailRefused, mailer_of
from services.auth.domain import letters
from services.auth.domain.letters import Draft, LetterKind, Reader
from services.auth.models import Letter, User
from services.auth.repository.letters import SENT, LetterRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.auth.settings import AuthSettings
from services.common.contracts.auth import LetterOrderedV1
from services.common.contracts.errors import Unavailable
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing, Place
from services.common.kit.logging import get_logger
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)

_REFUSED, _NOBODY, _TOO_LATE, _TOO_MANY = "REFUSED", "NOBODY", "TOO_LATE", "TOO_MANY"


@dataclass(frozen=True, slots=True)
class Post:
    """What a letter is written and sent with."""

    mailer: Mailer
    public_url: str
    key_ring: KeyRing

    @classmethod
    def from_settings(cls, settings: AuthSettings) -> Post:
        """Nothing connects before the first letter."""
        return cls(mailer_of(settings), settings.public_url, settings.key_ring())

    def place_of(self, letter: Letter) -> Place:
        """Where the token of a letter is sealed."""
        return Place(letter.tenant_id, "letters", "sealed_token", letter.id)


class LetterHeld(Unavailable):
    """Another process has this letter in hand, or had when it died."""

    code = "auth.letter_held"


def run(event: LetterOrderedV1, begin: Begin, post: Post) -> None:
    """Raises `Unavailable` when it has to be tried again."""
    tenant_id = begin.context.tenant_id or NO_TENANT
    with begin(scope=SYSTEM) as uow:
        repository = LetterRepository(uow)
        letter = repository.claim(tenant_id, event.letter_id)
        if letter is None and repository.is_open(tenant_id, event.letter_id):
            raise LetterHeld
        draft = None if letter is None else _write(letter, uow, post)
    if draft is not None:
        _send(tenant_id, draft, begin, post)


def _write(letter: Letter, uow: UnitOfWork, post: Post) -> Draft | None:
    kind = LetterKind(letter.kind)
    repository = LetterRepository(uow)
    user = _reader_of(letter, uow)
    address = None if user is None else _address_of(letter, kind, user)
    reason = None
    if user is None or address is None:
        reason = _NOBODY
    elif uow.now - letter.created_at > letters.patience_of(kind):
        reason = _TOO_LATE
    elif repository.is_flood(letter):
        reason = _TOO_MANY
    if reason is not None or user is None or address is None:
        repository.finish(letter.tenant_id, letter.id, reason or _NOBODY)
        log.info("letter_dropped", letter_id=letter.id, kind=letter.kind, reason=reason)
        return None
    tenant = TenantRepository(uow).find(user.tenant_id)
    reader = Reader(address, user.name, tenant.name if tenant is not None else "Frontdesk")
    return letters.compose(kind, letter.id, reader, _link_of(letter, reader, user, uow, post))


def _reader_of(letter: Letter, uow: UnitOfWork) -> User | None:
    """Whom the letter is for; of a forgotten password, whoever has the address and can sign in.

    Locked: while it is written, nobody withdraws the token that is about to be made, or leaves the address.
    """
    users = UserRepository(uow)
    if letter.user_id is not None:
        return users.find_of(letter.tenant_id, letter.user_id, locked=True)
    user = users.find_by_email(letter.email or "", locked=True)
    return user if user is not None and user.is_active else None


def _address_of(letter: Letter, kind: LetterKind, user: User) -> str | None:
    """That on record when the letter was ordered; of a forgotten password that on record now, never what was typed.

    Two spellings may be two mailboxes. Nobody is asked to confirm an address that is not wanted any more.
    """
    if letter.user_id is None:
        return user.email
    return None if kind is LetterKind.CHANGE_EMAIL and letter.email != user.pending_email else letter.email


def _link_of(letter: Letter, reader: Reader, user: User, uow: UnitOfWork, post: Post) -> str | None:
    """The token is made at the first try and kept, sealed, for the others."""
    kind = LetterKind(letter.kind)
    purpose = letters.PURPOSE.get(kind)
    if purpose is None:
        return None
    place = post.place_of(letter)
    if letter.sealed_token is None:
        token = OneTimeTokenRepository(uow).issue(user, purpose, reader.address)
        letter.sealed_token = post.key_ring.seal(token, place)
    else:
        token = post.key_ring.open(letter.sealed_token, place)
    return letters.link_of(kind, post.public_url, token)


def _send(tenant_id: str, draft: Draft, begin: Begin, post: Post) -> None:
    outcome = SENT
    try:
        post.mailer.send(draft)
    except MailRefused as error:
        outcome = _REFUSED
        log.warning("letter_refused", letter_id=draft.key, reason=str(error))
    except Exception:
        with begin(scope=SYSTEM) as uow:
            LetterRepository(uow).release(tenant_id, draft.key)
        raise
    with begin(scope=SYSTEM) as uow:
        LetterRepository(uow).finish(tenant_id, draft.key, outcome)
