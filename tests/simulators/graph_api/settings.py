"""Settings of the simulator's process: arguments, and the environment for what they leave out."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WEBHOOK_PATH = "/api/v1/webhook"


@dataclass(slots=True)
class Settings:
    """Where to listen, and whom to tell; the control API can change the latter later."""

    host: str = "127.0.0.1"
    port: int = 0
    webhook_url: str | None = None
    app_secret: str = "simulated-app-secret"
    verify_token: str = "simulated-verify-token"
    app_id: str = "1234567890123456"
    app_name: str = "Frontdesk"


def read_settings(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that a command line and an environment ask for."""
    default = Settings()
    parser = argparse.ArgumentParser(prog="graph_api", description="A stand-in for Meta's Graph API.")
    parser.add_argument("--host", default=default.host)
    parser.add_argument("--port", type=int, default=default.port, help="0 takes a free one")
    parser.add_argument("--webhook-url", default=_webhook_url(environment), help="the app's callback URL")
    # While secrets are rotated the product knows several; Meta signs with one.
    secret = environment.get("META_APP_SECRET", "").partition(",")[0].strip()
    parser.add_argument("--app-secret", default=secret or default.app_secret)
    parser.add_argument("--verify-token", default=environment.get("META_VERIFY_TOKEN") or default.verify_token)
    return Settings(**vars(parser.parse_args(arguments)))


def _webhook_url(environment: Mapping[str, str]) -> str | None:
    gateway = environment.get("GATEWAY_URL", "").rstrip("/")
    return f"{gateway}{WEBHOOK_PATH}" if gateway else None
