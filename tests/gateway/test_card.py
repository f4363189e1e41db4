"""The card tells the truth about the settings."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.settings import GatewaySettings

CARD = (Path(__file__).parents[2] / "gateway" / "README.md").read_text()


def test_the_card_lists_the_settings_and_their_defaults() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", CARD, re.MULTILINE))
    variables = {name: default for name, _, default in GatewaySettings.variables()}
    assert set(rows) == set(variables)
    plain = {name: default for name, default in variables.items() if default not in {None, "None", "()"}}
    listed = {name: rows[name].strip("`") for name in plain}
    plain["REQUIRED_SERVICES"] = ",".join(GatewaySettings.required_services)
    assert listed == plain
