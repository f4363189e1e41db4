"""Templates through the running service: from the provider's list to the news of one of them."""

from __future__ import annotations

import pytest

from services.common.contracts.messaging import (
    GetTemplate,
    ListTemplates,
    ProviderRefused,
    SyncTemplates,
    TemplateStatus,
)
from tests.component.messaging.desk import Desk
from tests.component.services import eventually
from tests.simulators.graph_api.demo import DEMO_TOKEN, DEMO_WABA_ID, TEMPLATES


def test_the_list_is_taken_over_and_news_are_heard(desk: Desk) -> None:
    synced = desk.ask(SyncTemplates())
    assert (synced.added, synced.total) == (len(TEMPLATES), len(TEMPLATES))
    listed = desk.ask(ListTemplates()).templates
    assert sorted(found.name for found in listed) == sorted(str(wanted["name"]) for wanted in TEMPLATES)
    (offer,) = desk.ask(ListTemplates(name="seasonal_offer")).templates
    told = {"event": "PAUSED", "message_template_id": int(offer.external_id), "reason": "NONE"}
    change = {"field": "message_template_status_update", "value": told}
    entry = {"id": DEMO_WABA_ID, "time": int(offer.created_at.timestamp()) + 60, "changes": [change]}
    desk.webhook({"object": "whatsapp_business_account", "entry": [entry]})
    eventually(lambda: desk.ask(GetTemplate(template_id=offer.id)).status is TemplateStatus.PAUSED)


def test_a_token_that_is_over_is_told_in_the_provider_s_words(desk: Desk) -> None:
    desk.graph.control.set_token(DEMO_TOKEN, "revoked")
    with pytest.raises(ProviderRefused) as refused:
        desk.ask(SyncTemplates())
    assert refused.value.details == {"providerCode": "190", "businessAccountId": DEMO_WABA_ID}
    assert desk.ask(ListTemplates()).templates == []
