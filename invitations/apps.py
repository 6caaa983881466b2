from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Emailed requests to connect an app registration; knows no service."""

    name = "invitations"

    def ready(self) -> None:
        from invitations import mails, models, news, receivers, retention
        from m365 import validations
        from portal.core import outbox
        from portal.core.retention import register

        outbox.register(models.ACTIVATION, mails.activation, receivers.mail_settled)
        outbox.register(models.REMINDER, mails.reminder, receivers.mail_settled)
        outbox.register(models.RECEIPT, mails.receipt)
        outbox.register(news.FINISHED, mails.finished)
        outbox.register(news.HELD, mails.held)
        outbox.register(news.LOCKED, mails.locked)
        register("invitations", retention.addresses, "INVITATIONS_KEPT_DAYS")
        for purpose in models.Purpose:
            validations.register(
                purpose,
                receivers.accept,
                held=receivers.held,
                confirmed=receivers.confirmed,
                rejected=receivers.rejected,
                refused=receivers.refused,
            )
