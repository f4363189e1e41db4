"""Templates in plain values, and what the provider's words for their state mean for sending."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from services.common.contracts.messaging import TemplateCategory, TemplateStatus

_MEANINGS = {
    **{status.value: status for status in TemplateStatus},
    "IN_APPEAL": TemplateStatus.PENDING,
    "REINSTATED": TemplateStatus.APPROVED,
    "UNARCHIVED": TemplateStatus.APPROVED,
}
_WARNINGS = frozenset({"FLAGGED", "LOCKED"})
"""Said of a template that can be sent as before."""

_NO_REASON = frozenset({"", "NONE"})


class ListedTemplate(NamedTuple):
    """A template as the provider lists it. `provider_status` is its own word."""

    external_id: str
    name: str
    language: str
    category: TemplateCategory
    provider_status: str
    rejection_reason: str | None
    parameter_format: str
    components: list[dict[str, Any]]


class TemplateNews(NamedTuple):
    """The provider tells that a template stands otherwise now."""

    external_id: str
    provider_status: str
    reason: str | None
    at: datetime | None


def status_of(word: str) -> TemplateStatus:
    """What the provider's word comes to. What is not known here cannot be sent."""
    return _MEANINGS.get(word, TemplateStatus.DISABLED)


def is_warning(word: str) -> bool:
    """Whether the word leaves the status as it is."""
    return word in _WARNINGS


def rejection_reason(word: str, reason: str | None) -> str | None:
    """Why a template was rejected; the provider gives others a reason as well, which is none."""
    rejected = status_of(word) is TemplateStatus.REJECTED
    return reason if rejected and (reason or "") not in _NO_REASON else None


def category_of(word: str | None) -> TemplateCategory:
    """The category; `UNKNOWN` for one that has no meaning here yet."""
    return TemplateCategory.__members__.get(word or "", TemplateCategory.UNKNOWN)


def language_code(written: str) -> str:
    """`en_US`, also where the provider writes `en-US`."""
    return written.replace("-", "_")
