"""Customer service windows: 24 hours from a person's last message to a business number."""

from tests.simulators.graph_api.clock import Clock

WINDOW_SECONDS = 24 * 3600


class Windows:
    """Which (business number, person) pairs may be written to freely."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opened: dict[tuple[str, str], float] = {}

    def open(self, phone_number_id: str, customer_key: str) -> None:
        """Open or prolong a window: the person has just written."""
        self._opened[phone_number_id, customer_key] = self._clock.now()

    def close(self, phone_number_id: str, customer_key: str) -> None:
        """Close a window before its time."""
        self._opened.pop((phone_number_id, customer_key), None)

    def is_open(self, phone_number_id: str, customer_key: str) -> bool:
        """Tell whether free-form messages are delivered now."""
        opened = self._opened.get((phone_number_id, customer_key))
        return opened is not None and self._clock.now() - opened < WINDOW_SECONDS

    def numbers_known_to(self, customer_key: str) -> list[str]:
        """Return the business numbers that this person has written to."""
        return [number for number, key in self._opened if key == customer_key]

    def clear(self) -> None:
        """Close every window."""
        self._opened.clear()
