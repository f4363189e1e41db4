"""Templates through the running system: from Meta's list to Meta's veto, and what is sent with them."""

from __future__ import annotations

from typing import Any

from tests.e2e.business import Business
from tests.e2e.patience import eventually
from tests.simulators.graph_api.control import ControlClient


def test_a_template_is_listed_sent_and_paused(business: Business, simulator: ControlClient) -> None:
    business.hear(business.new_person(), "Once this is in, messaging knows the channel.")
    assert business.api.post("/templates/sync", {}).data == {"added": 1, "updated": 0, "removed": 0, "total": 1}
    told = eventually("the log", lambda: business.api.get("/audit-log", action="templates.synced").data["entries"])
    assert [(entry["source"], entry["targetId"], entry["after"]["added"]) for entry in told] == [
        ("messaging", business.waba_id, 1)
    ]
    (template,) = business.api.get("/templates").data["templates"]
    assert (template["status"], template["businessAccountId"]) == ("APPROVED", business.waba_id)
    content = {"name": template["name"], "language": template["language"]}
    person = business.new_person()  # who has never written, so that nothing else would reach them
    order = {"to": person.written, "type": "TEMPLATE", "content": content}
    business.await_status(business.api.post("/messages", order).data["id"], "READ")

    simulator.review_template(template["externalId"], "PAUSED")

    def paused() -> dict[str, Any] | None:
        shown = business.api.get(f"/templates/{template['id']}")
        assert shown.headers["ETag"] == f'"{shown.data["version"]}"'
        return dict(shown.data) if shown.data["status"] == "PAUSED" else None

    assert eventually("the pause to be heard of", paused)["version"] == template["version"] + 1
    assert business.api.get("/templates", status="APPROVED").data["templates"] == []
    failed = business.await_status(business.api.post("/messages", order).data["id"], "FAILED")
    assert failed["error"]["code"] == "132015"


def test_a_token_that_is_over_is_told_and_leaves_the_list_as_it_is(
    business: Business, simulator: ControlClient
) -> None:
    business.api.post("/templates/sync", {})
    before = business.api.get("/templates").data
    simulator.set_token(business.access_token, "revoked")
    refused = business.api.post("/templates/sync", {})
    simulator.set_token(business.access_token, "active")
    assert (refused.status, refused.code) == (409, "messaging.provider_refused")
    assert refused.json["errors"] == {"providerCode": ["190"], "businessAccountId": [business.waba_id]}
    assert business.api.get("/templates").data == before
