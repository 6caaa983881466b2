#!/usr/bin/env bash
# Lets the portal renew the client secret of an app registration of
# yours before it ends: one permission more, and the application as
# an owner of itself. To take it back, remove the permission.
#
# For Azure Cloud Shell (choose Bash), or any Linux with the Azure CLI
# signed in to your tenant. Read it before you run it. It says what it
# will change and asks first, and it writes nothing to disk.
# It was checked by parsers and run with a recorded Azure CLI; it was
# never run against Microsoft Entra itself.
#
# The brackets keep a pasted script together: at the first error it
# ends, and your shell goes on.
(
set -euo pipefail

graph_app=@GRAPH_APP_ID@
permission=@PERMISSION@

changed='Nothing was changed.'
finished=no
trap '[[ $finished == yes ]] || echo "Stopped. $changed" >&2' EXIT

graph() { # METHOD PATH and more: one call of Microsoft Graph, in the cloud that the Azure CLI is signed in to
  az rest --only-show-errors --method "$1" --url "$graph_url/v1.0$2" "${@:3}"
}

post() { # PATH BODY and more
  graph POST "$1" --headers Content-Type=application/json --body "$2" "${@:3}"
}

id_of() { # the object id of a service principal, by its application's ID
  graph GET "/servicePrincipals(appId='$1')" --url-parameters "\$select=id" --query id --output tsv
}

# Only reads, up to the second question.
command -v az >/dev/null || { echo 'The Azure CLI is missing: open Cloud Shell and choose Bash.' >&2; exit 1; }
graph_url=$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)
graph_url=${graph_url%/}
tenant_id=$(az account show --query tenantId --output tsv)
user=$(az account show --query user.name --output tsv)

read -r -p 'Application (Client) ID of the app registration: ' app_id || app_id=''
if [[ ! $app_id =~ ^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$ ]]; then
  echo 'That is no Application (Client) ID; it looks like 00000000-0000-0000-0000-000000000000.' >&2
  exit 1
fi
object_id=$(graph GET "/applications(appId='$app_id')" --url-parameters "\$select=id" --query id --output tsv)
principal_id=$(id_of "$app_id")
graph_id=$(id_of "$graph_app")
roles=$(graph GET "/servicePrincipals(appId='$graph_app')" --url-parameters "\$select=appRoles" \
  --query 'appRoles[].[value,id]' --output tsv)
if ! grep -qxF -- "${permission/=/$'\t'}" <<<"$roles"; then
  echo "Microsoft Graph of this tenant knows no permission ${permission/=/ with the id }." >&2
  exit 1
fi

printf '\nIn the tenant %s, as %s, this will\n' "$tenant_id" "$user"
printf '  1. grant the application %s the permission %s of Microsoft Graph\n' "$app_id" "${permission%%=*}"
printf '  2. make it an owner of itself\n\n'
read -r -p 'Type yes to go on: ' answer || answer=''
[[ $answer == yes ]] || exit 1

grant="{\"principalId\": \"$principal_id\", \"resourceId\": \"$graph_id\", \"appRoleId\": \"${permission#*=}\"}"
post "/servicePrincipals/$principal_id/appRoleAssignments" "$grant" >/dev/null
changed='The permission was granted; the application is not its own owner yet.'
owner="{\"@odata.id\": \"$graph_url/v1.0/directoryObjects/$principal_id\"}"
post "/applications/$object_id/owners/\$ref" "$owner" >/dev/null
finished=yes

printf '\nDone. The portal sees it in the following night.\n'
)
