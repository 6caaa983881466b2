"""The list of permissions is what the code needs: no call without its permission, no permission without its call."""

import ast
import inspect
import re
import uuid

from m365 import graph
from m365.permissions import PERMISSIONS, TYPE, missing_permissions, required_resource_access
from m365.simulator.graph import ROLES
from m365.validation import Connection, validate
from portal.core.secrets import Secret

DISCOVERY_AND_TOKEN = {"discovery", "token"}


def collections_in_the_source():
    """The first segment of each path that graph.py names."""
    texts = [
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(graph)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    found = (re.match(r"/([A-Za-z]+)[?(/]", text) for text in texts)
    return {match[1] for match in found if match}


def collections_asked(entra, on_service_principal):
    """What one full validation asks of Graph."""
    tenant = entra.add_tenant(name="Brightwater", domains=["brightwater.example"])
    app = tenant.add_application()
    secret = app.add_secret(on_service_principal=on_service_principal)
    validate(
        Connection(
            cloud="worldwide",
            tenant_id=uuid.UUID(tenant.id),
            client_id=uuid.UUID(app.client_id),
            secret=Secret(secret.value),
        ),
        lambda steps: None,
    )
    return {what for (what, asked_of) in entra.counters if asked_of == tenant.id} - DISCOVERY_AND_TOKEN


def test_every_path_in_the_code_is_asked_and_needs_a_permission_of_the_list(entra):
    asked = collections_asked(entra, True) | collections_asked(entra, False)

    assert asked == collections_in_the_source()
    for collection in asked:
        opens = [permission for permission in PERMISSIONS.values() if permission.name in ROLES[collection]]
        assert len(opens) == 1, collection
        assert ROLES[collection] == {opens[0].name} | opens[0].included_in


def test_no_permission_is_asked_for_that_no_path_needs():
    needed = {name for collection in collections_in_the_source() for name in ROLES[collection]}

    assert set(PERMISSIONS) <= needed
    assert not [name for name in PERMISSIONS if "Write" in name]


def test_a_larger_permission_counts_and_a_neighbouring_one_does_not():
    assert missing_permissions(["Directory.Read.All"]) == ["Application.Read.All"]
    assert missing_permissions(["Directory.ReadWrite.All", "Application.ReadWrite.OwnedBy"]) == []


def test_the_manifest_asks_for_application_permissions_of_graph_and_nothing_else():
    [resource] = required_resource_access()

    assert resource == {
        "resourceAppId": "00000003-0000-0000-c000-000000000000",
        "resourceAccess": [
            {"id": "498476ce-e0fe-48b0-b801-37ba7e2685c6", "type": "Role"},
            {"id": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "type": "Role"},
        ],
    }
    assert TYPE == "Application"
