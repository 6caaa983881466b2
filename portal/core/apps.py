from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground: knows no other app of the portal."""

    name = "portal.core"
    label = "core"

    def ready(self) -> None:
        from portal.core import checks, journal_head, logos, outbox, retention, trial_mail  # noqa: F401  # checks register themselves
        from portal.core.accounts import events, letters, second_factor, sessions  # noqa: F401  # so do receivers
        from portal.core.roles import Action
        from portal.core.tenancy import Channel

        logos.register(lambda operator: Channel.objects.allowed(operator, Action.SEE))
        outbox.register(trial_mail.TRIAL, trial_mail.render)
        outbox.register(journal_head.HEAD, journal_head.render)
        outbox.register(letters.WAY_BACK, letters.way_back)
        outbox.register(letters.CHANGE, letters.change)
        outbox.register(letters.INVITATION, letters.invitation)
        retention.register("mails", retention.mails, "MAILS_KEPT_DAYS")
        retention.register("notices", retention.notices, "MAILS_KEPT_DAYS")
        retention.register("journal_details", retention.journal_details, "JOURNAL_DETAILS_KEPT_DAYS")
