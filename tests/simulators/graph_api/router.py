"""From a request to its endpoint: versions, tokens, nodes, faults, and the record of it all."""

import re
import time
from collections.abc import Awaitable, Callable

from tests.simulators.graph_api.businesses import Business
from tests.simulators.graph_api.call import Call
from tests.simulators.graph_api.endpoints import media, messages, phone_numbers, subscribed_apps, templates
from tests.simulators.graph_api.errors import GraphError, missing_node, trace_id, unknown_path
from tests.simulators.graph_api.misfortune import befall
from tests.simulators.graph_api.records import RecordedCall
from tests.simulators.graph_api.simulator import Simulator
from tests.simulators.graph_api.steering.routes import steer
from tests.simulators.graph_api.wire import Disposition, JsonObject, Request, Response

Endpoint = Callable[[Call], Awaitable[Response]]

OLDEST_VERSION = 21
NEWEST_VERSION = 26
VERSION = re.compile(r"v(\d{1,3})\.0")

ENDPOINTS: dict[tuple[str, str, str], Endpoint] = {
    ("POST", "phone_number", "messages"): messages.send,
    ("POST", "phone_number", "media"): media.upload,
    ("GET", "phone_number", ""): phone_numbers.read,
    ("POST", "phone_number", ""): phone_numbers.update,
    ("POST", "phone_number", "register"): phone_numbers.register,
    ("POST", "phone_number", "deregister"): phone_numbers.deregister,
    ("GET", "waba", "phone_numbers"): phone_numbers.list_numbers,
    ("GET", "waba", "subscribed_apps"): subscribed_apps.list_apps,
    ("POST", "waba", "subscribed_apps"): subscribed_apps.subscribe,
    ("DELETE", "waba", "subscribed_apps"): subscribed_apps.unsubscribe,
    ("GET", "waba", "message_templates"): templates.list_templates,
    ("POST", "waba", "message_templates"): templates.create,
    ("DELETE", "waba", "message_templates"): templates.delete,
    ("GET", "template", ""): templates.read,
    ("POST", "template", ""): templates.edit,
    ("GET", "media", ""): media.read,
    ("DELETE", "media", ""): media.delete,
}
EDGES = {edge for _, _, edge in ENDPOINTS}
DOWNLOAD = "/whatsapp_business/attachments/"
CONTROL = "/_control/"


class Router:
    """Answers requests for a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def answer(self, request: Request) -> Response:
        """Return the answer to a request and keep a record unless it came from the control API's user."""
        if request.path.startswith(CONTROL):
            return await steer(self._simulator, request)
        began = time.perf_counter()
        try:
            response = await self._graph(request)
        except GraphError as refusal:
            response = refusal.response()
        self._record(request, response, (time.perf_counter() - began) * 1000)
        return response

    async def _graph(self, request: Request) -> Response:
        if request.path.startswith(DOWNLOAD):
            return media.download(self._simulator, request)
        version, node_id, edge = _split(request.path)
        caller = self._simulator.businesses.authenticate(request.headers.get("authorization", ""))
        kind, owner = self._node(node_id)
        endpoint = ENDPOINTS.get((request.method, kind, edge))
        if endpoint is None:
            raise missing_node(node_id) if edge in EDGES else unknown_path(request.path)
        if owner.waba_id != caller.business.waba_id:
            raise GraphError(200, message="(#200) The token has no permission to access this object.")
        if endpoint is not messages.send:
            number_id = node_id if kind == "phone_number" else None
            taken = self._simulator.faults.take(edge or kind, number_id, set())
            if (misfortune := await befall(taken)) is not None:
                return misfortune
        response = await endpoint(Call(self._simulator, request, caller, node_id))
        response.headers["facebook-api-version"] = version
        response.headers["x-fb-trace-id"] = trace_id()
        return response

    def _node(self, node_id: str) -> tuple[str, Business]:
        """Return what kind of node an id names, and the business that owns it."""
        businesses = self._simulator.businesses
        if (owner := businesses.by_number(node_id)) is not None:
            return "phone_number", owner
        if (owner := businesses.by_waba(node_id)) is not None:
            return "waba", owner
        file, template = self._simulator.media.find(node_id), self._simulator.templates.by_id(node_id)
        kind, waba_id = ("media", file.waba_id) if file else ("template", template.waba_id if template else "")
        if (owner := businesses.by_waba(waba_id)) is not None:
            return kind, owner
        raise missing_node(node_id)

    def _record(self, request: Request, response: Response, milliseconds: float) -> None:
        records = self._simulator.records
        sent = response.disposition is Disposition.SEND
        records.add_call(
            RecordedCall(
                records.calls_seen + 1,
                self._simulator.clock.now(),
                request.method,
                request.path,
                request.query,
                request.headers.get("authorization", "").removeprefix("Bearer "),
                _shown_body(request),
                response.disposition.value,
                response.status if sent else None,
                response.error_code,
                response.message_id,
                milliseconds,
            )
        )


def _split(path: str) -> tuple[str, str, str]:
    """Return the version that serves a path, the node and the edge in it."""
    parts = path.strip("/").split("/")
    version = f"v{NEWEST_VERSION}.0"
    if re.match(r"v\d", parts[0]):
        version = _served_version(parts.pop(0), path)
    if len(parts) == 1 and parts[0]:
        return version, parts[0], ""
    if len(parts) == 2:
        return version, parts[0], parts[1]
    raise unknown_path(path)


def _served_version(written: str, path: str) -> str:
    match = VERSION.fullmatch(written)
    if match is None:
        raise GraphError(100, message="Invalid version format. Use a format like 'v26.0'.")
    if int(match[1]) > NEWEST_VERSION:
        raise unknown_path(path)
    # A version past its end is served by the oldest one alive, without a word except in the header.
    return f"v{max(int(match[1]), OLDEST_VERSION)}.0"


def _shown_body(request: Request) -> JsonObject | str | None:
    if not request.body:
        return None
    return request.json_object() or f"{len(request.body)} bytes of {request.content_type or 'no type'}"
