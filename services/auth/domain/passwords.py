"""What a new password must be like. An existing one is only ever compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.auth.domain import common_passwords, emails
from services.common.contracts.errors import Invalid

_PRODUCT = "Frontdesk"
_SHORTEST_TERM = 4
"""A shorter name, such as Bo, would forbid half of all passwords."""


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The product's rule by default. With `min_length=15, require_classes=False` it is that of NIST SP 800-63B."""

    min_length: int = 8
    max_length: int = 128
    require_classes: bool = True
    passphrase_waiver_from: int = 0
    """From this length on the classes are not asked for; 0 asks always."""

    def check(self, password: str, personal: Iterable[str] = (), field: str = "password") -> None:
        """Raise `Invalid` that tells everything wrong with the password at once, on its field."""
        problems = [*self._problems(password, personal)]
        if problems:
            msg = "The password is refused."
            raise Invalid(msg, {field: " ".join(problems)})

    def _problems(self, password: str, personal: Iterable[str]) -> Iterator[str]:
        if len(password) < self.min_length:
            yield f"Must have at least {self.min_length} characters."
        if len(password) > self.max_length:
            yield f"Must have at most {self.max_length} characters."
        if self._asks_for_classes(password):
            yield from _missing_classes(password)
        if common_passwords.is_common(password):
            yield "Is one of the passwords that are guessed first."
        if contains_any(password, personal):
            yield "Must not contain your e-mail address, your name, your business's name or ours."

    def _asks_for_classes(self, password: str) -> bool:
        waived = 0 < self.passphrase_waiver_from <= len(password)
        return self.require_classes and not waived


def personal_terms(email: str, name: str, tenant_name: str | None = None) -> list[str]:
    """What an attacker who knows the person would try first."""
    return [emails.local_part(email), email, name, *name.split(), tenant_name or "", _PRODUCT]


def contains_any(password: str, terms: Iterable[str]) -> bool:
    """Whether one of the terms is in the password, whatever the case and the punctuation between."""
    squeezed = _squeeze(password)
    return any(len(term) >= _SHORTEST_TERM and term in squeezed for term in map(_squeeze, terms))


def _missing_classes(password: str) -> Iterator[str]:
    if not any(character.isupper() for character in password):
        yield "Must contain an upper-case letter."
    if not any(character.islower() for character in password):
        yield "Must contain a lower-case letter."
    if all(character.isalpha() for character in password):
        yield "Must contain a digit or a special character."


def _squeeze(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
