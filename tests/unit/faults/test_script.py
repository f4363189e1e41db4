"""What the load writes: unique, signed, now and then for two tenants at once or for the second time."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections import Counter
from dataclasses import replace

import orjson

from tests.faults.poison import between
from tests.faults.script import CUSTOMERS, Script
from tests.unit.faults.samples import NUMBER, OTHER_NUMBER

_THIRD = replace(NUMBER, phone_number_id="1122334455667")
_OTHER = replace(OTHER_NUMBER, waba_id="215589313241560883")


def _script() -> Script:
    return Script([NUMBER, _THIRD, _OTHER], "secret", "abc")


def test_every_message_has_an_id_of_its_own() -> None:
    script = _script()
    wamids = [script.message().wamid for _ in range(1000)]
    assert len(set(wamids)) == 1000
    assert all(wamid.startswith("wamid.Fabc.") for wamid in wamids)


def test_people_keep_their_number_except_some_who_write_to_all() -> None:
    script = _script()
    numbers = Counter((m.customer, m.number) for m in itertools.starmap(script.message, [()] * (3 * CUSTOMERS)))
    told = Counter(customer for customer, _ in numbers)
    assert set(told.values()) == {1, 3}
    assert len(told) == CUSTOMERS


def test_bodies_are_signed_and_hold_what_they_say() -> None:
    for webhook in (_script().webhook(), between(_script())):
        expected = hmac.new(b"secret", webhook.body, hashlib.sha256).hexdigest()
        assert webhook.signature == f"sha256={expected}"
        assert all(message.wamid.encode() in webhook.body for message in webhook.messages)


def test_the_mixture_has_batches_repetitions_and_copies() -> None:
    script = _script()
    webhooks = [script.webhook() for _ in range(200)]
    tenants = [{message.number.tenant_id for message in webhook.messages} for webhook in webhooks]
    assert sum(len(each) == 2 for each in tenants) >= 20
    assert sum(webhook.copies == 2 for webhook in webhooks) == 10
    wamids = Counter(message.wamid for webhook in webhooks for message in webhook.messages)
    assert sum(times > 1 for times in wamids.values()) == 8


def test_a_body_for_two_tenants_has_an_entry_for_each_account() -> None:
    script = _script()
    batch = next(webhook for _ in range(10) if len((webhook := script.webhook()).messages) > 1)
    entries = orjson.loads(batch.body)["entry"]
    assert [entry["id"] for entry in entries] == [NUMBER.waba_id, _OTHER.waba_id]


def test_orders_are_numbered_and_some_are_repeated() -> None:
    script = _script()
    orders = [script.order() for _ in range(50)]
    assert len({order.client_id for order in orders}) == 50
    assert sum(order.copies == 2 for order in orders) == 10
