from allauth.account import views as account
from django.urls import include, path

from portal.core import brands, csp_reports, probes, views
from portal.core.operators import views as operators

urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("account/", include("portal.core.accounts.urls")),
    path("operators/", operators.operators, name="operators"),
    path("operators/invite/", operators.invite_operator, name="invite_operator"),
    path("operators/<uuid:operator_id>/", operators.operator, name="operator"),
    path("operators/<uuid:operator_id>/role/", operators.grant_role, name="grant_role"),
    path(
        "operators/<uuid:operator_id>/roles/<uuid:membership_id>/withdraw/",
        operators.withdraw_role,
        name="withdraw_role",
    ),
    path("operators/<uuid:operator_id>/account/", operators.change_account, name="change_account"),
    path("role/", views.act_in, name="act_in"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="read_notices"),
    path("notices/<uuid:id>/read/", views.read_notice, name="read_notice"),
    path("mail-server/", views.mail_server, name="mail_server"),
    path("mail-server/try/", views.try_mail, name="try_mail"),
    path("logos/<slug:digest>/", views.logo, name="logo"),
    path("brands/<uuid:channel_id>/<slug:colour>.css", brands.style, name="brand_style"),
    path("brands/<uuid:channel_id>/<slug:digest>/", brands.logo, name="brand_logo"),
    path("preferences/", views.preferences, name="preferences"),
    path("csp-reports/", csp_reports.csp_report, name="csp_reports"),
    path("livez", probes.livez),
    path("readyz", probes.readyz),
]
