from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground: knows no other app of the portal."""

    name = "portal.core"
    label = "core"

    def ready(self) -> None:
        from portal.core import checks, outbox, trial_mail  # noqa: F401  # the checks register themselves

        outbox.register(trial_mail.TRIAL, trial_mail.render)
