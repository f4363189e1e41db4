"""The control API from Python: `ControlClient(base_url)` arranges the simulated world and reads what happened."""

import base64
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_TOKEN, SECOND_TOKEN, demo_businesses
from tests.simulators.graph_api.faults import Fault, FaultKind
from tests.simulators.graph_api.records import AcceptedMessage, RecordedCall, WebhookAttempt
from tests.simulators.graph_api.wire import JsonObject

TIMEOUT_SECONDS = 30.0


class ControlError(Exception):
    """The control API refused an order."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is still under way in the simulator."""

    pending_statuses: int
    pending_webhooks: int
    undeliverable_webhooks: int
    accepted: int

    @property
    def idle(self) -> bool:
        """Whether everything was told and acknowledged."""
        return self.pending_statuses == 0 and self.pending_webhooks == 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each thing was accepted; more than once is a double send."""

    calls: int
    accepted: int
    callback_data_seen: int
    by_callback_data: dict[str, int]
    by_content: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def sent_twice(self) -> dict[str, int]:
        """The callback data that came with more than one accepted message."""
        return {data: count for data, count in self.by_callback_data.items() if count > 1}


class _Connection:
    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()

    def order(self, method: str, path: str, body: JsonObject | None = None, /, **query: Any) -> Any:
        """Send one order and return its answer."""
        url, wanted = f"{self.base_url}/_control/{path}", {k: v for k, v in query.items() if v is not None}
        answer = self._session.request(method, url, json=body, params=wanted, timeout=TIMEOUT_SECONDS)
        if answer.status_code != 200:
            raise ControlError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def close(self) -> None:
        """Close the connection to the simulator."""
        self._session.close()


class Conditions(_Connection):
    """How the world behaves: clock, limits, faults, statuses, webhooks."""

    def now(self) -> float:
        """Return the simulated time."""
        return float(self.order("GET", "clock")["now"])

    def set_clock(self, now: float | None = None, *, frozen: bool = False) -> float:
        """Jump to a time (by default the present one), and stand still there if frozen."""
        body: JsonObject = {"frozen": frozen} | ({"now": now} if now is not None else {})
        return float(self.order("POST", "clock", body)["now"])

    def advance_clock(self, seconds: float) -> float:
        """Move the simulated time forward."""
        return float(self.order("POST", "clock", {"advance": seconds})["now"])

    def set_limits(self, **limits: Any) -> JsonObject:
        """Set messages_per_second, pair_seconds (None switches either off), pair_burst."""
        return dict(self.order("POST", "limits", limits))

    def no_limits(self) -> None:
        """Switch the throughput and pair limits off, as benchmarks need it."""
        self.set_limits(messages_per_second=None, pair_seconds=None)

    def add_fault(self, kind: FaultKind | str, **conditions: Any) -> Fault:
        """Arrange a fault; see `Fault` for times, skip, endpoint, phone_number_id, recipient, code, seconds."""
        return Fault(**self.order("POST", "faults", {"kind": FaultKind(kind).value, **conditions}))

    def faults(self) -> list[Fault]:
        """Return the faults that are still to happen."""
        return [Fault(**fault) for fault in self.order("GET", "faults")]

    def clear_faults(self, fault: Fault | None = None) -> None:
        """Clear one fault, or all."""
        self.order("DELETE", "faults" if fault is None else f"faults/{fault.id}")

    def set_behaviour(
        self, *, recipient: str | None = None, phone_number_id: str | None = None, **changes: Any
    ) -> JsonObject:
        """Change how statuses follow: statuses, delays, dropped, copies, order, before_answer."""
        scope = {"recipient": recipient, "phone_number_id": phone_number_id}
        body = changes | {name: value for name, value in scope.items() if value is not None}
        return dict(self.order("POST", "behaviour", body))

    def set_webhooks(self, **changes: Any) -> JsonObject:
        """Change how webhooks travel: copies, batch_most, batch_seconds, concurrency, timeouts, retries."""
        return dict(self.order("POST", "webhooks/settings", changes))

    def set_options(self, **options: Any) -> JsonObject:
        """Set webhook_url, app_secret, verify_token, prepend_country_code, template_review or lean_records."""
        return dict(self.order("POST", "options", options))

    def retry_webhooks(self) -> int:
        """Repeat at once whatever waits for a retry; return how many webhooks that is."""
        return int(self.order("POST", "webhooks/retry")["retried"])


class World(_Connection):
    """What exists, and what its people do."""

    def reset(self) -> None:
        """Return to an empty world in real time."""
        self.order("POST", "reset")

    def create_business(self, business: JsonObject) -> JsonObject:
        """Add a business with `phone_numbers`, `tokens` and `templates`, or replace it."""
        return dict(self.order("POST", "businesses", business))

    def businesses(self) -> list[JsonObject]:
        """Return every business."""
        return list(self.order("GET", "businesses"))

    def create_demo_businesses(self, demo_token: str = DEMO_TOKEN, second_token: str = SECOND_TOKEN) -> None:
        """Add Demo Company and Second Company."""
        for business in demo_businesses(demo_token, second_token):
            self.create_business(business)

    def set_token(self, token: str, state: str = "active", permissions: list[str] | None = None) -> None:
        """Make a token active, expired or revoked, or change its permissions."""
        body: JsonObject = {"token": token, "state": state}
        self.order("POST", "tokens", body if permissions is None else {**body, "permissions": permissions})

    def change_phone_number(self, phone_number_id: str, **changes: Any) -> None:
        """Change status, quality_rating, verified_name, … of a number."""
        self.order("POST", f"phone_numbers/{phone_number_id}", changes)

    def review_template(self, template_id: str, status: str, reason: str = "NONE") -> JsonObject:
        """Give a template a status; the app is told by webhook."""
        return dict(self.order("POST", f"templates/{template_id}", {"status": status, "reason": reason}))

    def create_customer(self, phone: str = "", **details: Any) -> JsonObject:
        """Declare a person: name, username, phone_hidden, country, on_whatsapp, user_ids, key."""
        return dict(self.order("POST", "customers", {"phone": phone, **details}))

    def user_id(self, customer: str, waba_id: str) -> str:
        """Return the id by which an account knows a person."""
        return str(self.order("GET", f"customers/{customer}/user_ids/{waba_id}")["user_id"])

    def write(self, customer: str, content: JsonObject | str, *, to: str = DEMO_NUMBER_ID, copies: int = 1) -> str:
        """Let a person write one message; a string is a text. Return the message's id."""
        message = {"type": "text", "text": {"body": content}} if isinstance(content, str) else content
        body = {**message, "phone_number_id": to, "copies": copies}
        return str(self.order("POST", f"customers/{customer}/messages", body)["message_ids"][0])

    def write_many(
        self, customer: str, contents: list[JsonObject], *, to: str = DEMO_NUMBER_ID, copies: int = 1
    ) -> list[str]:
        """Let a person write several messages in one webhook."""
        body = {"messages": contents, "phone_number_id": to, "copies": copies}
        return list(self.order("POST", f"customers/{customer}/messages", body)["message_ids"])

    def write_batch(self, items: list[JsonObject]) -> list[str]:
        """Send messages of several people in one POST; items have customer, phone_number_id and a message."""
        return list(self.order("POST", "batches", {"items": items})["message_ids"])

    def tap(self, customer: str, reply_id: str, title: str, *, in_reply_to: str, to: str = DEMO_NUMBER_ID) -> str:
        """Let a person tap a reply button of an interactive message."""
        reply = {"type": "button_reply", "button_reply": {"id": reply_id, "title": title}}
        return self.write(customer, _interactive(reply, in_reply_to), to=to)

    def choose(self, customer: str, row_id: str, title: str, *, in_reply_to: str, to: str = DEMO_NUMBER_ID) -> str:
        """Let a person choose a row of a list message."""
        reply = {"type": "list_reply", "list_reply": {"id": row_id, "title": title}}
        return self.write(customer, _interactive(reply, in_reply_to), to=to)

    def change_customer_number(self, customer: str, phone: str) -> JsonObject:
        """Give a person a new phone; the businesses they wrote to are told."""
        return dict(self.order("POST", f"customers/{customer}/number", {"phone": phone}))

    def set_window(self, customer: str, *, is_open: bool = True, number: str = DEMO_NUMBER_ID) -> None:
        """Open or close a service window without a message."""
        self.order("POST", "windows", {"customer": customer, "phone_number_id": number, "open": is_open})

    def tell_status(self, message_id: str, status: str, **details: Any) -> None:
        """Send one status of an accepted message; `code` makes it a failure, `timestamp` sets its time."""
        self.order("POST", "statuses", {"message_id": message_id, "status": status, **details})

    def send_raw(self, payload: JsonObject | bytes, *, signature: str = "right", url: str | None = None) -> None:
        """Post any payload; the signature is right, wrong, missing, or a value of its own."""
        written: JsonObject = {"signature": signature, "url": url}
        if isinstance(payload, bytes):
            written["base64"] = base64.b64encode(payload).decode()
        else:
            written["payload"] = payload
        self.order("POST", "webhooks/raw", written)

    def verify_callback(self, **details: str) -> JsonObject:
        """Shake hands with the callback; `url`, `verify_token` and `challenge` can be given."""
        return dict(self.order("POST", "webhooks/verify", dict(details)))


class ControlClient(Conditions, World):
    """Everything the control API offers."""

    def progress(self) -> Progress:
        """Return what is still under way."""
        return Progress(**self.order("GET", "health"))

    def wait_until_idle(self, timeout: float = 10.0) -> Progress:
        """Wait until every status was told and every webhook acknowledged."""
        deadline = time.monotonic() + timeout
        while not (progress := self.progress()).idle:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the simulator is still busy: {progress}")
            time.sleep(0.02)
        return progress

    def calls(self, **filters: Any) -> list[RecordedCall]:
        """Return the calls seen; filters are path, status, outcome, offset, limit."""
        return [RecordedCall(**call) for call in self.order("GET", "calls", **filters)]

    def accepted(self, **filters: Any) -> list[AcceptedMessage]:
        """Return accepted messages; filters are id, to, phone_number_id, type, text and biz_opaque_callback_data."""
        return [AcceptedMessage(**message) for message in self.order("GET", "accepted", **filters)]

    def counts(self, at_least: int = 1) -> Counts:
        """Return how often each thing was accepted; `at_least=2` lists the double sends alone."""
        found = self.order("GET", "counts", at_least=at_least)
        content = {(entry["to"], entry["text"]): entry["count"] for entry in found.pop("by_content")}
        return Counts(**found, by_content=content)

    def attempts(self, **filters: Any) -> list[WebhookAttempt]:
        """Return the tries to deliver webhooks; filters are containing, offset, limit."""
        return [WebhookAttempt(**attempt) for attempt in self.order("GET", "webhooks/attempts", **filters)]

    def read_marks(self) -> list[JsonObject]:
        """Return the messages that businesses marked as read."""
        return list(self.order("GET", "read_marks"))

    def forget(self) -> None:
        """Empty the records and keep the world."""
        self.order("POST", "records/reset")


def _interactive(reply: JsonObject, in_reply_to: str) -> JsonObject:
    return {"type": "interactive", "interactive": reply, "context": {"id": in_reply_to}}
