"""An SMTP server that follows a script: each word has its answer, or a fault in its place.

`script` says what is answered to `greeting`, `EHLO`, `MAIL`, `RCPT`, `DATA`, `body` (asked after the first line of a
mail), `dot`, `RSET` and `QUIT`. An answer is bytes, one of the faults below, or a list, of which each is used once and
the last one from then on. It may be changed while the server runs.
"""

import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from enum import Enum


class Fault(Enum):
    HANG_UP = "closes the line"
    RESET = "resets the line, as a machine that lost its power does"
    STALL = "says nothing until the test calls `release`, then goes on in a friendly way"


HANG_UP, RESET, STALL = Fault


@dataclass(frozen=True)
class Packets:
    """One reply, sent in several packets."""

    parts: tuple[bytes, ...]
    pause: float = 0.02  # seconds between them


@dataclass(frozen=True)
class Taken:
    """The mail is accepted, and this follows, perhaps after some seconds: a reply that may never come."""

    then: object = b"250 2.0.0 queued\r\n"
    after: float = 0.0


def slowly(reply, pause=0.05):
    """A byte at a time."""
    return Packets(tuple(bytes([byte]) for byte in reply), pause)


FRIENDLY = {
    "greeting": b"220 hello\r\n",
    "EHLO": b"250 at your service\r\n",
    "HELO": b"250 at your service\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go on\r\n",
    "body": b"",
    "dot": Taken(),
    "RSET": b"250 ok\r\n",
    "NOOP": b"250 ok\r\n",
    "QUIT": b"221 bye\r\n",
}


class ScriptedSmtp:
    """Use it with `with`; it listens on `host` at `port`; with `tls`, a context, after STARTTLS or from the start."""

    def __init__(self, *, host="127.0.0.1", tls=None, tls_from_the_start=False, **script):
        self.script = FRIENDLY | script
        self.host, self.tls, self.tls_from_the_start = host, tls, tls_from_the_start
        if tls and not tls_from_the_start:
            self.script |= {"EHLO": b"250-at your service\r\n250 STARTTLS\r\n", "STAR": b"220 go on\r\n"}
        self.heard = []  # commands, as they came
        self.accepted = []  # mails as bytes
        self.lines = 0  # connections so far
        self.open_lines = 0
        self.most_open_lines = 0
        self.reached = Counter()  # words, counted before they are answered
        self.on_reach = lambda word: None
        self._moved = threading.Condition()
        self._released = threading.Event()

    def __enter__(self):
        outer = self

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 100

        class Handler(_Conversation):
            server_of = outer

        self._server = Server((self.host, 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"smtp://{self.host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def messages(self):
        """The accepted mails, parsed, in the order in which they came."""
        return [message_from_bytes(mail, policy=policy.default) for mail in list(self.accepted)]

    @property
    def message_ids(self):
        return [str(message["Message-ID"]) for message in self.messages]

    def wait_for(self, word, times=1, within=30.0):
        """Return when the script has come to this word so often in all; raises TimeoutError."""
        with self._moved:
            if not self._moved.wait_for(lambda: self.reached[word] >= times, timeout=within):
                raise TimeoutError(
                    f"{word} came {self.reached[word]} times in {within:.0f} s: {self.heard[-20:]}"
                )

    def wait_for_more(self, words, within=30.0):
        """Return when so many more words, whichever, have come; raises TimeoutError."""
        with self._moved:
            wanted = self.reached.total() + words
            if not self._moved.wait_for(lambda: self.reached.total() >= wanted, timeout=within):
                raise TimeoutError(f"{wanted - self.reached.total()} words are missing after {within:.0f} s")

    def wait_for_lines(self, most, within=30.0):
        """Return when no more than so many lines are open; raises TimeoutError."""
        with self._moved:
            if not self._moved.wait_for(lambda: self.open_lines <= most, timeout=within):
                raise TimeoutError(f"{self.open_lines} lines are open after {within:.0f} s")

    def release(self):
        """Let those that stall go on, once."""
        self._released.set()
        self._released = threading.Event()

    def answer_to(self, word):
        answer = self.script[word]
        if not isinstance(answer, list):
            return answer
        return answer.pop(0) if len(answer) > 1 else answer[0]

    def note(self, word):
        with self._moved:
            self.reached[word] += 1
            self._moved.notify_all()
        self.on_reach(word)

    def count_line(self, by):
        with self._moved:
            self.open_lines += by
            self.lines += by > 0
            self.most_open_lines = max(self.most_open_lines, self.open_lines)
            self._moved.notify_all()

    @property
    def next_release(self):
        """To be taken before a test may know that a line stalls: it could release it at once."""
        return self._released


class Ended(Exception):
    """The conversation is over."""


class _Conversation(socketserver.StreamRequestHandler):
    server_of: ScriptedSmtp
    disable_nagle_algorithm = True

    def handle(self):
        smtp = self.server_of
        smtp.count_line(+1)
        try:
            if smtp.tls_from_the_start:
                self.encrypt()
            self.say("greeting")
            while line := self.rfile.readline():
                word = line[:4].decode(errors="replace").upper()
                smtp.heard.append(line.decode(errors="replace").strip())
                answer = self.say(word)
                if word == "DATA" and isinstance(answer, bytes) and answer.startswith(b"354"):
                    self.take_mail()
                if word == "STAR" and smtp.tls:
                    self.encrypt()
                if word == "QUIT":
                    return
        except (Ended, OSError):
            return
        finally:
            smtp.count_line(-1)

    def encrypt(self):
        self.connection = self.server_of.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")

    def take_mail(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise Ended
            lines.append(line[1:] if line.startswith(b".") else line)
            if len(lines) == 1:
                self.say("body")
        self.mail = b"".join(lines)
        self.say("dot")

    def say(self, word):
        """Answer as the script says; gives the answer."""
        smtp = self.server_of
        if word not in smtp.script:
            self.connection.sendall(b"502 5.5.1 unknown\r\n")
            return None
        answer = smtp.answer_to(word)
        if isinstance(answer, Taken):
            smtp.accepted.append(self.mail)
        released = smtp.next_release
        smtp.note(word)
        self.carry_out(answer, word, released)
        return answer

    def carry_out(self, answer, word, released):
        if isinstance(answer, Taken):
            time.sleep(answer.after)
            self.carry_out(answer.then, word, released)
        elif answer is HANG_UP:
            self.connection.shutdown(socket.SHUT_RDWR)
            raise Ended
        elif answer is RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            raise Ended
        elif answer is STALL:
            released.wait()
            self.carry_out(FRIENDLY[word], word, released)
        elif isinstance(answer, Packets):
            for part in answer.parts:
                self.connection.sendall(part)
                time.sleep(answer.pause)
        else:
            self.connection.sendall(answer)
