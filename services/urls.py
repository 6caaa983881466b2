from django.urls import include, path, register_converter

from services.converters import NightConverter
from services.views import (
    activity,
    channels,
    client_secret,
    connections,
    customers,
    end_of_secret,
    held_tenant,
    journal,
    m365_configuration,
    nightly_runs,
    pending_invitations,
    reconnection,
    sbcs,
    service_portal,
    services,
)

register_converter(NightConverter, "night")

app_name = "services"
urlpatterns = [
    path("", include("services.onboarding.urls")),
    path("services/", services.services, name="services"),
    # The Service portal: the pages of one service.
    path("services/<uuid:service_id>/", service_portal.edit_service, name="edit_service"),
    path("journal/", journal.journal, name="journal"),
    path("journal.<slug:form>", journal.export, name="journal_export"),
    path("services/<uuid:service_id>/activity/", activity.activity, name="activity"),
    path("services/<uuid:service_id>/activity.<slug:form>", activity.export, name="activity_export"),
    path(
        "services/<uuid:service_id>/m365-configuration/",
        m365_configuration.m365_configuration,
        name="m365_configuration",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/validate/",
        m365_configuration.validate,
        name="validate",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/client-secret/",
        client_secret.client_secret,
        name="client_secret",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/client-secret/<uuid:validation_id>/",
        client_secret.client_secret_check,
        name="client_secret_check",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/re-initiate/",
        reconnection.reinitiate,
        name="reinitiate",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/invitation/resend/",
        reconnection.resend,
        name="resend_link",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/invitation/revoke/",
        reconnection.revoke,
        name="revoke_link",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/end-of-secret/",
        end_of_secret.end_of_secret,
        name="end_of_secret",
    ),
    path(
        "services/<uuid:service_id>/m365-configuration/<uuid:validation_id>/",
        m365_configuration.validation,
        name="validation",
    ),
    path("pending-invitations/", pending_invitations.pending_invitations, name="pending_invitations"),
    path("pending-invitations/<uuid:id>/copy-link/", pending_invitations.copy_link, name="copy_link"),
    path("pending-invitations/<uuid:id>/resend/", pending_invitations.resend, name="resend"),
    path("pending-invitations/<uuid:id>/revoke/", pending_invitations.revoke, name="revoke"),
    path("pending-invitations/<uuid:id>/delete/", pending_invitations.delete, name="delete_pending"),
    path("pending-invitations/<uuid:id>/tenant/", held_tenant.held_tenant, name="held_tenant"),
    path(
        "pending-invitations/<uuid:id>/tenant/<uuid:validation_id>/confirm/",
        held_tenant.confirm,
        name="confirm_tenant",
    ),
    path(
        "pending-invitations/<uuid:id>/tenant/<uuid:validation_id>/reject/",
        held_tenant.reject,
        name="reject_tenant",
    ),
    path("connections/", connections.connections, name="connections"),
    path("nightly-runs/", nightly_runs.nightly_runs, name="nightly_runs"),
    path("nightly-runs/<night:night>/", nightly_runs.nightly_run, name="nightly_run"),
    path("nightly-runs/<night:night>/<slug:state>/", nightly_runs.nightly_items, name="nightly_items"),
    path("channels/", channels.channels, name="channels"),
    path("channels/add/", channels.add_channel, name="add_channel"),
    path("channels/<uuid:channel_id>/", channels.channel, name="channel"),
    path("channels/<uuid:channel_id>/branding/", channels.branding, name="channel_branding"),
    path("channels/<uuid:channel_id>/warnings/", channels.warnings, name="channel_warnings"),
    path("customers/", customers.customers, name="customers"),
    path("customers/add/", customers.add_customer, name="add_customer"),
    path("customers/<uuid:customer_id>/", customers.company, name="edit_customer"),
    path("customers/<uuid:customer_id>/contact/", customers.contact, name="customer_contact"),
    path("customers/<uuid:customer_id>/services/", customers.services_of, name="customer_services"),
    path("sbcs/", sbcs.sbcs, name="sbcs"),
    path("sbcs/add/", sbcs.add_sbc, name="add_sbc"),
    path("sbcs/<uuid:sbc_id>/", sbcs.edit_sbc, name="edit_sbc"),
]
