"""A mail relay that takes everything, waits once a mail, after the dot, and notes when it had which mail.

Small on purpose, so that the machine is busy with who is measured: no TLS, no sign-in, one asyncio loop.
"""

import asyncio
import re
import threading
import time
from collections import defaultdict

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)


class Relay:
    """Listens on 127.0.0.1:`port`; `wait` in seconds is what lies between the dot and the 250."""

    def __init__(self, port: int, wait: float) -> None:
        self._port, self._wait = port, wait
        self._taken: list[tuple[str, float]] = []
        self._different: defaultdict[str, set[str]] = defaultdict(set)
        self._changed = threading.Condition()
        self._connections = 0
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._listening.wait()

    def taken(self, domain: str) -> list[tuple[str, float]]:
        """Message-IDs of a domain with the moments they were accepted, in order.

        Of CLOCK_MONOTONIC, which all processes share; a mail that came twice is here twice.
        """
        with self._changed:
            return [(message_id, at) for message_id, at in self._taken if message_id.endswith(f"@{domain}>")]

    def connections(self) -> int:
        """How many were opened since the last `forget`."""
        return self._connections

    def forget(self) -> None:
        with self._changed:
            self._taken.clear()
            self._different.clear()
            self._connections = 0

    def wait_for(self, number: int, seconds: float, domain: str) -> int:
        """How many different mails of a domain are here, as soon as it is `number`, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._different[domain]) >= number, seconds)
            return len(self._different[domain])

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", self._port, limit=1_000_000)
        self._listening.set()
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        writer.write(b"220 relay\r\n")
        try:
            while line := await reader.readline():
                command = line[:4].upper()
                if command == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await self._take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"221 bye\r\n" if command == b"QUIT" else b"250 OK\r\n")
                if command == b"QUIT":
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever was sending is gone: that is what some of the runs are about
        finally:
            writer.close()

    async def _take(self, content: bytes) -> None:
        found = MESSAGE_ID.search(content)
        await asyncio.sleep(self._wait)
        with self._changed:
            message_id = found[1].decode() if found else ""
            self._taken.append((message_id, time.monotonic()))
            self._different[message_id.rpartition("@")[2].rstrip(">")].add(message_id)
            self._changed.notify_all()
