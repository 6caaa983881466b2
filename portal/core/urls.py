from allauth.account import views as account
from django.urls import path

from portal.core import csp_reports, probes, views

urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="read_notices"),
    path("notices/<uuid:id>/read/", views.read_notice, name="read_notice"),
    path("mail-server/", views.mail_server, name="mail_server"),
    path("mail-server/try/", views.try_mail, name="try_mail"),
    path("logos/<slug:digest>/", views.logo, name="logo"),
    path("preferences/", views.preferences, name="preferences"),
    path("csp-reports/", csp_reports.csp_report, name="csp_reports"),
    path("livez", probes.livez),
    path("readyz", probes.readyz),
]
