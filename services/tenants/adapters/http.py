"""One JSON call to a provider, with a bounded answer and a bounded wait."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import orjson
import requests
from requests.adapters import HTTPAdapter

from services.common.contracts.tenants import ProviderAway
from services.common.kit.settings import Secret

_MOST_BYTES = 256 * 1024

Json = dict[str, Any]


class Answer(NamedTuple):
    """What came back; an empty object stands for a body that is none."""

    status: int
    body: Json


class JsonClient:
    """One per process: its connections are kept and shared."""

    def __init__(self, timeouts: tuple[float, float]) -> None:
        self._timeouts = timeouts
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc of the machine would replace the Authorization header
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=16, max_retries=0))

    def call(self, method: str, url: str, body: Json | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Raises `ProviderAway`; its words never contain the address, which can contain a secret."""
        options: dict[str, Any] = {"headers": headers, "timeout": self._timeouts, "allow_redirects": False}
        if body is not None:
            options["data"] = orjson.dumps(body)
            options["headers"] = {**(headers or {}), "Content-Type": "application/json"}
        try:
            with self._session.request(method, url, stream=True, **options) as response:
                return Answer(response.status_code, _object(self._read(response)))
        except requests.exceptions.Timeout:
            failure = "The provider did not answer in time."
        except requests.exceptions.RequestException:
            failure = "The provider could not be reached."
        raise ProviderAway(failure)

    def _read(self, response: requests.Response) -> bytes:
        until, body = time.monotonic() + self._timeouts[1], b""
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) > _MOST_BYTES or time.monotonic() > until:
                raise requests.exceptions.ContentDecodingError
        return body


def _object(body: bytes) -> Json:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def text_of(value: Any) -> str | None:
    """A text that can be stored and shown, or nothing."""
    return value.replace("\x00", "")[:500] or None if isinstance(value, str) else None


def words_of(value: Any, token: Secret) -> str | None:
    """What a provider says of a refusal, which may repeat the token that it refuses."""
    return text_of(value.replace(str(token), "…")) if isinstance(value, str) else None
