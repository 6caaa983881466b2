from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground: knows no other app of the portal."""

    name = "portal.core"
    label = "core"

    def ready(self) -> None:
        from portal.core import outbox, trial_mail

        outbox.register(trial_mail.TRIAL, trial_mail.render)
