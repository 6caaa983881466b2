#!/usr/bin/env bash
# Makes one app registration in your Microsoft 365 tenant and prints
# the three values that the portal asks for.
#
# For Azure Cloud Shell (choose Bash), or any Linux with the Azure CLI
# signed in to that tenant. Read it before you run it. It says what it
# will change and asks first, and it writes nothing to disk, the client
# secret least of all.
# It was checked by parsers and run with a recorded Azure CLI; it was
# never run against Microsoft Entra itself.
#
# The brackets keep a pasted script together: at the first error it
# ends, and your shell goes on.
(
set -euo pipefail

name=@NAME@
same_name=@SAME_NAME@
application=@APPLICATION@
graph_app=@GRAPH_APP_ID@
permissions=(@PERMISSIONS@)
secret_days=@SECRET_DAYS@

changed='Nothing was changed.'
finished=no
trap '[[ $finished == yes ]] || echo "Stopped. $changed" >&2' EXIT

graph() { # METHOD PATH and more: one call of Microsoft Graph, in the cloud that the Azure CLI is signed in to
  az rest --only-show-errors --method "$1" --url "$graph_url/v1.0$2" "${@:3}"
}

post() { # PATH BODY and more
  graph POST "$1" --headers Content-Type=application/json --body "$2" "${@:3}"
}

# Entra needs a moment until a new object is known everywhere; a missing role is no matter of time.
patiently() {
  local try error
  for try in 1 2 3 4 5 6; do
    if { error=$("$@" 2>&1 1>&3); } 3>&1; then return 0; fi
    if [[ $error == *Authorization_RequestDenied* || $try == 6 ]]; then break; fi
    sleep 5
  done
  printf '%s\n' "$error" >&2
  return 1
}

# Only reads, up to the question.
command -v az >/dev/null || { echo 'The Azure CLI is missing: open Cloud Shell and choose Bash.' >&2; exit 1; }
ends=$(date --utc --date "+$secret_days days" +%Y-%m-%dT%H:%M:%SZ)
graph_url=$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)
graph_url=${graph_url%/}
tenant_id=$(az account show --query tenantId --output tsv)
user=$(az account show --query user.name --output tsv)

existing=$(graph GET /applications --url-parameters "\$filter=$same_name" "\$select=appId" \
  --query 'value[].appId' --output tsv)
if [[ -n $existing ]]; then
  printf 'An app registration named "%s" exists already, Application (client) ID:\n%s\n' "$name" "$existing" >&2
  echo 'Take its values and a new client secret from the Entra admin center, or delete it and run this again.' >&2
  exit 1
fi

microsoft_graph="/servicePrincipals(appId='$graph_app')"
graph_id=$(graph GET "$microsoft_graph" --url-parameters "\$select=id" --query id --output tsv)
roles=$(graph GET "$microsoft_graph" --url-parameters "\$select=appRoles" \
  --query 'appRoles[].[value,id]' --output tsv)
for permission in "${permissions[@]}"; do
  if ! grep -qxF -- "${permission/=/$'\t'}" <<<"$roles"; then
    echo "Microsoft Graph of this tenant knows no permission ${permission/=/ with the id }." >&2
    exit 1
  fi
done

printf '\nIn the tenant %s, as %s, this will make\n' "$tenant_id" "$user"
printf '  1. the app registration "%s", for this organisational directory only\n' "$name"
printf '  2. its enterprise application\n'
printf '  3. admin consent to these application permissions of Microsoft Graph, and no others:\n'
printf '       %s\n' "${permissions[@]%%=*}"
printf '  4. one client secret that ends on %s\n\n' "${ends%%T*}"
read -r -p 'Type yes to go on: ' answer || answer=''
[[ $answer == yes ]] || exit 1

app_id=$(post /applications "$application" --query appId --output tsv)
changed="The app registration $app_id was made; delete it before you run this again."
principal_id=$(patiently post /servicePrincipals "{\"appId\": \"$app_id\"}" --query id --output tsv)

granted=yes
for permission in "${permissions[@]}"; do
  grant="{\"principalId\": \"$principal_id\", \"resourceId\": \"$graph_id\", \"appRoleId\": \"${permission#*=}\"}"
  if ! patiently post "/servicePrincipals/$principal_id/appRoleAssignments" "$grant" >/dev/null; then
    granted=no
    break
  fi
done

# Asked for once: a second try after a lost answer could leave two secrets.
secret=$(post "/applications(appId='$app_id')/addPassword" \
  "{\"passwordCredential\": {\"displayName\": \"Portal\", \"endDateTime\": \"$ends\"}}" --query secretText --output tsv)
finished=yes

printf '\n%s: %s\n' @TENANT_LABEL@ "$tenant_id"
printf '%s: %s\n' @CLIENT_LABEL@ "$app_id"
printf '%s: %s\n\n' @SECRET_LABEL@ "$secret"
echo 'The secret is shown only now. Put the three values into the page you came from, then type: clear'
if [[ $granted == no ]]; then
  printf '\nAdmin consent is still missing. Somebody with the role Privileged Role Administrator or Global Administrator '
  printf 'must open\nApp registrations > this app > API permissions and press "Grant admin consent"; worldwide at\n'
  printf '%s/appId/%s\n' @CONSENT_PAGE@ "$app_id"
fi
)
