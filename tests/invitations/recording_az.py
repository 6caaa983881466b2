"""Stands in for the Azure CLI, an external program: records each call and answers as Graph's documentation shows.

Its folder (`AZ_HOME`) holds `calls.jsonl`, which it writes, and `tenant.json`, which says how the tenant is:
`names` that are taken, `roles` of Graph as [value, id], how often a new object is `unknown_for`, and whether the
person `may_consent` and `may_own`: make an application an owner.
"""

import json
import os
import sys
from pathlib import Path

HOME = Path(os.environ["AZ_HOME"])
TENANT = json.loads((HOME / "tenant.json").read_text(encoding="utf-8"))
GRAPH_ID = "9c2d33ad-5c4d-4c2c-b9fa-6bb8e4b3fd1c"
APP_ID = "6d2f1a7e-0d5c-4f6e-8c3b-4b8f0f6c9a11"
OBJECT_ID = "0f0e0d0c-0000-4000-8000-000000000000"
PRINCIPAL_ID = "b5c1f9d2-7f61-4f0a-9d0e-2f8b7c6d5e4f"
SECRET = "not~a.real_secret-of-40-characters-4711"

# `--query` of those the script asks with, and what `--output tsv` makes of it; another one is a KeyError.
QUERIES = {
    "tenantId": lambda found: found["tenantId"],
    "user.name": lambda found: found["user"]["name"],
    "endpoints.microsoftGraphResourceId": lambda found: found["endpoints"]["microsoftGraphResourceId"],
    "id": lambda found: found["id"],
    "appId": lambda found: found["appId"],
    "secretText": lambda found: found["secretText"],
    "value[].appId": lambda found: "\n".join(app["appId"] for app in found["value"]),
    "appRoles[].[value,id]": lambda found: "\n".join(
        f"{role['value']}\t{role['id']}" for role in found["appRoles"]
    ),
    None: json.dumps,
}


def refuse(status, code, message):
    print(f"ERROR: {status}({json.dumps({'error': {'code': code, 'message': message}})})", file=sys.stderr)
    sys.exit(1)


def not_known_yet():
    """Whether a new object is still unknown to the machine that was asked."""
    left = HOME / "unknown_for"
    times = int(left.read_text()) if left.exists() else TENANT["unknown_for"]
    left.write_text(str(max(times - 1, 0)))
    return times > 0


def answer(method, path, body, parameters):
    if (method, path) == ("GET", "/applications"):
        taken = [name for name in TENANT["names"] if name_filter(name) in parameters]
        return {"value": [{"appId": APP_ID} for _ in taken]}
    if (method, path) == ("GET", f"/servicePrincipals(appId='{APP_ID}')"):
        return {"id": PRINCIPAL_ID}
    if (method, path) == ("GET", f"/applications(appId='{APP_ID}')"):
        return {"id": OBJECT_ID}
    if (method, path) == ("POST", f"/applications/{OBJECT_ID}/owners/$ref"):
        if not TENANT["may_own"]:
            refuse("Forbidden", "Authorization_RequestDenied", "Insufficient privileges.")
        return {}
    if method == "GET" and path.startswith("/servicePrincipals(appId="):
        roles = [{"value": value, "id": role, "isEnabled": True} for value, role in TENANT["roles"]]
        return {"id": GRAPH_ID, "appRoles": roles}
    if (method, path) == ("POST", "/applications"):
        return {"id": OBJECT_ID, "appId": APP_ID, **body}
    if (method, path) == ("POST", "/servicePrincipals"):
        if not_known_yet():
            refuse("Bad Request", "Request_BadRequest", "The appId does not reference a valid application.")
        return {"id": PRINCIPAL_ID, "appId": body["appId"]}
    if path == f"/servicePrincipals/{PRINCIPAL_ID}/appRoleAssignments":
        if not TENANT["may_consent"]:
            refuse("Forbidden", "Authorization_RequestDenied", "Insufficient privileges.")
        return {"id": "assignment", **body}
    if path == f"/applications(appId='{APP_ID}')/addPassword":
        return {"secretText": SECRET, "keyId": "f0b0b335-1d71-4883-8f98-567911bfdca6", "hint": SECRET[:3]}
    return refuse("Not Found", "BadRequest", f"{method} {path}")


def name_filter(name):
    quoted = name.replace("'", "''")
    return f"$filter=displayName eq '{quoted}'"


def main(arguments):
    options, group, key = {}, [], None
    for argument in arguments:
        if argument.startswith("--"):
            key = argument
            options[key] = []
        elif key is None:
            group.append(argument)
        else:
            options[key].append(argument)
    one = {name: values[0] if values else "" for name, values in options.items()}
    call = {"group": group}
    if group == ["rest"]:
        prefix = "https://graph.microsoft.com/v1.0"
        assert one["--url"].startswith(prefix + "/"), one["--url"]
        call |= {"method": one["--method"], "path": one["--url"].removeprefix(prefix)}
        call |= {
            "body": json.loads(one.get("--body", "null")),
            "parameters": options.get("--url-parameters", []),
        }
    with (HOME / "calls.jsonl").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(call) + "\n")
    if group == ["rest"]:
        found = answer(call["method"], call["path"], call["body"], call["parameters"])
    elif group == ["account", "show"]:
        found = {"tenantId": TENANT["id"], "user": {"name": "ada@brightwater.example", "type": "user"}}
    elif group == ["cloud", "show"]:
        found = {"endpoints": {"microsoftGraphResourceId": "https://graph.microsoft.com/"}}
    else:
        raise KeyError(group)
    print(QUERIES[one.get("--query")](found))


main(sys.argv[1:])
