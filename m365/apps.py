from django.apps import AppConfig


class M365Config(AppConfig):
    """App registrations, and what Microsoft 365 says of them; knows no invitation and no service."""

    name = "m365"

    def ready(self) -> None:
        from m365 import checks  # noqa: F401  # registers itself
