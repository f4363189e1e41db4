"""What a gateway could do at most: a bare Flask application that does the one thing and nothing else."""

from __future__ import annotations

import atexit
import os

from flask import Flask, Response, request

from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from tests.bench.broker import EXCHANGE, KEY

app = Flask("bare", static_folder=None)
_publisher = ConfirmedPublisher(os.environ["AMQP_URL"], [EXCHANGE])
atexit.register(_publisher.close)


@app.get("/ready")
def ready() -> str:
    return "ready"


@app.post("/publish")
def publish() -> Response:
    _publisher.publish(Outgoing(EXCHANGE, KEY, request.get_data()))
    return Response("EVENT_RECEIVED", content_type="text/plain")
