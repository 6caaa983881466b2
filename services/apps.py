from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Customers, their Direct Routing services, and everything operators do with them."""

    name = "services"
