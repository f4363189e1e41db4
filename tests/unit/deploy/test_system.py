"""What a system is told of servers and providers that somebody has given, and of those that nobody has."""

from pathlib import Path

import pytest

from deploy.local.environment import SERVER_URLS
from deploy.local.layout import layout_at
from deploy.local.ports import HOST
from deploy.local.system import System

PROVIDERS = ("GRAPH_API_URL", "TELEGRAM_API_URL")


@pytest.mark.parametrize("given", [(), PROVIDERS[:1], PROVIDERS[1:], PROVIDERS])
def test_a_provider_that_nobody_gives_has_a_stand_in_here(tmp_path: Path, given: tuple[str, ...]) -> None:
    servers = dict.fromkeys(SERVER_URLS, "x://y")
    theirs = {name: f"https://{name.lower()}.example" for name in given}
    variables = System(layout_at(tmp_path), servers | theirs).up_servers(with_migrations=False)
    addresses = [variables[name] for name in PROVIDERS]
    assert {name: variables[name] for name in given} == theirs
    assert sum(address.startswith(f"http://{HOST}:") for address in addresses) == len(PROVIDERS) - len(given)
    assert len(set(addresses)) == len(PROVIDERS)
