"""A small, strict SMTP server that keeps what it is sent and fails when told to."""

from tests.simulators.smtp_sink.server import running_sink
from tests.simulators.smtp_sink.sink import Fault, FaultKind, Received, Sink

__all__ = ["Fault", "FaultKind", "Received", "Sink", "running_sink"]
