from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The roof: commands, dashboard and settings; it has no models."""

    name = "portal"
