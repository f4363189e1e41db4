"""The text of API keys: nothing misspelt needs a look-up."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from services.common.contracts.api_keys import (
    ALPHABET,
    RANDOM_LENGTH,
    is_well_formed_api_key,
    looks_like_api_key,
    text_of,
)

KEYS = st.text(ALPHABET, min_size=RANDOM_LENGTH, max_size=RANDOM_LENGTH).map(text_of)


@given(KEYS)
def test_a_key_has_its_shape_and_its_check_sum(key: str) -> None:
    assert is_well_formed_api_key(key)
    assert looks_like_api_key(key)
    assert len(key) == len("fd_live_") + 38
    number = 0
    for character in key[-6:]:
        number = number * 62 + ALPHABET.index(character)
    assert number == zlib.crc32(key[:-6].encode())


@given(KEYS, st.integers(8, 45), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(key: str, place: int, character: str) -> None:
    changed = key[:place] + character + key[place + 1 :]
    assert is_well_formed_api_key(changed) is (changed == key)


@given(KEYS, st.integers(8, 44))
def test_two_characters_that_changed_places_are_noticed(key: str, place: int) -> None:
    changed = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    assert is_well_formed_api_key(changed) is (changed == key)


@given(st.text(max_size=60))
def test_other_texts_are_no_keys(text: str) -> None:
    assert not is_well_formed_api_key(text)
