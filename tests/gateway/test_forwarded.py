"""S-07: where a caller is, their own headers do not say; only as many proxies as we were told of are believed."""

from __future__ import annotations

import pytest

from gateway.settings import GatewaySettings
from services.common.contracts.auth import Login
from services.common.kit.settings import SettingsError
from tests.gateway.bus import FakeRpc
from tests.gateway.conftest import SETTINGS, MakeClient

LOGIN = {"email": "rosa@salon.example", "password": "x"}
SPOOFED = {
    "Forwarded": "for=203.0.113.7",
    "X-Real-IP": "203.0.113.7",
    "X-Client-IP": "203.0.113.7",
    "X-Originating-IP": "203.0.113.7",
    "True-Client-IP": "203.0.113.7",
    "CF-Connecting-IP": "203.0.113.7",
    "X-Forwarded-Host": "203.0.113.7",
    "X-Cluster-Client-IP": "203.0.113.7",
    "Remote-Addr": "203.0.113.7",
}


def address_told(rpc: FakeRpc) -> str | None:
    """Under which address the latest log-in will count."""
    assert isinstance(rpc.commands[-1].request, Login)
    return rpc.commands[-1].context.address


@pytest.mark.parametrize("name", [*SPOOFED, "X-Forwarded-For"])
@pytest.mark.parametrize("proxies", ["0", "1"])
def test_no_header_but_one_is_ever_read_and_that_one_not_by_default(
    make_client: MakeClient, rpc: FakeRpc, name: str, proxies: str
) -> None:
    client = make_client(TRUSTED_PROXIES=proxies)
    client.post("/api/v1/auth/login", json=LOGIN, headers={name: "203.0.113.7"})
    is_read = (name, proxies) == ("X-Forwarded-For", "1")
    assert address_told(rpc) == ("203.0.113.7" if is_read else "127.0.0.1")


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        ("0", "198.51.100.1, 203.0.113.7", "127.0.0.1"),
        ("1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("1", "198.51.100.1, 192.0.2.1, 203.0.113.7", "203.0.113.7"),
        ("2", "198.51.100.1, 192.0.2.1, 203.0.113.7", "192.0.2.1"),
        ("2", "203.0.113.7", "127.0.0.1"),
    ],
)
def test_what_the_caller_wrote_stands_left_of_what_our_proxies_wrote(
    make_client: MakeClient, rpc: FakeRpc, proxies: str, header: str, address: str
) -> None:
    client = make_client(TRUSTED_PROXIES=proxies)
    client.post("/api/v1/auth/login", json=LOGIN, headers={"X-Forwarded-For": header})
    assert address_told(rpc) == address


def test_another_address_in_each_request_gets_no_further_guesses(make_client: MakeClient) -> None:
    for proxies, prefix in (("0", ""), ("1", "203.0.113.")):
        client = make_client(CREDENTIAL_RATE_LIMIT_PER_MINUTE="3", TRUSTED_PROXIES=proxies)
        statuses = [
            client.post(
                "/api/v1/auth/login",
                json=LOGIN,
                # Behind the proxy, what the caller writes comes before the address that the proxy saw.
                headers={"X-Forwarded-For": f"198.51.100.{number}" + (f", {prefix}7" if prefix else "")},
            ).status_code
            for number in range(5)
        ]
        assert statuses == [200] * 3 + [429] * 2


def test_nobody_is_believed_unless_we_are_told() -> None:
    assert GatewaySettings.load(SETTINGS).trusted_proxies == 0
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        GatewaySettings.load({**SETTINGS, "TRUSTED_PROXIES": "yes"})
