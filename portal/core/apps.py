from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground: knows no other app of the portal."""

    name = "portal.core"
    label = "core"

    def ready(self) -> None:
        from portal.core import checks, outbox, sign_ins, trial_mail  # noqa: F401  # checks and receivers register themselves

        outbox.register(trial_mail.TRIAL, trial_mail.render)
