"""WhatsApp's Graph API. Sending never raises: whatever happens on the way becomes an `Answer`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.ssl_match_hostname import CertificateError

from services.common.contracts.messaging import MessageType, ProviderAway, ProviderRefused
from services.common.kit.settings import Secret
from services.messaging.adapters import meta_json
from services.messaging.domain.delivery import Answer, Verdict, verdict_of

_MOST_BYTES = 64 * 1024
_LARGEST_PAGE = 8 * 1024 * 1024
_LONGEST_ID = 500
_LONGEST_WAIT = 3600.0
_OK, _MULTIPLE, _TIMEOUT, _THROTTLED, _BROKEN = 200, 300, 408, 429, 500

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way out."""

    message_id: str
    phone_number_id: str
    wa_id: str | None
    user_id: str | None
    type: MessageType
    content: Content
    reply_to: str | None


class _Connection(HTTPSConnection):
    """Whatever breaks while it is made, breaks before anything of the request has left."""

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, CertificateError) as error:
            raise NewConnectionError(self, f"no connection: {error}") from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    """Tells a TLS handshake that failed from a fault of TLS while the answer is read."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {**self.poolmanager.pool_classes_by_scheme, "https": _Pool}


class GraphApi:
    """One per process: its connections are kept and shared."""

    def __init__(self, url: str, version: str, timeouts: tuple[float, float]) -> None:
        self._base = f"{url.rstrip('/')}/{version}"
        self._timeouts = timeouts
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc of the machine would replace the Authorization header
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(pool_connections=4, pool_maxsize=32, max_retries=0))

    def send(self, letter: Letter, token: Secret) -> Answer:
        """Send once. Never raises for what the network or the provider do."""
        try:
            with self._session.post(
                f"{self._base}/{letter.phone_number_id}/messages",
                data=orjson.dumps(body_of(letter)),
                headers={"Authorization": f"Bearer {token!s}", "Content-Type": "application/json"},
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as response:
                return _answer(response, self._read(response, _MOST_BYTES))
        except requests.exceptions.ConnectionError as error:
            if _never_connected(error):
                return Answer(Verdict.RETRY, code="unreachable", message="The Graph API could not be reached.")
            return _lost("The connection broke before the answer was there.")
        except requests.exceptions.Timeout:
            return _lost("The answer did not come in time.")
        except requests.exceptions.RequestException:
            return _lost("The answer could not be read.")

    def get(self, path: str, query: Mapping[str, str], token: Secret) -> Content:
        """What the provider answers to a question. Raises `ProviderAway`, or `ProviderRefused` with its words."""
        try:
            with self._session.get(
                f"{self._base}/{path}",
                params=query,
                headers={"Authorization": f"Bearer {token!s}"},
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as response:
                return _told(response, self._read(response, _LARGEST_PAGE))
        except requests.exceptions.RequestException as error:
            raise ProviderAway from error

    def _read(self, response: requests.Response, most_bytes: int) -> bytes:
        """The body, as far as it is of a size and comes at a speed that an answer has."""
        body, until = bytearray(), time.monotonic() + self._timeouts[1]
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) > most_bytes or time.monotonic() > until:
                raise requests.exceptions.ContentDecodingError
        return bytes(body)


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Whether nothing can have been sent: refused, unresolved, timed out or not trusted while connecting."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def _lost(message: str) -> Answer:
    return Answer(Verdict.UNCERTAIN, code="answer_lost", message=message)


def _told(response: requests.Response, body: bytes) -> Content:
    """The content of a good answer, such that it can be stored."""
    if _OK <= response.status_code < _MULTIPLE:
        try:
            content = meta_json.load(body)
        except (ValueError, RecursionError) as error:
            raise ProviderAway("The answer of the Graph API cannot be read.") from error
        if isinstance(content, dict):
            return content
        raise ProviderAway("The answer of the Graph API cannot be read.")
    refusal = _refusal(response, _object(body))
    if refusal.verdict is Verdict.REFUSED:
        raise ProviderRefused(refusal.message[:500], {"providerCode": refusal.code})
    raise ProviderAway(refusal.message[:500])


def _answer(response: requests.Response, body: bytes) -> Answer:
    content = _object(body)
    return _accepted(content) if _OK <= response.status_code < _MULTIPLE else _refusal(response, content)


def _refusal(response: requests.Response, content: Content) -> Answer:
    error = content.get("error")
    wait = _seconds(response.headers.get("Retry-After"))
    if isinstance(error, dict) and isinstance(code := error.get("code"), int):
        verdict = verdict_of(response.status_code, code, is_transient=error.get("is_transient") is True)
        return Answer(verdict, code=str(code), message=_words(error), retry_after=wait)
    if response.status_code >= _BROKEN:
        return _lost(f"The Graph API broke with status {response.status_code}.")
    verdict = Verdict.RETRY if response.status_code in (_TIMEOUT, _THROTTLED) else Verdict.REFUSED
    words = f"The Graph API answered with status {response.status_code}."
    return Answer(verdict, code=f"http_{response.status_code}", message=words, retry_after=wait)


def _accepted(content: Content) -> Answer:
    """Accepted is what bears an id; anything else leaves open what has become of the message."""
    external_id = _first(content, "messages").get("id")
    if not isinstance(external_id, str) or not 0 < len(external_id) <= _LONGEST_ID or "\x00" in external_id:
        return _lost("The answer names no message.")
    contact = _first(content, "contacts")
    return Answer(Verdict.ACCEPTED, external_id, _short(contact.get("wa_id")), _short(contact.get("user_id")))


def _object(body: bytes) -> Content:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _first(content: Content, name: str) -> Content:
    items = content.get(name)
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}


def _short(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and "\x00" not in value else None


def _words(error: Content) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    words = next((text for text in (details, error.get("message")) if isinstance(text, str)), "")
    return words.replace("\x00", "")


def _seconds(header: str | None) -> float | None:
    return min(float(header), _LONGEST_WAIT) if header is not None and header.isdecimal() else None


def body_of(letter: Letter) -> Content:
    """The request's body. Our id comes back in every status of the message."""
    to: Content = {"to": f"+{letter.wa_id}"} if letter.wa_id else {"recipient": letter.user_id}
    name, content = _SHAPES[letter.type](letter.content)
    context: Content = {"context": {"message_id": letter.reply_to}} if letter.reply_to else {}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        "type": name,
        name: content,
        **context,
        "biz_opaque_callback_data": letter.message_id,
    }


def _text(content: Content) -> tuple[str, Content]:
    return "text", {"body": content["text"], "preview_url": content.get("previewUrl", False)}


def _media(name: str) -> Callable[[Content], tuple[str, Content]]:
    def media(content: Content) -> tuple[str, Content]:
        source = {"id": content["mediaId"]} if "mediaId" in content else {"link": content["mediaUrl"]}
        return name, source | {part: content[part] for part in ("caption", "filename") if part in content}

    return media


def _location(content: Content) -> tuple[str, Content]:
    return "location", content


def _template(content: Content) -> tuple[str, Content]:
    template = {"name": content["name"], "language": {"code": content["language"]}}
    return "template", template | ({"components": content["components"]} if "components" in content else {})


def _interactive(content: Content) -> tuple[str, Content]:
    shared: Content = {"body": {"text": content["body"]}}
    if "header" in content:
        shared["header"] = {"type": "text", "text": content["header"]}
    if "footer" in content:
        shared["footer"] = {"text": content["footer"]}
    if content["kind"] == "BUTTONS":
        buttons = [{"type": "reply", "reply": button} for button in content["buttons"]]
        return "interactive", {"type": "button", **shared, "action": {"buttons": buttons}}
    action = {"button": content["buttonText"], "sections": content["sections"]}
    return "interactive", {"type": "list", **shared, "action": action}


_SHAPES: dict[MessageType, Callable[[Content], tuple[str, Content]]] = {
    MessageType.TEXT: _text,
    MessageType.IMAGE: _media("image"),
    MessageType.VIDEO: _media("video"),
    MessageType.AUDIO: _media("audio"),
    MessageType.DOCUMENT: _media("document"),
    MessageType.LOCATION: _location,
    MessageType.INTERACTIVE: _interactive,
    MessageType.TEMPLATE: _template,
}
