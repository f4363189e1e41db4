"""What every provider of channels is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.common.contracts.tenants import ChannelType
from services.tenants.domain.identities import Identity


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


Providers = dict[ChannelType, Provider]
