"""What every provider of channels is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from services.common.contracts.errors import ServiceError
from services.common.contracts.tenants import ChannelType, ProviderAway
from services.common.kit.context import Context
from services.common.kit.logging import get_logger
from services.common.kit.patience import Places
from services.tenants.domain.identities import Identity

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a provider says of an identity that it knows."""

    display_phone_number: str | None = None
    verified_name: str | None = None
    bot_username: str | None = None
    provider_status: str | None = None
    quality: str | None = None
    throughput: str | None = None
    messaging_limit: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whether, and how well, a provider brings us what comes in."""

    is_registered: bool
    pending: int | None = None
    problem: str | None = None


class Provider(Protocol):
    """Raises `CredentialsRefused` with the provider's words, and `ProviderAway` when nobody can say."""

    def verify(self, identity: Identity) -> Facts:
        """Whether the credentials are good for this identity."""

    def register(self, identity: Identity) -> None:
        """Have what comes in brought to us."""

    def unregister(self, identity: Identity) -> None:
        """Have nothing brought to us any more."""

    def delivery(self, identity: Identity) -> Delivery:
        """Whether what comes in is brought to us."""


class Providers:
    """All providers of this process."""

    def __init__(self, by_type: Mapping[ChannelType, Provider]) -> None:
        self._by_type = by_type
        self._places = Places()

    @contextmanager
    def asked(self, identity: Identity, context: Context) -> Iterator[Provider]:
        """The identity's provider, until shortly before nobody waits any longer. Raises `ProviderAway`."""
        with self._places.taken(context, ProviderAway):
            yield self._by_type[identity.type]

    def prove(self, identity: Identity, context: Context, *, register: bool) -> Facts:
        """That the provider accepts the credentials for the identity; with `register`, also that it brings us all."""
        with self.asked(identity, context) as provider:
            facts = provider.verify(identity)
            if register:
                provider.register(identity)
            return facts

    def forget(self, identity: Identity | None, context: Context) -> None:
        """Have nothing brought to us any more, if the provider listens: we don't want it, whether it does or not."""
        if identity is None:
            return
        try:
            with self.asked(identity, context) as provider:
                provider.unregister(identity)
        except ServiceError as refusal:
            log.warning("webhook_not_removed", channel_id=identity.channel_id, code=refusal.code)
