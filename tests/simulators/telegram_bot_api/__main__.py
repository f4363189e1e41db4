"""Start the simulator: `python -m tests.simulators.telegram_bot_api --host 127.0.0.1 --port 8091`."""

from __future__ import annotations

import argparse
import signal
import threading

from tests.simulators.telegram_bot_api.bots import World
from tests.simulators.telegram_bot_api.server import listen, serve_in_thread


def main() -> None:
    """Listen until SIGTERM or SIGINT; print the address once it is open."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.telegram_bot_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8091)
    chosen = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server = listen(chosen.host, chosen.port, World())
    serve_in_thread(server)
    print(f"telegram_bot_api listening on http://{chosen.host}:{server.server_address[1]}", flush=True)  # noqa: T201 - who starts it reads this
    stopped.wait()
    server.shutdown()


if __name__ == "__main__":
    main()
