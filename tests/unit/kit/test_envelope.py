"""S-26, S-27: sealed values open in their place and nowhere else."""

from __future__ import annotations

import base64
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.kit.envelope import KeyRing, Place, SealError

_OLD = "old:" + base64.b64encode(b"o" * 32).decode()
_NEW = "new:" + base64.b64encode(b"n" * 32).decode()
_PLACE = Place("t-1", "channels", "credentials", "r-1")


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.from_setting(_OLD)


@given(secret=st.text())
def test_what_was_sealed_opens(secret: str) -> None:
    ring = KeyRing.from_setting(_OLD)
    assert ring.open(ring.seal(secret, _PLACE), _PLACE) == secret


def test_the_same_secret_never_looks_the_same(ring: KeyRing) -> None:
    sealed = {ring.seal("token", _PLACE) for _ in range(50)}
    assert len(sealed) == 50
    assert not any("token" in value for value in sealed)


@pytest.mark.parametrize("part", ["tenant_id", "table", "column", "row_id"])
def test_a_value_moved_elsewhere_does_not_open(ring: KeyRing, part: str) -> None:
    sealed = ring.seal("token", _PLACE)
    with pytest.raises(SealError):
        ring.open(sealed, dataclasses.replace(_PLACE, **{part: "other"}))


def test_no_changed_character_goes_unnoticed(ring: KeyRing) -> None:
    sealed = ring.seal("token", _PLACE)
    for index, character in enumerate(sealed):
        for other in "A", "Z", "_", ".", "=", "é":
            if other != character:
                changed = sealed[:index] + other + sealed[index + 1 :]
                with pytest.raises(SealError):
                    ring.open(changed, _PLACE)


@pytest.mark.parametrize("text", ["", "v1", "v1.old.a", "v2.old.AAAA.AAAA", "v1.old..", "v1.old.AAAA.AAAA.AAAA"])
def test_what_is_no_sealed_value_is_refused(ring: KeyRing, text: str) -> None:
    with pytest.raises(SealError):
        ring.open(text, _PLACE)


def test_parts_of_two_values_do_not_fit_together(ring: KeyRing) -> None:
    one, two = (ring.seal(secret, _PLACE).split(".") for secret in ("one", "two"))
    with pytest.raises(SealError):
        ring.open(".".join([*one[:3], two[3]]), _PLACE)


def test_another_keys_id_does_not_open() -> None:
    both = KeyRing.from_setting(f"{_OLD},{_NEW}")
    with pytest.raises(SealError):
        both.open(both.seal("token", _PLACE).replace("v1.old.", "v1.new."), _PLACE)


def test_rotation_leaves_the_data_as_it_is(ring: KeyRing) -> None:
    sealed = ring.seal("token", _PLACE)
    rotating = KeyRing.from_setting(f"{_NEW},{_OLD}")
    assert rotating.needs_rewrap(sealed)
    rewrapped = rotating.rewrap(sealed, _PLACE)
    assert not rotating.needs_rewrap(rewrapped)
    assert rewrapped.split(".")[3] == sealed.split(".")[3]
    assert KeyRing.from_setting(_NEW).open(rewrapped, _PLACE) == "token"
    with pytest.raises(SealError):
        KeyRing.from_setting(_NEW).open(sealed, _PLACE)


def test_a_moved_value_cannot_be_rewrapped(ring: KeyRing) -> None:
    with pytest.raises(SealError):
        ring.rewrap(ring.seal("token", _PLACE), dataclasses.replace(_PLACE, tenant_id="t-2"))


@pytest.mark.parametrize(
    "setting", ["", ",", "old", "old:", "old:AAAA", "old:!", f"{_OLD},{_OLD}", _OLD.replace("old", "o.d"), _OLD[3:]]
)
def test_a_malformed_key_is_refused_without_being_told(setting: str) -> None:
    with pytest.raises(ValueError, match=r"key") as refused:
        KeyRing.from_setting(setting)
    assert base64.b64encode(b"o" * 32).decode() not in str(refused.value)


def test_keys_do_not_print_themselves(ring: KeyRing) -> None:
    assert "old" in repr(ring)
    assert base64.b64encode(b"o" * 32).decode() not in repr(ring)
    assert "AESGCM" not in repr(ring)


def test_a_place_has_one_reading() -> None:
    with pytest.raises(ValueError, match="must not contain"):
        Place("t|1", "channels", "credentials", "r-1")
