from django.urls import path

from services.views import customers, m365_configuration, sbcs, service_portal, services

app_name = "services"
urlpatterns = [
    path("services/", services.services, name="services"),
    # The Service portal: the pages of one service.
    path("services/<uuid:service_id>/", service_portal.edit_service, name="edit_service"),
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
        "services/<uuid:service_id>/m365-configuration/<uuid:validation_id>/",
        m365_configuration.validation,
        name="validation",
    ),
    path("customers/", customers.customers, name="customers"),
    path("customers/add/", customers.add_customer, name="add_customer"),
    path("customers/<uuid:customer_id>/", customers.edit_customer, name="edit_customer"),
    path("sbcs/", sbcs.sbcs, name="sbcs"),
    path("sbcs/add/", sbcs.add_sbc, name="add_sbc"),
    path("sbcs/<uuid:sbc_id>/", sbcs.edit_sbc, name="edit_sbc"),
]
