from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Emailed requests to connect an app registration; knows no service."""

    name = "invitations"

    def ready(self) -> None:
        from invitations import mails, models
        from m365 import validations
        from portal.core import outbox

        outbox.register(models.ACTIVATION, mails.activation, models.mail_settled)
        outbox.register(models.RECEIPT, mails.receipt)
        validations.register(models.ACTIVATION_PURPOSE, models.accept)
