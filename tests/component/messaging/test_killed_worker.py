"""A worker that is killed between the call and the record: nothing is sent twice, and the truth comes out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.common.contracts.messaging import MessageStatus
from services.messaging.service import MessagingService
from services.messaging.settings import MessagingSettings
from tests.component.messaging.desk import ENVELOPE_KEYS, Desk
from tests.component.services import empty_queues, eventually, running
from tests.integration.databases import PrivateDatabase
from tests.simulators.graph_api.faults import FaultKind
from tests.simulators.graph_api.launcher import RunningGraphApi

REPOSITORY = Path(__file__).resolve().parents[3]


@contextmanager
def events_process(settings: MessagingSettings, private: PrivateDatabase) -> Iterator[subprocess.Popen[bytes]]:
    """The worker of events, as it runs in production."""
    environment = os.environ | {
        "MESSAGING_DATABASE_URL": private.app_url,
        "AMQP_URL": settings.amqp_url,
        "ENVELOPE_KEYS": ENVELOPE_KEYS,
        "GRAPH_API_URL": settings.graph_api_url,
        "GRAPH_CONNECT_SECONDS": "1",
        "GRAPH_READ_SECONDS": "1",
        "HEALTH_PORT": "0",
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-W", "ignore", "-m", "services.common.kit.run", "messaging", "events"]
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_becomes_uncertain_and_is_settled_by_the_status(
    settings: MessagingSettings, private: PrivateDatabase, graph: RunningGraphApi
) -> None:
    graph.control.reset()
    graph.control.create_demo_businesses()
    empty_queues(MessagingService, settings.amqp_url)
    with running(MessagingService, settings, "rpc"):
        desk = Desk(settings.amqp_url, private, graph)
        with events_process(settings, private) as first:
            desk.connect(limit=60)
            graph.control.add_fault(FaultKind.HANG_AFTER_ACCEPT, times=1, seconds=5)
            message = desk.queue()
            eventually(graph.control.accepted, 20)
            first.send_signal(signal.SIGKILL)
            first.wait()
        assert desk.get(message).status is MessageStatus.SENDING
        with events_process(settings, private):
            desk.wait_for(message, MessageStatus.UNCERTAIN, limit=60)
            assert len(graph.control.accepted()) == 1
            desk.status(graph.control.accepted()[0].id, "sent", biz_opaque_callback_data=message.id)
            desk.wait_for(message, MessageStatus.SENT)
        assert graph.control.counts().sent_twice == {}
        desk.close()
