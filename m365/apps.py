from django.apps import AppConfig


class M365Config(AppConfig):
    """App registrations, and what Microsoft 365 says of them; knows no invitation and no service."""

    name = "m365"

    def ready(self) -> None:
        from m365 import checks, retention  # noqa: F401  # checks register themselves
        from portal.core.retention import register

        register("validations", retention.validations, "INVITATIONS_KEPT_DAYS")
