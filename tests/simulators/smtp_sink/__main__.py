"""Start the sink: `python -m tests.simulators.smtp_sink --host 127.0.0.1 --port 2525 --control-port 2580`."""

import argparse
import contextlib
import sys
import threading

from tests.simulators.smtp_sink import running_sink


def main(arguments: list[str]) -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.smtp_sink", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--control-port", type=int, default=2580)
    chosen = parser.parse_args(arguments)
    with running_sink(chosen.host, chosen.port, chosen.control_port) as sink, contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(f"{sink.smtp_url} {sink.control_url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
