"""The simulator as a process: settings, HTTP at the level of bytes, lean records, the launcher."""

import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.simulators.graph_api.control import ControlClient, ControlError
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_TOKEN
from tests.simulators.graph_api.launcher import running_graph_api
from tests.simulators.graph_api.settings import read_settings
from tests.unit.simulators.conftest import Sender

TEXT = b'{"messaging_product":"whatsapp","to":"+16505551234","text":{"body":"hi"}}'
HEAD = (
    f"POST /v26.0/{DEMO_NUMBER_ID}/messages HTTP/1.1\r\nHost: graph\r\n"
    f"Authorization: Bearer {DEMO_TOKEN}\r\nContent-Type: application/json\r\n"
).encode()


def exchange(base_url: str, *parts: bytes) -> bytes:
    """Write bytes to the simulator and return what it writes until it pauses or closes."""
    address = urlsplit(base_url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def test_environment_fills_what_arguments_leave_out() -> None:
    environment = {
        "GATEWAY_URL": "http://gateway:3000/",
        "META_APP_SECRET": "new, old",
        "META_VERIFY_TOKEN": "token",
    }
    settings = read_settings(["--port", "8090"], environment)
    assert settings.webhook_url == "http://gateway:3000/api/v1/webhook"
    assert (settings.app_secret, settings.verify_token, settings.port) == ("new", "token", 8090)
    explicit = read_settings(["--webhook-url", "http://a/b", "--app-secret", "s"], environment)
    assert (explicit.webhook_url, explicit.app_secret) == ("http://a/b", "s")
    assert read_settings([], {}).webhook_url is None


def test_launcher_starts_quickly_and_leaves_nothing() -> None:
    began = time.monotonic()
    with running_graph_api(demo=False) as running:
        assert time.monotonic() - began < 5
        assert running.control.order("GET", "businesses") == []
    assert running.process.returncode == 0


def test_chunked_body(sender: Sender) -> None:
    chunks = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT)
    assert exchange(sender.base_url, chunks).startswith(b"HTTP/1.1 200 OK")


def test_body_after_permission_to_continue(sender: Sender) -> None:
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(TEXT)
    received = exchange(sender.base_url, head, TEXT)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_several_requests_on_one_connection(sender: Sender) -> None:
    request = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(TEXT), TEXT)
    assert exchange(sender.base_url, request + request).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", HEAD + b"Content-Length: many\r\n\r\n", HEAD + b"odd\r\n\r\n"])
def test_nonsense_is_refused(sender: Sender, nonsense: bytes) -> None:
    assert exchange(sender.base_url, nonsense).startswith(b"HTTP/1.1 400")


def test_client_that_leaves_inside_a_request(sender: Sender) -> None:
    assert exchange(sender.base_url, HEAD + b"Content-Length: 1000\r\n\r\n" + TEXT) == b""
    assert sender.text("still there").status_code == 200


def test_lean_records_keep_the_counts(sender: Sender, control: ControlClient) -> None:
    control.set_options(lean_records=True)
    for data in ("a", "b", "b"):
        sender.text("x", biz_opaque_callback_data=data)
    counts = control.counts(at_least=2)
    assert (counts.accepted, counts.callback_data_seen, counts.by_callback_data) == (3, 2, {"b": 2})
    assert control.accepted() == []
    assert control.calls() == []


def test_control_refuses_what_it_does_not_know(control: ControlClient) -> None:
    for path, body in (("options", {"colour": "red"}), ("limits", {"colour": "red"}), ("faults", {"kind": "fire"})):
        with pytest.raises(ControlError, match="422"):
            control.order("POST", path, body)
    with pytest.raises(ControlError, match="404"):
        control.order("GET", "weather")
    with pytest.raises(ControlError, match="404"):
        control.write("nobody", "hello")
    with pytest.raises(ControlError, match="404"):
        control.write("16505551234", "hello", to="999")
