"""Included by services.urls: the names are in the namespace `services`."""

from django.urls import path

from services.onboarding import authentication, completion, customer, leaving, short_name, tenant

_START = "services/add/direct-routing/"
_SERVICE = "services/<uuid:id>/onboarding/"

urlpatterns = [
    path(_START, customer.customer, name="onboarding"),
    path(f"{_START}select/", customer.select, name="onboarding_select"),
    path(f"{_START}discard/", customer.discard, name="onboarding_discard"),
    path(f"{_START}tenant/", tenant.tenant, name="onboarding_tenant"),
    path(f"{_START}short-name/", short_name.verdict, name="onboarding_short_name"),
    # Leaving the form without losing what stands in it
    path(f"{_START}tenant/back/", tenant.leave, {"to": "services:onboarding"}, name="onboarding_back"),
    path(f"{_START}tenant/cancel/", tenant.leave, {"to": "services:services"}, name="onboarding_cancel"),
    path(f"{_SERVICE}sent/", authentication.sent, name="onboarding_sent"),
    path(_SERVICE, authentication.registration, name="onboarding_registration"),
    path(f"{_SERVICE}values/", authentication.values, name="onboarding_values"),
    path(f"{_SERVICE}<str:place>/back/", leaving.back, name="onboarding_leave_back"),
    path(f"{_SERVICE}<str:place>/cancel/", leaving.cancel, name="onboarding_leave_cancel"),
    path(f"{_SERVICE}validate/", authentication.validate, name="onboarding_validate"),
    path(f"{_SERVICE}check/<uuid:validation_id>/", authentication.check, name="onboarding_check"),
    path(f"{_SERVICE}m365-settings/", completion.settings, name="onboarding_settings"),
    path(f"{_SERVICE}sip-connection/", completion.sip, name="onboarding_sip"),
    path(f"{_SERVICE}summary/", completion.summary, name="onboarding_summary"),
    path(f"{_SERVICE}create/", completion.create, name="onboarding_create"),
    path(f"{_SERVICE}what-remains/", completion.what_remains, name="onboarding_what_remains"),
]
