"""When the provider stumbles: a message leaves once or not at all, and its status tells the truth."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.business import Business, Person, new_digits
from tests.e2e.patience import eventually
from tests.simulators.graph_api.faults import FaultKind

_PASSING, _LASTING = 131016, 131026
_MOVING = ("SENT", "DELIVERED", "READ")


class Story:
    """One message to one person, with whatever was arranged for it; all begin at once, so that waits overlap."""

    def __init__(self, business: Business, fault: FaultKind | None = None, **conditions: Any) -> None:
        self.business = business
        self.person = business.new_person()
        business.simulator.set_window(self.person.phone, number=business.number_id)
        if fault is not None:
            business.simulator.add_fault(fault, recipient=self.person.phone, **conditions)

    def behave(self, **behaviour: Any) -> Story:
        """Change how statuses follow."""
        self.business.simulator.set_behaviour(recipient=self.person.phone, **behaviour)
        return self

    def begin(self) -> Story:
        """Order the message."""
        self.id = str(self.business.say(self.person, f"About {new_digits()}.")["id"])
        return self

    def accepted(self) -> int:
        """How often the provider took it."""
        return len(self.business.simulator.accepted(biz_opaque_callback_data=self.id))

    def calls(self) -> int:
        """How often the provider was asked."""
        path = f"/{self.business.number_id}/messages"
        calls = [call for call in self.business.simulator.calls() if call.path.endswith(path) and call.body]
        return sum(call.body.get("biz_opaque_callback_data") == self.id for call in calls)


@pytest.fixture(scope="module")
def stories(business: Business) -> dict[str, Story]:
    made = {
        "stumbles twice": Story(business, FaultKind.ERROR, code=_PASSING, times=2),
        "stays down": Story(business, FaultKind.ERROR, code=_PASSING, times=None),
        "refuses": Story(business, FaultKind.ERROR, code=_LASTING),
        "takes it and goes silent": Story(business, FaultKind.CUT_AFTER_ACCEPT).behave(
            dropped=["sent", "delivered", "read"]
        ),
        "goes silent before": Story(business, FaultKind.CUT_BEFORE_ACCEPT),
        "shows a broken page": Story(business, FaultKind.SERVER_ERROR),
        "fails later": Story(business, FaultKind.FAILED_STATUS, code=131049),
        "tells it before answering": Story(business).behave(before_answer=True),
        "tells it backwards and thrice": Story(business).behave(order="reversed", copies=3),
    }
    for story in made.values():
        story.begin()
    return made


def test_a_passing_fault_is_tried_again_until_it_is_over(business: Business, stories: dict[str, Story]) -> None:
    story = stories["stumbles twice"]
    business.await_status(story.id, *_MOVING)
    assert (story.calls(), story.accepted()) == (3, 1)


def test_a_fault_that_does_not_pass_is_told_after_three_attempts(business: Business, stories: dict[str, Story]) -> None:
    story = stories["stays down"]
    failed = business.await_status(story.id, "FAILED")
    assert (failed["error"]["code"], failed["error"]["retryable"]) == (str(_PASSING), True)
    assert (story.calls(), story.accepted()) == (3, 0)


def test_a_refusal_is_told_at_once_in_the_provider_s_code(business: Business, stories: dict[str, Story]) -> None:
    story = stories["refuses"]
    failed = business.await_status(story.id, "FAILED")
    assert (failed["error"]["code"], failed["error"]["retryable"]) == (str(_LASTING), False)
    assert failed["statusHistory"][-1]["status"] == "FAILED"
    assert (story.calls(), story.accepted()) == (1, 0)


def test_a_lost_answer_leaves_the_message_uncertain_until_a_status_settles_it(
    business: Business, stories: dict[str, Story]
) -> None:
    story = stories["takes it and goes silent"]
    business.await_status(story.id, "UNCERTAIN")
    (accepted,) = business.simulator.accepted(biz_opaque_callback_data=story.id)
    business.simulator.tell_status(accepted.id, "delivered")
    settled = business.await_status(story.id, "DELIVERED")
    assert settled["externalId"] == accepted.id
    assert (story.calls(), story.accepted()) == (1, 1)


@pytest.mark.parametrize("name", ["goes silent before", "shows a broken page"])
def test_what_may_have_been_taken_is_never_sent_again(business: Business, stories: dict[str, Story], name: str) -> None:
    story = stories[name]
    business.await_status(story.id, "UNCERTAIN")
    # A later message of the same conversation is not held back, and overtakes nothing that would still be tried.
    later = business.say(story.person, "Still there?")
    business.await_status(later["id"], *_MOVING)
    assert (story.calls(), story.accepted()) == (1, 0)
    assert business.api.get(f"/messages/{story.id}").data["status"] == "UNCERTAIN"


def test_a_failure_that_comes_later_by_webhook_is_kept_with_its_code(
    business: Business, stories: dict[str, Story]
) -> None:
    failed = business.await_status(stories["fails later"].id, "FAILED")
    assert failed["error"]["code"] == "131049"


@pytest.mark.parametrize("name", ["tells it before answering", "tells it backwards and thrice"])
def test_statuses_in_any_order_end_at_the_furthest(business: Business, stories: dict[str, Story], name: str) -> None:
    read = business.await_status(stories[name].id, "READ")
    business.simulator.wait_until_idle()
    assert business.api.get(f"/messages/{read['id']}").data["status"] == "READ"
    history = [step["status"] for step in read["statusHistory"]]
    assert len(history) == len(set(history))


def test_messages_of_one_conversation_leave_in_their_order(business: Business) -> None:
    story = Story(business, FaultKind.ERROR, code=_PASSING)
    texts = [f"{new_digits()} is number {number}" for number in range(4)]
    ids = [business.say(story.person, text)["id"] for text in texts]
    for message_id in ids:
        business.await_status(message_id, *_MOVING)
    accepted = [each for each in business.simulator.accepted(to=story.person.phone) if each.text in texts]
    assert [each.text for each in accepted] == texts


def test_a_revoked_access_token_fails_the_message_with_the_provider_s_words(business: Business) -> None:
    person: Person = business.new_person()
    business.simulator.set_token(business.access_token, "revoked")
    try:
        failed = business.await_status(business.say(person, "Hello?")["id"], "FAILED")
    finally:
        business.simulator.set_token(business.access_token, "active")
    assert failed["error"]["code"] == "190"
    assert business.access_token not in str(failed)


def test_nothing_at_all_was_sent_twice(business: Business, stories: dict[str, Story]) -> None:
    eventually("an idle provider", lambda: business.simulator.progress().idle)
    assert business.simulator.counts(at_least=2).sent_twice == {}
