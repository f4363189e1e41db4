"""Names in letters of an address."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from services.tenants.domain.refusals import refused

_SLUG_LENGTH = 63
_NUMBERED = 9
_PUNYCODE = slice(2, 4)

_NAMES = """
about account admin api app assets auth billing blog cdn dashboard docs frontdesk ftp health help login mail
me new null ns public register root settings signup smtp static status support system test undefined webhook
www
"""
_RESERVED = frozenset(_NAMES.split())
"""What an address of the platform itself could be, or what a visitor would take for one."""

# Common romanisation, one line for each alphabet that names are written in here.
_CYRILLIC = dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True))
_CYRILLIC |= {"ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"}  # noqa: RUF001 - a letter
_CYRILLIC |= {"ъ": "", "ь": "", "ю": "yu", "я": "ya", "і": "i", "ї": "yi", "є": "ye", "ґ": "g"}  # noqa: RUF001 - a letter
_LETTERS = str.maketrans(_CYRILLIC | {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "&": " and "})


def check_slug(slug: str) -> None:
    """Raise for one that could be taken for the platform's own, or for letters that it does not consist of."""
    if slug in _RESERVED:
        raise refused("slug", "Is reserved.")
    if slug[_PUNYCODE] == "--":
        raise refused("slug", "Must not have hyphens in the third and fourth place: that stands for other letters.")


def slug_of(name: str, otherwise: str) -> str:
    """A name in letters of an address; `otherwise` where nothing of it can be written so."""
    latin = unicodedata.normalize("NFC", name).lower().translate(_LETTERS)
    ascii_only = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_only.replace("'", ""))
    return "-".join(words)[:_SLUG_LENGTH].strip("-") or otherwise


def slug_candidates(name: str, otherwise: str, token: str) -> Iterator[str]:
    """The slug of a name, then variants: numbered ones while few share the name, then ones that nobody else can have.

    `token` is random and the row's own, such as its id.
    """
    base = slug_of(name, otherwise)
    unique = token.replace("-", "")
    if base not in _RESERVED:
        yield base
    for suffix in [*map(str, range(2, _NUMBERED + 1)), unique[-8:], unique]:
        yield f"{base[: _SLUG_LENGTH - len(suffix) - 1].rstrip('-')}-{suffix}"


def retired(slug: str, token: str) -> str:
    """What the slug of a thing that is gone becomes, so that another can have it. No slug that can be asked for."""
    return f"{slug}.{token}"
