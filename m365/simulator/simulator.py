"""The simulator: one cloud's login host and Microsoft Graph behind one HTTPS port, steered by its owner."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from m365.simulator.certificates import ServerCertificate
from m365.simulator.clock import Clock
from m365.simulator.directory import Application, Directory, Secret, Tenant
from m365.simulator.faults import Call, Fault, Faults
from m365.simulator.graph import Graph
from m365.simulator.login import Login
from m365.simulator.page import answer_page
from m365.simulator.server import Server
from m365.simulator.tokens import TokenIssuer
from m365.simulator.wire import Request, Response


class Registration(Protocol):
    """Whatever names an application by its client id."""

    client_id: Any


class Simulator:
    """`port` 0 takes a free one; `page_port` None leaves the front page to the HTTPS port alone; simulators of several
    clouds share a `certificate`.

    `counters` counts calls by (endpoint, tenant id): endpoints `discovery`, `instance`, `keys`, `token`,
    `organization`, `applications`, `servicePrincipals`; a tenant that does not exist counts under the text
    it was asked for. `cut` counts trickled answers whose reader hung up. `latency` in seconds delays every answer.
    """

    def __init__(
        self,
        directory: Directory,
        *,
        ca_path: Path,
        port: int = 0,
        page_port: int | None = None,
        certificate: ServerCertificate | None = None,
    ) -> None:
        self.directory = directory
        self.ca_path = ca_path
        self.counters: Counter[tuple[str, str]] = Counter()
        self.latency = 0.0
        self._faults = Faults()
        self._resets = 0
        self._counted = threading.Condition()
        self._stopping = threading.Event()
        issuer = TokenIssuer()
        self._login = Login(directory, issuer)
        self._graph = Graph(directory, issuer)
        certificate = certificate or ServerCertificate.make()
        self._servers = [Server(port, self.answer, certificate.tls_context())]
        if page_port is not None:
            self._servers.append(Server(page_port, self._page))
        ca_path.write_bytes(certificate.authority_pem)

    @property
    def login_url(self) -> str:
        return f"https://localhost:{self._servers[0].port}"

    graph_url = login_url

    @property
    def page_url(self) -> str:
        """The front page: over plain HTTP if it has a port of its own."""
        return f"{self._servers[-1].scheme}://localhost:{self._servers[-1].port}/"

    @property
    def clock(self) -> Clock:
        return self.directory.clock

    def start(self) -> None:
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        """Free the ports; answers that are still being delayed end at once."""
        self._stopping.set()
        for server in self._servers:
            server.stop()

    def reset(self) -> None:
        """Forget faults, counts, latency and shifted time, undo changes to the file's tenants.

        Tenants added while running stay.
        """
        self._faults.clear()
        self._resets += 1
        self.latency = 0.0
        self.clock.reset()
        self.directory.restore()
        with self._counted:
            self.counters.clear()

    def add_tenant(self, *, name: str, country: str = "DE", domains: Iterable[str] = ()) -> Tenant:
        """A new organisation, for this run only."""
        return self.directory.add_tenant(name=name, country=country, domains=domains)

    def application_of(self, registration: Registration) -> Application:
        """The application with the client id of this row; KeyError when there is none."""
        return self.directory.applications[str(registration.client_id)]

    def secret_of(self, registration: Registration) -> Secret:
        """The first secret of that application."""
        return self.application_of(registration).secrets[0]

    def fault(
        self,
        tenant: Tenant | str | None,
        endpoint: str | None,
        kind: str,
        *,
        times: int | None = None,
        **settings: Any,
    ) -> None:
        """Make an endpoint fail for a tenant (or its id; None: for all), `times` times or until `reset`.

        Kinds stand in `faults.KINDS`, endpoints as in `counters` (None: all), settings in
        `faults.Fault`. ValueError for a kind or endpoint that does not exist.
        """
        tenant_id = tenant.id if isinstance(tenant, Tenant) else tenant
        self._faults.set(tenant_id, endpoint, Fault.of(kind, **settings), times)

    def answer(self, request: Request) -> Response | None:
        """What the host says; None for a dropped connection."""
        call = self._graph.call(request) or self._login.call(request)
        if call is None:
            return self._page(request)
        self._count(call.endpoint, call.tenant_id)
        self._stopping.wait(self.latency)
        response = call.answer_with(self._fault_for(call), self._stopping.wait)
        if response and response.trickle:
            trickle = replace(response.trickle, on_cut=partial(self._count_cut, call.tenant_id, self._resets))
            response = replace(response, trickle=trickle)
        return response

    def _count_cut(self, tenant_id: str, resets: int) -> None:
        """That a line was cut is seen late, perhaps after a reset: then it is nobody's news any more."""
        if resets == self._resets:
            self._count("cut", tenant_id)

    def _count(self, what: str, tenant_id: str) -> None:
        with self._counted:
            self.counters[what, tenant_id] += 1
            self._counted.notify_all()

    def wait_for(self, what: str, tenant_id: str, seconds: float = 30) -> bool:
        """Whether this was counted before so many seconds are over."""
        with self._counted:
            return self._counted.wait_for(lambda: self.counters[what, tenant_id] > 0, seconds)

    def _fault_for(self, call: Call) -> Fault | None:
        """Faults set while running come before those of the tenant's entry in the file."""
        tenant = self.directory.tenants.get(call.tenant_id)
        usual = tenant.faults.get(call.endpoint) if tenant else None
        return self._faults.take(call.tenant_id, call.endpoint) or usual

    def _page(self, request: Request) -> Response:
        return answer_page(request, self.directory, self.login_url)
