"""What the faults taken for a call do to it."""

import asyncio
from collections.abc import Iterable

from tests.simulators.graph_api.errors import GraphError
from tests.simulators.graph_api.faults import ACCEPTING, Fault, FaultKind
from tests.simulators.graph_api.wire import Disposition, Response

EDGE_PAGE = b"<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>"


async def befall(faults: Iterable[Fault]) -> Response | None:
    """Wait out latency; return the answer of a fault that keeps the call from being carried out."""
    for fault in faults:
        if fault.kind is FaultKind.LATENCY:
            await asyncio.sleep(fault.seconds)
        elif fault.kind not in ACCEPTING:
            return _refusal(fault)
    return None


def _refusal(fault: Fault) -> Response:
    if fault.kind is FaultKind.ERROR:
        return GraphError(fault.code).response()
    if fault.kind is FaultKind.SERVER_ERROR:
        return Response(fault.status, EDGE_PAGE, {"Content-Type": "text/html; charset=utf-8"})
    return unanswered(fault)


def unanswered(fault: Fault) -> Response:
    """Return the response that is none: the connection is cut at once, or after a while."""
    if fault.kind in {FaultKind.HANG, FaultKind.HANG_AFTER_ACCEPT}:
        return Response(disposition=Disposition.HANG, hang_seconds=fault.seconds)
    return Response(disposition=Disposition.CUT)
