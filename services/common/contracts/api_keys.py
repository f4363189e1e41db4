"""The text of an API key: `fd_live_`, 32 random characters, 6 characters of check sum.

The check sum lets whoever sees a key refuse a slip of the pen, or a guess, without asking anybody. It is no secret and
proves nothing.
"""

from __future__ import annotations

import hashlib
import re
import string
import zlib

PREFIX = "fd_live_"
RANDOM_LENGTH = 32
"""190 bits."""
_SUM_LENGTH = 6
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM_LENGTH + _SUM_LENGTH}}}")


def text_of(random_part: str) -> str:
    """The whole key around its random characters."""
    begun = PREFIX + random_part
    return begun + _sum_of(begun)


def looks_like_api_key(text: str) -> bool:
    """Whether the text means to be an API key, well formed or not."""
    return text.startswith("fd_")


def is_well_formed_api_key(text: str) -> bool:
    """Whether the text could be a key: its shape and its check sum are right."""
    return bool(_SHAPE.fullmatch(text)) and text[-_SUM_LENGTH:] == _sum_of(text[:-_SUM_LENGTH])


def hash_of(text: str) -> str:
    """The SHA-256 in hex by which a key is stored and asked for."""
    return hashlib.sha256(text.encode()).hexdigest()


def _sum_of(begun: str) -> str:
    rest = zlib.crc32(begun.encode())
    digits = []
    for _ in range(_SUM_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
