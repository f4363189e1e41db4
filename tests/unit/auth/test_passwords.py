"""S-01: what a new password must be like."""

from __future__ import annotations

import pytest

from services.auth.domain import common_passwords
from services.auth.domain.passwords import PasswordPolicy, personal_terms
from services.common.contracts.errors import Invalid

PERSONAL = personal_terms("rosa.meyer@salon.example", "Rosa Meyer", "Salon Rosa")


def problems_with(password: str, policy: PasswordPolicy | None = None) -> str:
    """What the policy says, or nothing."""
    try:
        (policy or PasswordPolicy()).check(password, PERSONAL)
    except Invalid as error:
        told = error.details
    else:
        return ""
    assert set(told) == {"password"}
    return told["password"]


@pytest.mark.parametrize(
    "password",
    [
        "Correct-horse-7",
        "aB3defgh",
        "aB!defgh",
        "Xy " + "z" * 125,
        " Leading-and-trailing 9 ",
        "Grüße-aus-Köln",
        "😀😀😀😀😀😀aA",
        "字" * 67 + "aA7",
        "Ж" + "д" * 8 + "4",
    ],
)
def test_a_password_that_follows_the_rule_is_accepted(password: str) -> None:
    assert problems_with(password) == ""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("aB3defg", "at least 8"),
        ("Xy9" + "z" * 126, "at most 128"),
        ("correct-horse-7", "upper-case"),
        ("CORRECT-HORSE-7", "lower-case"),
        ("CorrectHorseSeven", "digit or a special"),
        ("Password1!", "guessed first"),
        ("Qwerty123!", "guessed first"),
        ("Summer2024!", "guessed first"),
        ("pASSWORD123", "guessed first"),
        ("1qaz2WSX", "guessed first"),
        ("rosa.meyer@salon.example-X", "Must not contain"),
        ("Rosa.Meyer-2031", "Must not contain"),
        ("rosa_MEYER_77", "Must not contain"),
        ("Salon-Rosa-2031", "Must not contain"),
        ("My-Frontdesk-9", "Must not contain"),
    ],
)
def test_a_password_against_the_rule_is_refused_in_clear_words(password: str, reason: str) -> None:
    assert reason in problems_with(password)


def test_everything_wrong_is_told_at_once() -> None:
    told = problems_with("short")
    assert "at least 8" in told
    assert "upper-case" in told
    assert "digit" in told


def test_a_short_name_forbids_nothing() -> None:
    PasswordPolicy().check("Robotic-horse-7", personal_terms("bo@x.example", "Bo"))


def test_an_operator_can_ask_for_length_instead_of_classes() -> None:
    policy = PasswordPolicy(min_length=15, require_classes=False)
    assert problems_with("plain words in a row", policy) == ""
    assert "at least 15" in problems_with("Correct-horse", policy)


def test_a_passphrase_may_waive_the_classes() -> None:
    policy = PasswordPolicy(passphrase_waiver_from=20)
    assert problems_with("four plain words in a row", policy) == ""
    assert "upper-case" in problems_with("four plain words", policy)


def test_the_list_holds_thousands_that_satisfy_the_rule() -> None:
    bare = PasswordPolicy()
    satisfying = {
        entry
        for entry in common_passwords.generate()
        if len(entry) >= bare.min_length
        and any(c.isupper() for c in entry)
        and any(c.islower() for c in entry)
        and not entry.isalpha()
    }
    assert len(satisfying) >= 3000
    assert all(common_passwords.is_common(entry) for entry in list(satisfying)[:500])
