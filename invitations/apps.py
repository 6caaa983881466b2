from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Emailed requests to connect an app registration; knows no service."""

    name = "invitations"

    def ready(self) -> None:
        from invitations import finished, mails, models
        from m365 import validations
        from portal.core import outbox

        outbox.register(models.ACTIVATION, mails.activation, models.mail_settled)
        outbox.register(models.REMINDER, mails.reminder, models.mail_settled)
        outbox.register(models.RECEIPT, mails.receipt)
        outbox.register(finished.FINISHED, mails.finished)
        validations.register(models.ACTIVATION_PURPOSE, models.accept)
