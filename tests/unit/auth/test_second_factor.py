"""Codes of the second factor by the published vectors, and when they are asked for."""

from __future__ import annotations

import base64
import string
from datetime import UTC, datetime

import pytest

from services.auth.domain import second_factor
from services.auth.domain.second_factor import NEVER, STEP_SECONDS, demand_of, step_of
from services.auth.domain.tokens import Purpose
from services.common.contracts.auth import Role

# RFC 6238, appendix B (SHA-1), the last six of its eight digits.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_published_codes_are_good(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert step_of(SECRET, code, now, NEVER) == seconds // STEP_SECONDS
    assert step_of(SECRET, f"{code[:3]} {code[3:]}", now, NEVER) == seconds // STEP_SECONDS


@pytest.mark.parametrize("late", [-30, 0, 30])
def test_a_clock_may_be_half_a_minute_off(late: int) -> None:
    now = datetime.fromtimestamp(1111111110 + late, UTC)
    assert step_of(SECRET, "050471", now, NEVER) == 1111111111 // STEP_SECONDS


@pytest.mark.parametrize("late", [-31, 61])
def test_but_not_more(late: int) -> None:
    assert step_of(SECRET, "050471", datetime.fromtimestamp(1111111110 + late, UTC), NEVER) is None


@pytest.mark.parametrize("code", ["", "0", "05047", "0504711", "050472", "ABCDEF", "\ud800", "٠٥٠٤٧١"])
def test_anything_else_is_wrong(code: str) -> None:
    assert step_of(SECRET, code, datetime.fromtimestamp(1111111111, UTC), NEVER) is None


def test_a_step_that_was_used_is_over_and_so_are_those_before() -> None:
    now = datetime.fromtimestamp(1111111111, UTC)
    step = 1111111111 // STEP_SECONDS
    assert step_of(SECRET, "050471", now, step - 1) == step
    assert step_of(SECRET, "050471", now, step) is None
    assert step_of(SECRET, "081804", now, step) is None


@pytest.mark.parametrize(
    ("role", "enrolled", "required", "purpose"),
    [
        (Role.OWNER, True, False, Purpose.MFA_VERIFY),
        (Role.CUSTOMER, True, True, Purpose.MFA_VERIFY),
        (Role.STAFF, False, True, Purpose.MFA_ENROL),
        (Role.CUSTOMER, False, True, None),
        (Role.OWNER, False, False, None),
    ],
)
def test_when_it_is_asked_for(role: Role, enrolled: bool, required: bool, purpose: Purpose | None) -> None:
    assert demand_of(role, is_enrolled=enrolled, is_required=required) is purpose


def test_recovery_codes_are_long_and_easy_to_read() -> None:
    codes = second_factor.new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 24 for code in codes)
    assert not set("".join(codes)) & set("01ilo" + string.ascii_uppercase)
    assert second_factor.recovery_hash_of(codes[0]) == second_factor.recovery_hash_of(f" {codes[0].upper()} ")


def test_an_authenticator_reads_the_address_whole() -> None:
    uri = second_factor.uri_of(SECRET, "rosa+1@salon.example")
    assert uri == f"otpauth://totp/Frontdesk:rosa%2B1%40salon.example?secret={SECRET}&issuer=Frontdesk"
