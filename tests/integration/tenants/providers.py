"""A provider that says what a test wants it to say."""

from __future__ import annotations

from collections.abc import Callable

from services.common.contracts.errors import ServiceError
from services.common.contracts.tenants import ChannelType
from services.tenants.adapters.provider import Delivery, Facts, Providers
from services.tenants.domain.identities import Identity


class Pretender:
    """Knows everybody until it is told to refuse; notes who asked for what."""

    def __init__(self) -> None:
        self.refusal: ServiceError | None = None
        self.meanwhile: Callable[[], object] | None = None
        """What happens, once, while the provider is asked."""
        self.asked: list[tuple[str, str]] = []

    def verify(self, identity: Identity) -> Facts:
        self._answer("verify", identity)
        return Facts(display_phone_number="+1 555-078-3881", quality="GREEN", bot_username="rosa_bot")

    def register(self, identity: Identity) -> None:
        self._answer("register", identity)

    def unregister(self, identity: Identity) -> None:
        self._answer("unregister", identity)

    def delivery(self, identity: Identity) -> Delivery:
        self._answer("delivery", identity)
        return Delivery(is_registered=True, pending=3)

    def _answer(self, what: str, identity: Identity) -> None:
        self.asked.append((what, str(identity.token)))
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            happening()
        if self.refusal is not None:
            raise self.refusal


def providers_of(pretender: Pretender) -> Providers:
    """The same one for all kinds of channels."""
    return Providers(dict.fromkeys(ChannelType, pretender))
