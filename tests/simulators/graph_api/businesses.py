"""The businesses of the simulated world: accounts (WABA), their phone numbers and access tokens."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.simulators.graph_api.errors import TOKEN_EXPIRED_SUBCODE, TOKEN_INVALID_SUBCODE, GraphError
from tests.simulators.graph_api.wire import JsonObject

MESSAGING = "whatsapp_business_messaging"
MANAGEMENT = "whatsapp_business_management"


@dataclass(slots=True)
class Override:
    """A webhook address that goes before the app's own."""

    callback_uri: str
    verify_token: str


@dataclass(slots=True)
class PhoneNumber:
    """A business phone number; `country_code` is what Meta may put before a recipient without `+`."""

    id: str
    display_phone_number: str
    verified_name: str = ""
    country_code: str = "1"
    quality_rating: str = "GREEN"
    status: str = "CONNECTED"
    pin: str | None = None
    override: Override | None = None

    @property
    def digits(self) -> str:
        """The number as webhooks and recipients write it."""
        return re.sub(r"\D", "", self.display_phone_number)


@dataclass(slots=True)
class Token:
    """An access token; `state` is active, expired or revoked."""

    value: str
    state: str = "active"
    permissions: list[str] = field(default_factory=lambda: [MESSAGING, MANAGEMENT])


@dataclass(slots=True)
class Business:
    """A WhatsApp Business Account; without a subscription of the app its webhooks are silence."""

    waba_id: str
    name: str
    phone_numbers: dict[str, PhoneNumber] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    subscribed: bool = True
    override: Override | None = None

    @classmethod
    def from_control(cls, body: JsonObject) -> "Business":
        """Build a business from what `POST /_control/businesses` takes."""
        fields = dict(body)
        numbers = [PhoneNumber(**number) for number in fields.pop("phone_numbers", [])]
        tokens = [Token(**t) if isinstance(t, dict) else Token(t) for t in fields.pop("tokens", [])]
        business = cls(**fields)
        for number in numbers:
            number.verified_name = number.verified_name or business.name
        business.phone_numbers = {number.id: number for number in numbers}
        business.tokens = {token.value: token for token in tokens}
        return business

    def as_json(self) -> JsonObject:
        """Return the business as the control API shows it."""
        shown: dict[str, Any] = asdict(self)
        shown["phone_numbers"] = list(shown["phone_numbers"].values())
        shown["tokens"] = list(shown["tokens"].values())
        return shown


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token a call carries."""

    business: Business
    token: Token

    def require(self, permission: str) -> None:
        """Refuse a call that the token has no permission for."""
        if permission not in self.token.permissions:
            raise GraphError(10, f"The call needs the permission {permission}.")


class Businesses:
    """Every business, found by account, number or token."""

    def __init__(self) -> None:
        self._by_waba: dict[str, Business] = {}
        self._by_number: dict[str, Business] = {}
        self._by_token: dict[str, Caller] = {}

    def put(self, business: Business) -> None:
        """Add a business, or replace the one with its account id."""
        self._by_waba[business.waba_id] = business
        self._index()

    def _index(self) -> None:
        everyone = list(self._by_waba.values())
        self._by_number = {number: b for b in everyone for number in b.phone_numbers}
        self._by_token = {t.value: Caller(b, t) for b in everyone for t in b.tokens.values()}

    def all(self) -> list[Business]:
        """Return every business."""
        return list(self._by_waba.values())

    def by_waba(self, waba_id: str) -> Business | None:
        """Return the business with this account id."""
        return self._by_waba.get(waba_id)

    def by_number(self, phone_number_id: str) -> Business | None:
        """Return the business that owns this phone number."""
        return self._by_number.get(phone_number_id)

    def token(self, value: str) -> Token | None:
        """Return a token by its value."""
        caller = self._by_token.get(value)
        return caller.token if caller else None

    def authenticate(self, authorization: str) -> Caller:
        """Return the caller of an `Authorization` header, or refuse as the API does."""
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise GraphError(200, message="(#200) No access token was provided.")
        caller = self._by_token.get(value.strip())
        if caller is None:
            raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")
        if caller.token.state != "active":
            raise _dead_token(caller.token)
        return caller

    def clear(self) -> None:
        """Forget every business."""
        self._by_waba.clear()
        self._index()


def _dead_token(token: Token) -> GraphError:
    if token.state == "expired":
        message = "Error validating access token: Session has expired."
        return GraphError(190, message=message, subcode=TOKEN_EXPIRED_SUBCODE)
    message = "Error validating access token: The session has been invalidated."
    return GraphError(190, message=message, subcode=TOKEN_INVALID_SUBCODE)
