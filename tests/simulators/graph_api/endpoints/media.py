"""Media: upload, metadata with a five-minute address, download with the token, removal."""

from io import BytesIO

from werkzeug.datastructures import FileStorage
from werkzeug.formparser import parse_form_data

from tests.simulators.graph_api.call import Call
from tests.simulators.graph_api.errors import GraphError, missing_node
from tests.simulators.graph_api.media import LARGEST, MediaFile
from tests.simulators.graph_api.simulator import Simulator
from tests.simulators.graph_api.wire import Request, Response


async def upload(call: Call) -> Response:
    """Store a file sent as multipart/form-data."""
    form, file = _parse_upload(call.request)
    if form.get("messaging_product") != "whatsapp":
        raise GraphError(100, message="(#100) The parameter messaging_product is required.")
    if file is None:
        raise GraphError(100, message="(#100) The parameter file is required.")
    mime_type = (form.get("type") or file.mimetype).partition(";")[0].strip()
    content = file.read()
    largest = LARGEST.get(mime_type)
    if largest is None:
        raise GraphError(100, message=f"(#100) Param file must not be a file of the type {mime_type}.")
    if len(content) > largest:
        raise GraphError(100, message=f"(#100) Param file must be at most {largest} bytes long.")
    stored = call.simulator.media.store(call.business.waba_id, mime_type, content)
    return Response(payload={"id": stored.id})


async def read(call: Call) -> Response:
    """Return what is known of a file, with a new address."""
    file = _file(call)
    number_id = call.request.query.get("phone_number_id")
    if number_id is not None and number_id not in call.business.phone_numbers:
        raise missing_node(call.node_id)
    host = call.request.headers.get("host", "")
    return Response(
        payload={
            "messaging_product": "whatsapp",
            "url": f"http://{host}{call.simulator.media.new_address(file)}",
            "mime_type": file.mime_type,
            "sha256": file.sha256.hex(),
            "file_size": str(len(file.content)),
            "id": file.id,
        }
    )


async def delete(call: Call) -> Response:
    """Remove a file."""
    call.simulator.media.delete(_file(call).id)
    return Response(payload={"success": True})


def download(simulator: Simulator, request: Request) -> Response:
    """Return a file's content to the token of its owner, while the address is young."""
    caller = simulator.businesses.authenticate(request.headers.get("authorization", ""))
    file = simulator.media.at_address(request.path.rpartition("/")[2])
    if file is None or request.method != "GET" or file.waba_id != caller.business.waba_id:
        return Response(404, b"", {"Content-Type": "text/html; charset=utf-8"})
    return Response(200, file.content, {"Content-Type": file.mime_type})


def _file(call: Call) -> MediaFile:
    file = call.simulator.media.find(call.node_id)
    if file is None:
        raise missing_node(call.node_id)
    return file


def _parse_upload(request: Request) -> tuple[dict[str, str], FileStorage | None]:
    environ = {
        "wsgi.input": BytesIO(request.body),
        "CONTENT_LENGTH": str(len(request.body)),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
    }
    _, form, files = parse_form_data(environ)
    return form.to_dict(), files.get("file")
