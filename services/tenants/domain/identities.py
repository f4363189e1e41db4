"""Who we are to a provider."""

from __future__ import annotations

from dataclasses import dataclass

from services.common.contracts.tenants import ChannelType
from services.common.kit.settings import Secret


@dataclass(frozen=True, slots=True)
class Identity:
    """A sending identity with its opened credentials."""

    channel_id: str
    type: ChannelType
    phone_number_id: str | None
    business_account_id: str | None
    bot_id: str | None
    token: Secret
