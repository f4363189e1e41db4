"""The listening side: one asyncio task for each connection, all in one process with the state."""

import asyncio
import contextlib
import logging
import signal
from asyncio import IncompleteReadError, StreamReader, StreamWriter

from tests.simulators.graph_api.router import Router
from tests.simulators.graph_api.simulator import Simulator
from tests.simulators.graph_api.wire import BadRequestError, Disposition, Response, read_request

log = logging.getLogger("graph_api")


class Server:
    """Speaks HTTP for a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._router = Router(simulator)

    async def serve_connection(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer the requests of one connection until either side ends it."""
        try:
            while await self._serve_request(reader, writer):
                pass
        except (ConnectionError, IncompleteReadError):
            log.debug("a client went away inside a request")
        except BadRequestError as refusal:
            log.info("refused: %s", refusal)
            writer.write(Response(400, {"error": {"message": str(refusal)}}).render(keep_alive=False))
        except Exception:
            log.exception("the simulator failed")
            writer.write(Response(500, {"error": {"message": "simulator failed"}}).render(keep_alive=False))
        finally:
            writer.close()

    async def _serve_request(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """Answer one request; tell whether another may follow."""
        request = await read_request(reader, writer)
        if request is None:
            return False
        response = await self._router.answer(request)
        if response.disposition is Disposition.HANG:
            await _wait_for_client_to_leave(reader, response.hang_seconds)
        if response.disposition is not Disposition.SEND:
            writer.transport.abort()
            return False
        keep_alive = request.headers.get("connection", "").lower() != "close"
        writer.write(response.render(keep_alive=keep_alive))
        await writer.drain()
        return keep_alive


async def _wait_for_client_to_leave(reader: StreamReader, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await reader.read(1)


async def run(simulator: Simulator) -> None:
    """Listen until SIGTERM or SIGINT; print the address once it is open."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    settings = simulator.settings
    server = await asyncio.start_server(Server(simulator).serve_connection, settings.host, settings.port, backlog=1024)
    settings.port = server.sockets[0].getsockname()[1]
    print(f"graph_api listening on http://{settings.host}:{settings.port}", flush=True)  # noqa: T201 - the launcher reads this line
    await stopped.wait()
    server.close()
    simulator.reset()
