from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground: knows no other app of the portal."""

    name = "portal.core"
    label = "core"
