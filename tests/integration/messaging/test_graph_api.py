"""Whatever the other side answers, or does not, becomes the right verdict: never an exception, never a second send."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import eventlet
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.common.contracts.messaging import MessageType
from services.common.kit.settings import Secret
from services.messaging.adapters.graph_api import GraphApi, Letter, body_of
from services.messaging.domain.delivery import Verdict
from tests.integration.messaging.webhooks import REPO

TOKEN = Secret("the-token")
LETTER = Letter("01a1", "106", "16505551234", None, MessageType.TEXT, {"text": "hello"}, None)


class Server:
    """Answers every request with the same bytes, as they are."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answer: Callable[[Any], None] = lambda _connection: None
        self._listener = eventlet.listen(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = eventlet.spawn(self._serve)

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with contextlib.closing(connection), contextlib.suppress(OSError):
                self.requests.append(self._read(connection))
                self.answer(connection)

    @staticmethod
    def _read(connection: Any) -> bytes:
        raw = b""
        while b"\r\n\r\n" not in raw or len(raw.partition(b"\r\n\r\n")[2]) < _length(raw):
            raw += connection.recv(65536)
        return raw

    def say(self, status: str, body: Any, *headers: str) -> None:
        """A whole answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}", "Connection: close", *headers, "", ""]
        self.answer = lambda connection: connection.sendall("\r\n".join(lines).encode() + raw)

    def stop(self) -> None:
        self._thread.kill()
        self._listener.close()


def _length(raw: bytes) -> int:
    lines = [line for line in raw.lower().splitlines() if line.startswith(b"content-length:")]
    return int(lines[0].split(b":")[1]) if lines else 0


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def graph(server: Server) -> GraphApi:
    return GraphApi(server.url, "v26.0", (0.5, 0.5))


def error_of(code: int, **more: Any) -> dict[str, Any]:
    return {"error": {"message": "No", "type": "OAuthException", "code": code, "fbtrace_id": "A", **more}}


ACCEPTED = {"contacts": [{"input": "+1", "wa_id": "16505551234"}], "messages": [{"id": "wamid.1"}]}


def test_an_id_is_acceptance(server: Server, graph: GraphApi) -> None:
    server.say("200 OK", ACCEPTED)
    answer = graph.send(LETTER, TOKEN)
    assert (answer.verdict, answer.external_id, answer.wa_id) == (Verdict.ACCEPTED, "wamid.1", "16505551234")
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v26.0/106/messages HTTP/1.1")
    assert b"Authorization: Bearer the-token" in head
    assert json.loads(body) == body_of(LETTER)
    assert json.loads(body)["biz_opaque_callback_data"] == "01a1"


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (("400 Bad Request", error_of(131008)), Verdict.REFUSED, "131008"),
        (("401 Unauthorized", error_of(190)), Verdict.REFUSED, "190"),
        (("400 Bad Request", error_of(131056)), Verdict.RETRY, "131056"),
        (("500 Broken", error_of(131000)), Verdict.RETRY, "131000"),
        (("429 Too Many", error_of(4), "Retry-After: 7"), Verdict.RETRY, "4"),
        (("429 Too Many", b"slow down"), Verdict.RETRY, "http_429"),
        (("302 Found", b"", "Location: http://127.0.0.1:1/"), Verdict.REFUSED, "http_302"),
        (("403 Forbidden", b"<html>"), Verdict.REFUSED, "http_403"),
        (("502 Bad Gateway", b"<html>"), Verdict.UNCERTAIN, "answer_lost"),
        (("500 Broken", []), Verdict.UNCERTAIN, "answer_lost"),
        (("500 Broken", {"error": "text"}), Verdict.UNCERTAIN, "answer_lost"),
        (("200 OK", b"<html>"), Verdict.UNCERTAIN, "answer_lost"),
        (("200 OK", {"messages": []}), Verdict.UNCERTAIN, "answer_lost"),
        (("200 OK", {"messages": [{"id": 5}]}), Verdict.UNCERTAIN, "answer_lost"),
        (("200 OK", {"messages": [{"id": "x" * 501}]}), Verdict.UNCERTAIN, "answer_lost"),
        (("200 OK", b"x" * 100_000), Verdict.UNCERTAIN, "answer_lost"),
    ],
)
def test_every_answer_has_a_verdict(
    server: Server, graph: GraphApi, answer: tuple[Any, ...], verdict: Verdict, code: str
) -> None:
    server.say(*answer)
    read = graph.send(LETTER, TOKEN)
    assert (read.verdict, read.code) == (verdict, code)
    assert read.retry_after == (7.0 if "Retry-After: 7" in answer else None)
    assert len(server.requests) == 1


def test_a_connection_cut_after_the_request_leaves_it_open(graph: GraphApi) -> None:
    assert graph.send(LETTER, TOKEN).verdict is Verdict.UNCERTAIN


def test_silence_leaves_it_open(server: Server, graph: GraphApi) -> None:
    server.answer = lambda _connection: eventlet.sleep(2)
    assert graph.send(LETTER, TOKEN).verdict is Verdict.UNCERTAIN


def test_an_answer_in_drips_is_not_waited_for(server: Server, graph: GraphApi) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"x" * 8192)
            eventlet.sleep(0.1)

    server.answer = drip
    began = time.monotonic()
    assert graph.send(LETTER, TOKEN).verdict is Verdict.UNCERTAIN
    assert time.monotonic() - began < 2


def test_a_closed_door_can_be_tried_again() -> None:
    graph = GraphApi("http://127.0.0.1:9", "v26.0", (0.5, 0.5))
    assert graph.send(LETTER, TOKEN).verdict is Verdict.RETRY
    assert GraphApi("http://graph.invalid", "v26.0", (0.5, 0.5)).send(LETTER, TOKEN).verdict is Verdict.RETRY


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """For 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "graph")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "graph.pem"
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(("trusted", "verdict"), [(True, Verdict.UNCERTAIN), (False, Verdict.RETRY)])
def test_a_fault_of_tls_leaves_it_open_once_the_request_has_left(
    certificate: Path, *, trusted: bool, verdict: Verdict
) -> None:
    asked = [sys.executable, "-m", "tests.integration.messaging.tls_door", str(certificate), str(trusted)]
    told = subprocess.run(asked, cwd=REPO, capture_output=True, text=True, timeout=30, check=True)
    assert told.stdout.split() == [verdict.value]


def test_a_quoted_message_and_a_media_message_have_their_parts() -> None:
    letter = Letter("01a1", "106", None, "US.1", MessageType.IMAGE, {"mediaId": "7", "caption": "c"}, "wamid.0")
    body = body_of(letter)
    assert (body["recipient"], body["context"]) == ("US.1", {"message_id": "wamid.0"})
    assert "to" not in body
    assert body["image"] == {"id": "7", "caption": "c"}
