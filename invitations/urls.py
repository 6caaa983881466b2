from django.urls import path

from invitations.views import end_of_secret, guide, kit, link, result, values, welcome

app_name = "invitations"
urlpatterns = [
    path("i/<str:token>/", link.enter, name="enter"),
    path("invitation/<uuid:invitation_id>/", welcome.welcome, name="welcome"),
    path("invitation/<uuid:invitation_id>/values/", values.values, name="values"),
    path("invitation/<uuid:invitation_id>/result/<uuid:validation_id>/", result.result, name="result"),
    path("invitation/<uuid:invitation_id>/result/<uuid:validation_id>/steps/", result.steps, name="steps"),
    path(
        "invitation/<uuid:invitation_id>/result/<uuid:validation_id>/end-of-secret/",
        end_of_secret.end_of_secret,
        name="end_of_secret",
    ),
    path("guide/", guide.guide, name="guide"),
    path("guide/permissions.json", kit.permissions, name="permissions"),
    path("guide/manifest.json", kit.manifest, name="manifest"),
    path("guide/register-app.ps1", kit.powershell, name="powershell"),
    path("guide/register-app.sh", kit.bash, name="bash"),
    path("guide/let-portal-renew.sh", kit.renewal, name="renewal"),
]
