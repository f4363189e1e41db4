"""The REST surface as the demo and the seed use it: from outside, over HTTP, like anybody else."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import requests

from deploy.local.console import LocalError, say

API = "/api/v1"
_TIMEOUT_SECONDS = 15
_HTTP_TOO_MANY = 429
_LONGEST_WAIT = 60


class Refused(LocalError):
    """The gateway answered with an error; `code` is its stable name."""

    def __init__(self, method: str, path: str, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{method} {path} was answered {status}: {problem.get('detail', problem)}")
        self.status = status
        self.code = str(problem.get("code", ""))


class Client:
    """Calls the API of one gateway, after `sign_in` in somebody's name."""

    def __init__(self, gateway_url: str) -> None:
        self.gateway_url = gateway_url.rstrip("/")
        self._session = requests.Session()

    def sign_in(self, email: str, password: str) -> dict[str, Any]:
        """Log in and speak with that user's token from now on."""
        return self._take(self.post("/auth/login", {"email": email, "password": password}))

    def register(self, **form: str) -> dict[str, Any]:
        """Make a tenant with its owner and speak with the owner's token from now on."""
        return self._take(self.post("/auth/register", form))

    def _take(self, signed_in: dict[str, Any]) -> dict[str, Any]:
        self._session.headers["Authorization"] = f"Bearer {signed_in['token']}"
        return signed_in

    def get(self, path: str, **query: Any) -> Any:
        """Return the `data` of the answer."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the `data` of the answer."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **parts: Any) -> Any:
        url = f"{self.gateway_url}{API}{path}"
        answer = self._request(method, url, **parts)
        if answer.status_code == _HTTP_TOO_MANY and (seconds := int(answer.headers["Retry-After"])) <= _LONGEST_WAIT:
            say(f"That was much for one minute; going on in {seconds} s …")
            time.sleep(seconds)
            answer = self._request(method, url, **parts)
        if not answer.ok:
            raise Refused(method, path, answer.status_code, _problem(answer))
        return answer.json()["data"]

    def _request(self, method: str, url: str, **parts: Any) -> requests.Response:
        try:
            return self._session.request(method, url, timeout=_TIMEOUT_SECONDS, **parts)
        except requests.ConnectionError as error:
            raise LocalError(
                f"Nobody answers at {self.gateway_url}: please start the system with `make up`."
            ) from error


def _problem(answer: requests.Response) -> dict[str, Any]:
    try:
        return dict(answer.json())
    except ValueError:
        return {"detail": answer.text[:200]}


def signature(app_secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256` for a body."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def post_webhook(session: requests.Session, gateway_url: str, app_secret: str, body: bytes) -> int:
    """Post a body as Meta would, signed; return the status of the answer."""
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(app_secret, body)}
    url = f"{gateway_url.rstrip('/')}{API}/webhook"
    return session.post(url, data=body, headers=headers, timeout=_TIMEOUT_SECONDS).status_code
