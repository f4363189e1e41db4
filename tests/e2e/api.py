"""The product's REST surface as a stranger sees it: plain HTTP, nothing of the product's code."""

from __future__ import annotations

from typing import Any

import requests

API = "/api/v1"
_TIMEOUT_SECONDS = 20.0


class Answer:
    """One response, with short ways to what tests look at."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers

    @property
    def json(self) -> Any:
        """The whole body."""
        return self.response.json()

    @property
    def data(self) -> Any:
        """What a successful answer carries; anything else is a failure of the test."""
        assert self.response.ok, f"{self.response.request.method} {self.response.url}: {self.status} {self.words}"
        assert self.json["success"] is True
        return self.json["data"]

    @property
    def code(self) -> str:
        """The stable name of a refusal, in a body of the right shape and type."""
        assert self.status >= 400, f"{self.response.url} was answered {self.status}"
        assert self.headers["Content-Type"] == "application/problem+json", self.words
        problem = self.json
        assert (problem["success"], problem["status"]) == (False, self.status)
        return str(problem["code"])

    @property
    def words(self) -> str:
        """The body's beginning, to be shown when a test fails."""
        return self.response.text[:500]

    def refusal(self) -> dict[str, Any]:
        """The body of a refusal without what belongs to this very request."""
        assert self.code
        return {name: value for name, value in self.json.items() if name not in {"instance", "requestId"}}


class Api:
    """A caller: nobody at first, the owner of a token after `as_caller`."""

    def __init__(self, gateway_url: str, token: str | None = None) -> None:
        self.gateway_url = gateway_url.rstrip("/")
        self._session = requests.Session()
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def as_caller(self, token: str | None) -> Api:
        """Somebody else at the same door."""
        return Api(self.gateway_url, token)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """Any method; a path that does not begin with `/api/` or `/.` is one of the versioned API."""
        if body is not None:
            options["json"] = body
        rooted = path.startswith(("/api/", "/."))
        url = self.gateway_url + ("" if rooted else API) + path
        return Answer(self._session.request(method, url, timeout=_TIMEOUT_SECONDS, **options))

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("POST", path, body, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def close(self) -> None:
        self._session.close()

    def root(self, path: str, **headers: str) -> Answer:
        """A path without a prefix."""
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        return Answer(self._session.get(self.gateway_url + path, headers=given, timeout=_TIMEOUT_SECONDS))
