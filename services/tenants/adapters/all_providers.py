"""The providers of all kinds of channels."""

from __future__ import annotations

from services.common.contracts.tenants import ChannelType
from services.tenants.adapters.graph_api import GraphApi
from services.tenants.adapters.http import JsonClient
from services.tenants.adapters.provider import Providers
from services.tenants.adapters.telegram import BotApi
from services.tenants.settings import TenantsSettings


def all_providers(settings: TenantsSettings) -> Providers:
    """One of each, on shared connections."""
    client = JsonClient((settings.provider_connect_seconds, settings.provider_read_seconds))
    bots = BotApi(settings.telegram_api_url, settings.public_url, settings.telegram_webhook_key, client)
    graph = GraphApi(settings.graph_api_url, settings.graph_api_version, client)
    return Providers({ChannelType.WHATSAPP_CLOUD: graph, ChannelType.TELEGRAM: bots})
