"""`python -m portal.inbox`: the sink as a process of its own, for the demo."""

import argparse
import signal
import threading
from pathlib import Path

from portal.inbox import Inbox


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="portal.inbox", description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True, metavar="DIR", help="the folder of the mails")
    options = parser.parse_args()

    ended = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda _signal, _frame: ended.set())
    inbox = Inbox(options.store, options.smtp_port, options.http_port)
    inbox.start()
    print(f"The inbox is ready on http://localhost:{options.http_port}", flush=True)
    ended.wait()
    inbox.stop()


main()
