"""The WSGI application that the server imports in each of its worker processes."""

from __future__ import annotations

import atexit
from pathlib import Path

from gateway.settings import GatewaySettings

settings = GatewaySettings.load()
if settings.metrics_directory is not None:
    # Before the first metric is made, which opens its file in there.
    Path(settings.metrics_directory).mkdir(parents=True, exist_ok=True)

from gateway.app import create_app  # noqa: E402  see above
from gateway.listener import Listener  # noqa: E402
from gateway.revocations import Revocations  # noqa: E402
from gateway.webhooks.meta import EXCHANGE  # noqa: E402
from services.common.kit.logging import configure  # noqa: E402
from services.common.kit.publisher import ConfirmedPublisher  # noqa: E402
from services.common.kit.rpc import RpcClient  # noqa: E402

configure("gateway", settings.log_level)
rpc = RpcClient(settings.amqp_url, "gateway")
publisher = ConfirmedPublisher(settings.amqp_url, [EXCHANGE])
revocations = Revocations()
listener = Listener(settings.amqp_url, rpc, revocations)
listener.open()  # at once: the first request should find us knowing whom to refuse
atexit.register(publisher.close)
atexit.register(rpc.close)
atexit.register(listener.close)

app = create_app(settings, rpc, publisher, revocations)
