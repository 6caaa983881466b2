"""R22: a worker that is stopped, or lives and is cut off from Redis, is noticed; when it is back, that is, too.

In production within three minutes of silence, which with a sweep a minute is less than five; here in seconds.
"""

import os
import re
import signal
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from portal import processes
from portal.core.heartbeats import QUEUES, Part
from portal.places import free_port
from tests.proxy import Proxy
from tests.visitor import Visitor

SHORT = {"SWEEP_SECONDS": "1", "SILENT_AFTER_SECONDS": "6"}
SAID = {
    Part.MAIL: "Mails are not sent.",
    Part.MICROSOFT: "Validations are not done.",
    Part.NIGHTLY: "The nightly check does not run.",
    Part.BEAT: "Nothing begins by itself.",
}
SLOW = pytest.mark.slow


class Watched:
    """A web process, and beat and a worker for each queue, each of which reaches Redis on a way of its own."""

    def __init__(self, start_process, folder, proxies):
        self.proxies = proxies
        port = free_port()
        self.visitor = Visitor(port)
        redis = urlsplit(os.environ["REDIS_URL"])
        self.parts = {}
        for part in Part:
            netloc = f":{redis.password}@127.0.0.1:{proxies[part].port}"
            argv = processes.worker(part, 1) if part in QUEUES else processes.beat(folder / "beat")
            named = ["-n", f"{part}@watched"] if part in QUEUES else []
            reached = {"REDIS_URL": redis._replace(netloc=netloc).geturl()}
            self.parts[part] = start_process(f"watched-{part}", [*argv, *named], **SHORT | reached)
        self.web = start_process("watched-web", processes.web(port), **SHORT)
        self.web.wait_until(self.visitor.is_answered)

    def found(self):
        """The status code of /healthz, and of each part that is not well what it says."""
        answer = self.visitor.ask("GET", "/healthz")
        parts = answer.json()["parts"].items()
        return answer.status_code, {
            name: part["status"] for name, part in parts if part.get("state") != "well"
        }

    def is_well(self):
        """Everybody was seen, and nothing is said of the others but that they are ok."""
        code, others = self.found()
        return code == 200 and not any("beat" in name or "workers" in name for name in others)

    def is_broken(self, name):
        code, others = self.found()
        return code == 503 and [one for one, status in others.items() if status == "broken"] == [name]

    def banner(self):
        """What stands in bold in the banner of an operator's page."""
        _before, _label, rest = self.visitor.ask("GET", "/").text.partition('aria-label="What stands still"')
        return re.findall(r"<b>(.*?)</b>", rest.partition("</section>")[0])


@pytest.fixture
def watched(start_process, tmp_path, olga):
    with ExitStack() as stack:
        port = urlsplit(os.environ["REDIS_URL"]).port
        made = Watched(start_process, tmp_path, {part: stack.enter_context(Proxy(port)) for part in Part})
        made.visitor.signs_in(olga)
        yield made


def stop(watched, part):
    watched.parts[part].process.send_signal(signal.SIGSTOP)
    return lambda: watched.parts[part].process.send_signal(signal.SIGCONT)


def block(watched, part):
    """The socket stays open, and nothing comes through it any more."""
    watched.proxies[part].freeze()
    return watched.proxies[part].flow


@pytest.mark.parametrize(
    ("harm", "part"),
    [
        (stop, Part.MAIL),
        (block, Part.MAIL),
        *(
            pytest.param(harm, part, marks=SLOW)
            for harm in (stop, block)
            for part in Part
            if part is not Part.MAIL
        ),
    ],
)
def test_r22_a_part_that_falls_silent_is_noticed_and_so_is_its_return(watched, harm, part):
    watched.web.wait_until(watched.is_well, within=90)
    assert watched.banner() == []

    undo = harm(watched, part)

    name = "beat" if part is Part.BEAT else f"workers_of_{part}"
    watched.web.wait_until(lambda: watched.is_broken(name), within=90)
    assert watched.banner() == [SAID[part]]
    assert not watched.parts[part].ended

    undo()

    watched.web.wait_until(watched.is_well, within=90)
    assert watched.banner() == []
