"""The people who write to businesses, in the three flavours that webhooks know.

A person may be known by phone, by phone and username, or by username with the phone hidden. The
business-scoped user id is another one at each account, and changes with the phone number.
"""

import hashlib
from dataclasses import asdict, dataclass, field
from itertools import count

from tests.simulators.graph_api.wire import JsonObject


@dataclass(slots=True)
class Customer:
    """A person with WhatsApp; `generation` counts changes of the phone number."""

    key: str
    phone: str
    name: str = ""
    username: str | None = None
    phone_hidden: bool = False
    country: str = "US"
    on_whatsapp: bool = True
    user_ids: dict[str, str] = field(default_factory=dict)
    generation: int = 0

    def __post_init__(self) -> None:
        self.phone_hidden = self.phone_hidden or not self.phone

    def user_id(self, waba_id: str) -> str:
        """Return the person's business-scoped id at one account."""
        known = self.user_ids.get(waba_id)
        if known is None:
            known = self.user_ids[waba_id] = self._made_up_user_id(waba_id)
        return known

    def _made_up_user_id(self, waba_id: str) -> str:
        seed = f"{waba_id}/{self.key}/{self.generation}".encode()
        digits = int.from_bytes(hashlib.sha256(seed).digest()[:9], "big") % 10**20
        return f"{self.country}.{digits:020d}"

    def as_json(self) -> JsonObject:
        """Return the person as the control API shows them."""
        return asdict(self)


class Customers:
    """Everybody, found by phone, username, key or user id."""

    def __init__(self) -> None:
        self._by_key: dict[str, Customer] = {}
        self._by_phone: dict[str, Customer] = {}
        self._found_by_user_id: dict[str, Customer] = {}
        self._numbers = count(1)

    def put(self, body: JsonObject) -> Customer:
        """Add a person from the control API's body, or change the one with that key or phone."""
        fields = dict(body)
        fields["phone"] = str(fields.get("phone", "")).lstrip("+")
        known = self.find(str(fields.get("key") or fields["phone"]))
        if known is not None:
            return self._change(known, fields)
        fields.setdefault("key", fields["phone"] or f"customer-{next(self._numbers)}")
        return self._add(Customer(**fields))

    def _add(self, customer: Customer) -> Customer:
        self._by_key[customer.key] = customer
        if customer.phone:
            self._by_phone[customer.phone] = customer
        return customer

    def _change(self, customer: Customer, fields: JsonObject) -> Customer:
        unknown = set(fields) - set(Customer.__slots__)
        if unknown:
            raise TypeError(f"a customer has no {sorted(unknown)}")
        self._by_phone.pop(customer.phone, None)
        for name, value in fields.items():
            if name != "phone" or value:
                setattr(customer, name, value)
        return self._add(customer)

    def find(self, reference: str) -> Customer | None:
        """Return whom a key, phone, username or user id means."""
        plain = reference.lstrip("+")
        direct = self._by_key.get(reference) or self._by_phone.get(plain)
        if direct is not None or not plain or plain.isdigit():
            return direct
        for customer in self._by_key.values():
            if reference == customer.username or reference in customer.user_ids.values():
                return customer
        return None

    def by_phone(self, phone: str) -> Customer:
        """Return who has this number; a number nobody declared is a person known by phone alone."""
        return self._by_phone.get(phone) or self._add(Customer(phone, phone))

    def by_user_id(self, waba_id: str, user_id: str) -> Customer | None:
        """Return whom this account knows by this user id."""
        customer = self._found_by_user_id.get(user_id) or self.find(user_id)
        if customer is None or customer.user_ids.get(waba_id) != user_id:
            return None
        self._found_by_user_id[user_id] = customer
        return customer

    def change_number(self, customer: Customer, phone: str) -> None:
        """Give a person a new phone number, and with it new user ids everywhere."""
        self._by_phone.pop(customer.phone, None)
        customer.phone = phone.lstrip("+")
        customer.generation += 1
        customer.user_ids.clear()
        self._add(customer)

    def all(self) -> list[Customer]:
        """Return everybody."""
        return list(self._by_key.values())

    def clear(self) -> None:
        """Forget everybody."""
        self._by_key.clear()
        self._by_phone.clear()
        self._found_by_user_id.clear()
