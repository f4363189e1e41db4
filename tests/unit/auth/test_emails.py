"""When two addresses are the same."""

from __future__ import annotations

from services.auth.domain import emails


def test_the_local_part_is_kept_as_received() -> None:
    assert emails.normalise(" Rosa.Meyer@Salon.EXAMPLE ") == "Rosa.Meyer@salon.example"


def test_case_makes_no_second_account() -> None:
    assert emails.key_of("ROSA@salon.example") == emails.key_of("rosa@Salon.example")
    assert emails.account_key("ROSA@salon.example") == emails.account_key("rosa@salon.example")


def test_composed_and_decomposed_letters_are_one_address() -> None:
    assert emails.key_of("jose\u0301@salon.example") == emails.key_of("jos\u00e9@salon.example")


def test_the_account_key_does_not_show_the_address() -> None:
    assert "rosa" not in emails.account_key("rosa@salon.example")


def test_half_a_surrogate_pair_is_no_crash() -> None:
    assert emails.account_key("\ud800@salon.example")
