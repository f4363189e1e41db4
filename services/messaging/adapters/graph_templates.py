"""Reads the templates of an account: its list from the Graph API, page by page, and the news that webhooks bring."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeGuard
from urllib.parse import quote

from services.common.contracts.messaging import ProviderAway
from services.common.kit.logging import get_logger
from services.common.kit.settings import Secret
from services.messaging.adapters import meta_people
from services.messaging.adapters.graph_api import GraphApi
from services.messaging.domain.templates import ListedTemplate, TemplateNews, category_of, language_code

log = get_logger(__name__)

_FIELDS = "id,name,language,category,status,components,parameter_format,rejected_reason"
_PAGE = 250
"""As many as an account may have that is not verified; the provider may give fewer at once."""
_LONGEST_NAME, _LONGEST_WORD = 512, 100

Raw = dict[str, Any]


class GraphTemplates:
    """The provider's list of templates."""

    def __init__(self, graph: GraphApi) -> None:
        self._graph = graph

    def list_all(self, account_id: str, token: Secret) -> list[ListedTemplate]:
        """Every template of the account, never a part of the list: else `ProviderAway` or `ProviderRefused`."""
        found: dict[tuple[str, str], ListedTemplate] = {}
        query = {"fields": _FIELDS, "limit": str(_PAGE)}
        while True:
            page = self._graph.get(f"{quote(account_id, safe='')}/message_templates", query, token)
            found.update({(template.name, template.language): template for template in _templates(page, account_id)})
            after = _next(page)
            if after is None:
                return list(found.values())
            if after == query.get("after"):
                raise ProviderAway("The list of templates does not end.")
            query["after"] = after


def _templates(page: Raw, account_id: str) -> list[ListedTemplate]:
    data = page.get("data")
    if not isinstance(data, list):
        raise ProviderAway("The answer of the Graph API holds no templates.")
    found = [_template(raw) for raw in data]
    readable = [template for template in found if template is not None]
    if len(readable) < len(found):
        log.warning("templates_unreadable", account_id=account_id, count=len(found) - len(readable))
    return readable


def _template(raw: Any) -> ListedTemplate | None:
    """None for what has no name by which anybody could send it."""
    if not isinstance(raw, dict):
        return None
    external_id, name, language = meta_people.id_text(raw.get("id")), raw.get("name"), raw.get("language")
    if external_id is None or not _is_text(name) or not _is_text(language):
        return None
    components = raw.get("components")
    return ListedTemplate(
        external_id=external_id,
        name=name,
        language=language_code(language),
        category=category_of(_word(raw.get("category"))),
        provider_status=_word(raw.get("status")) or "UNKNOWN",
        rejection_reason=_word(raw.get("rejected_reason")),
        parameter_format=_word(raw.get("parameter_format")) or "POSITIONAL",
        components=[part for part in components if isinstance(part, dict)] if isinstance(components, list) else [],
    )


def _next(page: Raw) -> str | None:
    """The cursor of the page that follows. Its address is left alone: our token goes nowhere but to the Graph API."""
    paging = page.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if not isinstance(after, str):
        raise ProviderAway("The list of templates cannot be followed to its end.")
    return after


def read_news(value: Raw, at: datetime | None) -> TemplateNews | None:
    """What an update of a template's status at an instant says, or None where it names no template or no status."""
    external_id, word = meta_people.id_text(value.get("message_template_id")), _word(value.get("event"))
    if external_id is None or word is None:
        return None
    return TemplateNews(external_id, word, _word(value.get("reason")), at)


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def _word(value: Any) -> str | None:
    return value.upper()[:_LONGEST_WORD] or None if isinstance(value, str) else None
