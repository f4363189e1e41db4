"""Forget old webhooks: the raw bodies, what became of their items, and news that are kept as they came.

Messages, statuses and people stay. What failed, or still waits for a channel, stays too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM
from services.messaging.repository.stored_webhooks import StoredWebhookRepository

log = get_logger(__name__)

_AT_ONCE = 500


def run(begin: Begin, keep: timedelta) -> None:
    """In small transactions, so that nobody waits long."""
    bodies = _in_portions(begin, keep, StoredWebhookRepository.forget)
    news = _in_portions(begin, keep, StoredWebhookRepository.forget_news)
    if bodies or news:
        log.info("webhooks_forgotten", bodies=bodies, news=news)


def _in_portions(begin: Begin, keep: timedelta, forget: Callable[[StoredWebhookRepository, datetime, int], int]) -> int:
    total, last = 0, _AT_ONCE
    while last == _AT_ONCE and not begin.stopping:
        with begin(SYSTEM) as uow:
            last = forget(StoredWebhookRepository(uow), uow.now - keep, _AT_ONCE)
        total += last
    return total
