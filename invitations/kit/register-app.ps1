# Makes one app registration in your Microsoft 365 tenant and prints
# the three values that the portal asks for.
#
# For Azure Cloud Shell (choose PowerShell), or any PowerShell with the
# modules Microsoft.Graph.Authentication and Microsoft.Graph.Applications.
# Read it before you run it. It says what it will change and asks first,
# and it writes nothing to disk, the client secret least of all.
# It was checked by a parser; it was never run at all, neither against
# Microsoft Entra nor against anything in its place.
#
# In another cloud than the worldwide one, or where codes for devices are
# blocked, sign in yourself first, for example:
#   $scopes = 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'
#   Connect-MgGraph -Environment USGov -Scopes $scopes
#
# The braces keep a pasted script together: at the first error it ends,
# and no variable stays in your session.
& {
    $ErrorActionPreference = 'Stop'

    $name = @NAME@
    $sameName = @SAME_NAME@
    $graphApp = @GRAPH_APP_ID@
    $permissions = [ordered]@{
        @PERMISSIONS@
    }
    $secretDays = [int]@SECRET_DAYS@
    $scopes = 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'
    $changed = 'Nothing was changed.'

    # Entra needs a moment until a new object is known everywhere; a missing role is no matter of time.
    function Invoke-Patiently([scriptblock]$call) {
        for ($try = 1; $true; $try++) {
            try {
                return & $call
            } catch {
                if ($try -eq 6 -or "$_" -match 'Authorization_RequestDenied|Insufficient privileges') { throw }
                Start-Sleep -Seconds 5
            }
        }
    }

    try {
        # Only reads, up to the question.
        foreach ($command in 'Connect-MgGraph', 'New-MgApplication') {
            if (-not (Get-Command $command -ErrorAction SilentlyContinue)) {
                Write-Host 'Modules are missing. Type this, then try again:'
                Write-Host 'Install-Module Microsoft.Graph.Authentication, Microsoft.Graph.Applications'
                throw "There is no command $command."
            }
        }
        $context = Get-MgContext
        if (-not $context -or ($scopes | Where-Object { $context.Scopes -notcontains $_ })) {
            Write-Host "Microsoft asks you to let its own Graph Command Line Tools act for you: $($scopes -join ', ')"
            Connect-MgGraph -Scopes $scopes -UseDeviceAuthentication -NoWelcome
            $context = Get-MgContext
        }

        $existing = @(Get-MgApplication -Filter $sameName)
        if ($existing) {
            Write-Host "An app registration named `"$name`" exists already, Application (client) ID:"
            $existing | ForEach-Object { Write-Host $_.AppId }
            throw 'Take its values from the Entra admin center, or delete it and run this again.'
        }

        $graph = Get-MgServicePrincipal -Filter "appId eq '$graphApp'"
        foreach ($permission in $permissions.Keys) {
            $known = $graph.AppRoles | Where-Object { $_.Value -eq $permission -and $_.Id -eq $permissions[$permission] }
            if (-not $known) {
                throw "Microsoft Graph of this tenant knows no permission $permission with this script's id."
            }
        }

        $ends = (Get-Date).ToUniversalTime().AddDays($secretDays)
        Write-Host ''
        Write-Host "In the tenant $($context.TenantId), as $($context.Account), this will make"
        Write-Host "  1. the app registration `"$name`", for this organisational directory only"
        Write-Host '  2. its enterprise application'
        Write-Host '  3. admin consent to these application permissions of Microsoft Graph, and no others:'
        $permissions.Keys | ForEach-Object { Write-Host "       $_" }
        Write-Host "  4. one client secret that ends on $($ends.ToString('yyyy-MM-dd'))"
        Write-Host ''
        if ((Read-Host 'Type yes to go on') -cne 'yes') {
            throw 'You did not type yes.'
        }

        $access = @($permissions.Values | ForEach-Object { @{ Id = $_; Type = 'Role' } })
        $required = @(@{ ResourceAppId = $graphApp; ResourceAccess = $access })
        $app = New-MgApplication -DisplayName $name -SignInAudience 'AzureADMyOrg' -RequiredResourceAccess $required
        $changed = "The app registration $($app.AppId) was made; delete it before you run this again."
        $principal = Invoke-Patiently { New-MgServicePrincipal -AppId $app.AppId }

        $refusal = ''
        try {
            foreach ($id in $permissions.Values) {
                $grant = @{ PrincipalId = $principal.Id; ResourceId = $graph.Id; AppRoleId = $id }
                Invoke-Patiently {
                    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id -BodyParameter $grant
                } | Out-Null
            }
        } catch {
            $refusal = "$_"
        }

        # Asked for once: a second try after a lost answer could leave two secrets.
        $credential = @{ DisplayName = 'Portal'; EndDateTime = $ends }
        $secret = Add-MgApplicationPassword -ApplicationId $app.Id -PasswordCredential $credential

        Write-Host ''
        Write-Host "$(@TENANT_LABEL@): $($context.TenantId)"
        Write-Host "$(@CLIENT_LABEL@): $($app.AppId)"
        Write-Host "$(@SECRET_LABEL@): $($secret.SecretText)"
        Write-Host ''
        Write-Host 'The secret is shown only now. Put the three values into the page you came from, then type: Clear-Host'
        if ($refusal) {
            Write-Host ''
            Write-Host $refusal
            Write-Host 'Admin consent is still missing. Somebody with the role Privileged Role Administrator or Global'
            Write-Host 'Administrator must open App registrations > this app > API permissions and press'
            Write-Host '"Grant admin consent"; worldwide at'
            Write-Host "$(@CONSENT_PAGE@)/appId/$($app.AppId)"
        }
    } catch {
        Write-Host "Stopped. $changed"
        throw
    }
}
