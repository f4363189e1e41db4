"""What every contract keeps to: names, answers, codes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.common.contracts.base import Event, Request, schema_of
from services.common.contracts.errors import Invalid, NotFound, ServiceError
from tests.contracts.catalogue import errors, events, label, requests


@pytest.mark.parametrize("cls", events(), ids=label)
def test_an_event_is_named_for_what_happened_with_its_version(cls: type[Event]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+\.v[0-9]+", cls.TYPE)
    noun_and_verb, version = cls.TYPE.rsplit(".v", 1)
    words = re.split(r"[._]", noun_and_verb)
    assert cls.__name__ == "".join(word.title() for word in words) + f"V{version}"
    assert cls.__module__.rsplit(".", 1)[1] == cls.SOURCE


def test_no_two_events_of_one_source_have_one_name() -> None:
    names = [(cls.SOURCE, cls.TYPE) for cls in events()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("cls", requests(), ids=label)
def test_a_request_names_its_service_and_method(cls: type[Request[Any]]) -> None:
    assert cls.__module__.rsplit(".", 1)[1] == cls.SERVICE
    words = re.findall(r"[A-Z][a-z0-9]*", cls.__name__)
    assert "_".join(word.lower() for word in words) == cls.METHOD


@pytest.mark.parametrize("cls", [cls for cls in requests() if cls.EXAMPLE], ids=label)
def test_an_example_is_a_good_request(cls: type[Request[Any]]) -> None:
    assert schema_of(cls)().load(cls.EXAMPLE or {}) is not None


@pytest.mark.parametrize("cls", requests(), ids=label)
def test_a_request_refuses_unknown_fields(cls: type[Request[Any]]) -> None:
    with pytest.raises(Invalid) as caught:
        cls.from_wire({"tenantId": "another", "role": "OWNER", "createdAt": "2026-01-01T00:00:00Z"})
    assert {"tenantId", "createdAt"} <= set(caught.value.details)


@pytest.mark.parametrize("cls", errors(), ids=label)
def test_an_error_has_a_code_of_its_own_and_says_what_happened(cls: type[ServiceError]) -> None:
    service = cls.__module__.rsplit(".", 1)[1]
    assert re.fullmatch(rf"{service}\.[a-z_]+", cls.code)
    assert cls.__doc__


def test_error_codes_are_unique() -> None:
    codes = [cls.code for cls in errors()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("cls", errors(), ids=label)
def test_an_error_survives_the_wire(cls: type[ServiceError]) -> None:
    back = ServiceError.from_wire(cls("Said so.", {"field": "why"}).to_wire())
    assert (type(back), back.message, back.details) == (cls, "Said so.", {"field": "why"})
    assert type(back)(*back.args).details == back.details  # as Nameko rebuilds it


def test_an_unknown_error_keeps_its_kind_and_code() -> None:
    back = ServiceError.from_wire({"code": "future.thing_gone", "kind": "NotFound", "message": "m", "details": {}})
    assert isinstance(back, NotFound)
    assert back.code == "future.thing_gone"
