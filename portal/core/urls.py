from allauth.account import views as account
from django.urls import path

from portal.core import probes

urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("livez", probes.livez),
    path("readyz", probes.readyz),
]
