"""A TCP proxy that a test puts before a server, to freeze, cut or trickle what goes through."""

import contextlib
import socket
import threading


class Proxy:
    """Use it with `with`; it listens on 127.0.0.1 at `port` and passes everything on to `target`, a port there."""

    def __init__(self, target):
        self.target = target
        self._flows = threading.Event()  # cleared while frozen
        self._flows.set()
        self._trickles = False
        self._refuses = False
        self._ended = threading.Event()
        self._pairs = []
        self._lock = threading.Lock()

    def __enter__(self):
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._ended.set()
        self._flows.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        self.cut()

    def freeze(self):
        """Nothing goes through in either direction any more; lines stay open, and new ones are taken."""
        self._flows.clear()

    def flow(self):
        """As in the beginning: everything goes through."""
        self._refuses = self._trickles = False
        self._flows.set()

    def trickle(self):
        """From now on a byte at a time, 50 ms apart."""
        self._trickles = True
        self._flows.set()

    def cut(self):
        """End all open lines; new ones are taken."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for one in (end for pair in pairs for end in pair):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def refuse(self):
        """End all open lines, and each new one as soon as it comes."""
        self._refuses = True
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _address = self._listening.accept()
            except OSError:
                return
            try:
                if self._refuses:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._pairs.append((near, far))
            for here, there in ((near, far), (far, near)):
                here.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pump, args=(here, there), daemon=True).start()

    def _pump(self, here, there):
        try:
            while data := here.recv(1 if self._trickles else 65536):
                self._flows.wait()
                if self._trickles and self._ended.wait(0.05):
                    return
                there.sendall(data)
        except OSError:
            return
        finally:
            for end in (here, there):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
