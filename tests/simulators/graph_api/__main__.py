"""Start the simulator: `python -m tests.simulators.graph_api --host 127.0.0.1 --port 8090`."""

import asyncio
import logging
import sys

from tests.simulators.graph_api.server import run
from tests.simulators.graph_api.settings import Settings, read_settings
from tests.simulators.graph_api.simulator import Simulator


async def _serve(settings: Settings) -> None:
    await run(Simulator(settings))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    asyncio.run(_serve(read_settings(sys.argv[1:])))
