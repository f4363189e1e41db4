"""What a delivered message costs, by the rules before and from October 2026."""

from collections import Counter
from datetime import UTC, datetime

from tests.simulators.graph_api.wire import JsonObject

NEW_RULES_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
FREE_SERVICE_MESSAGES = 1_000


class Pricing:
    """Prices messages, counting each number's free service messages of the month."""

    def __init__(self) -> None:
        self._service_messages: Counter[tuple[str, str]] = Counter()

    def of(self, phone_number_id: str, category: str, *, window_open: bool, at: float) -> JsonObject:
        """Return the `pricing` of a message; call it once for each."""
        kind = "free_customer_service" if self._is_free(phone_number_id, category, window_open, at) else "regular"
        return {"billable": kind == "regular", "pricing_model": "PMP", "type": kind, "category": category}

    def _is_free(self, phone_number_id: str, category: str, window_open: bool, at: float) -> bool:
        if at < NEW_RULES_FROM:
            return window_open and category in {"service", "utility"}
        if category != "service":
            return False
        month = datetime.fromtimestamp(at, UTC).strftime("%Y-%m")
        self._service_messages[phone_number_id, month] += 1
        return self._service_messages[phone_number_id, month] <= FREE_SERVICE_MESSAGES

    def clear(self) -> None:
        """Start the month's free messages anew."""
        self._service_messages.clear()
