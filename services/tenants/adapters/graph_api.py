"""WhatsApp's Graph API: whether a number is ours, and whether its account brings us what comes in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from services.common.contracts.tenants import CredentialsRefused, ProviderAway
from services.tenants.adapters.http import Answer, Json, JsonClient, text_of, words_of
from services.tenants.adapters.provider import Delivery, Facts
from services.tenants.domain.identities import Identity

_FIELDS = "id,display_phone_number,verified_name,quality_rating,status,throughput"
_LIMIT = "whatsapp_business_manager_messaging_limit"
_UNKNOWN_FIELD = 100
_PASSING = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131057, 133004})
"""Codes of a fault that passes: overload, throughput, maintenance. They say nothing about the credentials."""

_MULTIPLE, _THROTTLED = 300, 429
_USABLE = frozenset({"CONNECTED", "LINKED"})


class GraphApi:
    """Asks with the business's own token."""

    def __init__(self, url: str, version: str, client: JsonClient) -> None:
        self._base = f"{url.rstrip('/')}/{version}"
        self._client = client

    def verify(self, identity: Identity) -> Facts:
        """Whether the token may read the number. One that Meta has blocked is refused with Meta's word for it."""
        facts = self._number(identity)
        if facts.provider_status is not None and facts.provider_status not in _USABLE:
            raise CredentialsRefused(f"The number is {facts.provider_status}, not connected to the Cloud API.")
        return facts

    def register(self, identity: Identity) -> None:
        """Subscribe the platform's app to the account."""
        if self._apps("POST", identity).get("success") is not True:
            raise _nonsense()

    def unregister(self, identity: Identity) -> None:
        """Other numbers of the account may be in use: the subscription stays."""

    def delivery(self, identity: Identity) -> Delivery:
        """Whether an app is subscribed to the account."""
        if self._apps("GET", identity).get("data"):
            return Delivery(is_registered=True)
        return Delivery(is_registered=False, problem="The app is not subscribed to the WhatsApp business account.")

    def _apps(self, method: str, identity: Identity) -> Json:
        path = f"{_segment(identity.business_account_id)}/subscribed_apps"
        return _read(self._call(method, path, identity), identity)

    def _number(self, identity: Identity) -> Facts:
        path = f"{_segment(identity.phone_number_id)}?fields={_FIELDS}"
        answer = self._call("GET", f"{path},{_LIMIT}", identity)
        if _error(answer).get("code") == _UNKNOWN_FIELD:  # not every version knows the limit
            answer = self._call("GET", path, identity)
        number = _read(answer, identity)
        if number.get("id") != identity.phone_number_id:
            raise _nonsense()
        throughput = number.get("throughput")
        return Facts(
            display_phone_number=text_of(number.get("display_phone_number")),
            verified_name=text_of(number.get("verified_name")),
            provider_status=text_of(number.get("status")),
            quality=text_of(number.get("quality_rating")),
            throughput=text_of(throughput.get("level")) if isinstance(throughput, dict) else None,
            messaging_limit=text_of(number.get(_LIMIT)),
        )

    def _call(self, method: str, path: str, identity: Identity) -> Answer:
        headers = {"Authorization": f"Bearer {identity.token!s}"}
        return self._client.call(method, f"{self._base}/{path}", headers=headers)


def _segment(provider_id: str | None) -> str:
    """An id as one part of an address, whatever somebody has written into it."""
    return quote(provider_id or "", safe="")


def _read(answer: Answer, identity: Identity) -> Json:
    """The good answer. Raises `CredentialsRefused` with Meta's words, or `ProviderAway`."""
    if answer.status < _MULTIPLE:
        return answer.body
    error = _error(answer)
    code = error.get("code")
    is_passing = code in _PASSING or error.get("is_transient") is True or answer.status == _THROTTLED
    if is_passing or not isinstance(code, int):
        raise _nonsense()
    words = words_of(error.get("message"), identity.token) or f"The Graph API answered with status {answer.status}."
    raise CredentialsRefused(words, {"providerCode": str(code)})


def _nonsense() -> ProviderAway:
    """What says nothing about the credentials: neither that they are good, nor that they are not."""
    return ProviderAway("The Graph API is overloaded or broken at the moment.")


def _error(answer: Answer) -> dict[str, Any]:
    error = answer.body.get("error")
    return error if isinstance(error, dict) else {}
