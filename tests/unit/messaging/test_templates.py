"""What the provider's words about templates mean, and what is read of its lists."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.contracts.messaging import ProviderAway, TemplateCategory, TemplateStatus
from services.common.kit.settings import Secret
from services.messaging.adapters.graph_api import GraphApi
from services.messaging.adapters.graph_templates import GraphTemplates, read_news
from services.messaging.domain.templates import category_of, is_warning, rejection_reason, status_of

GOOD = {"id": "1", "name": "reminder", "language": "en-US", "category": "utility", "status": "approved"}


class Pages(GraphApi):
    """Answers with one page after the other."""

    def __init__(self, *pages: Any) -> None:
        super().__init__("http://127.0.0.1:1", "v26.0", (1.0, 1.0))
        self.pages, self.asked = list(pages), list[tuple[str, dict[str, str]]]()

    def get(self, path: str, query: Any, token: Secret) -> dict[str, Any]:
        assert token == "secret-token"
        self.asked.append((path, dict(query)))
        page: dict[str, Any] = self.pages.pop(0)
        return page


def listed(*pages: Any) -> list[Any]:
    return GraphTemplates(Pages(*pages)).list_all("102", Secret("secret-token"))


def page(*templates: Any, after: str | None = None, next_: str | None = "https://elsewhere.example/") -> dict[str, Any]:
    following = {"cursors": {"before": "b", "after": after}, "next": next_} if after else {"cursors": {"after": "z"}}
    return {"data": list(templates), "paging": following}


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("APPROVED", TemplateStatus.APPROVED),
        ("REINSTATED", TemplateStatus.APPROVED),
        ("IN_APPEAL", TemplateStatus.PENDING),
        ("PAUSED", TemplateStatus.PAUSED),
        ("ARCHIVED", TemplateStatus.DISABLED),
        ("DELETED", TemplateStatus.DISABLED),
        ("PENDING_DELETION", TemplateStatus.DISABLED),
        ("LIMIT_EXCEEDED", TemplateStatus.DISABLED),
        ("SOMETHING_NEW", TemplateStatus.DISABLED),
    ],
)
def test_only_what_is_known_to_be_approved_can_be_sent(word: str, status: TemplateStatus) -> None:
    assert status_of(word) is status


def test_warnings_are_no_change() -> None:
    assert [word for word in ("FLAGGED", "LOCKED", "PAUSED", "APPROVED") if is_warning(word)] == ["FLAGGED", "LOCKED"]


@pytest.mark.parametrize(
    ("word", "reason", "shown"),
    [
        ("REJECTED", "INVALID_FORMAT", "INVALID_FORMAT"),
        ("REJECTED", "NONE", None),
        ("REJECTED", None, None),
        ("APPROVED", "INVALID_FORMAT", None),
    ],
)
def test_a_reason_is_one_for_a_rejection(word: str, reason: str | None, shown: str | None) -> None:
    assert rejection_reason(word, reason) == shown


@pytest.mark.parametrize(("word", "category"), [("MARKETING", "MARKETING"), ("OTP", "UNKNOWN"), (None, "UNKNOWN")])
def test_a_category_that_has_no_meaning_is_unknown(word: str | None, category: str) -> None:
    assert category_of(word) is TemplateCategory(category)


def test_a_list_is_followed_by_its_cursors_and_not_by_its_addresses() -> None:
    pages = Pages(page(GOOD, after="a1"), page({**GOOD, "language": "de"}))
    found = GraphTemplates(pages).list_all("10/2", Secret("secret-token"))
    assert [template.language for template in found] == ["en_US", "de"]
    assert [(path, query.get("after")) for path, query in pages.asked] == [
        ("10%2F2/message_templates", None),
        ("10%2F2/message_templates", "a1"),
    ]


def test_a_template_that_slides_to_the_next_page_counts_once() -> None:
    (found,) = listed(page(GOOD, after="a1"), page({**GOOD, "status": "PAUSED"}))
    assert found.provider_status == "PAUSED"


@pytest.mark.parametrize(
    "pages",
    [
        [{"data": {}}],
        [{}],
        [page(GOOD, after="a1"), page(GOOD, after="a1")],
        [{"data": [], "paging": {"next": "https://elsewhere.example/"}}],
        [{"data": [], "paging": {"next": "https://elsewhere.example/", "cursors": {"after": 7}}}],
    ],
    ids=["no list", "nothing", "in a circle", "without cursors", "odd cursor"],
)
def test_what_is_no_whole_list_is_none(pages: list[Any]) -> None:
    with pytest.raises(ProviderAway):
        listed(*pages)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "template",
        {},
        {**GOOD, "id": None},
        {**GOOD, "name": ""},
        {**GOOD, "name": "n" * 513},
        {**GOOD, "language": 1},
    ],
    ids=["null", "text", "empty", "no id", "no name", "endless name", "odd language"],
)
def test_what_cannot_be_sent_by_name_is_left_out_alone(raw: Any) -> None:
    assert [template.name for template in listed(page(raw, GOOD))] == ["reminder"]


@pytest.mark.parametrize("components", [None, "text", [], ["text"]], ids=str)
def test_odd_components_are_none(components: Any) -> None:
    (found,) = listed(page({**GOOD, "components": components}))
    assert (found.components, found.category, found.parameter_format) == ([], TemplateCategory.UTILITY, "POSITIONAL")


def test_news_need_a_template_and_a_status() -> None:
    value = {"message_template_id": 1689556908129832, "event": "paused", "reason": None}
    news = read_news(value, None)
    assert news is not None
    assert (news.external_id, news.provider_status, news.reason) == ("1689556908129832", "PAUSED", None)
    assert read_news({**value, "event": None}, None) is None
    assert read_news({**value, "message_template_id": True}, None) is None
