"""The mailed side of an invitation: to whom, with which link, and what became of the mail."""

import uuid
from functools import cached_property

from django.db import models

from invitations import links
from invitations.models.purposes import Purpose
from portal.core import outbox
from portal.core.actors import Actor
from portal.core.addresses import AddressField, validate_address
from portal.core.outbox import OutboxMail

# The mail with the link, whatever it asks for; its one reminder; and the customer's receipt.
ACTIVATION, REMINDER, RECEIPT = "invitation.activation", "invitation.reminder", "invitation.receipt"


class Mailed(models.Model):
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(
        max_length=10, choices=Purpose.choices, default=Purpose.ACTIVATE, db_default=Purpose.ACTIVATE
    )
    email = AddressField(max_length=254)
    version = models.PositiveIntegerField(default=1)
    sent_count = models.PositiveIntegerField(default=0)  # mails accepted by the relay

    class Meta:
        abstract = True

    @property
    def link(self) -> str:
        return links.link(self.purpose, self.uuid, self.version)

    @property
    def mail_key(self) -> str:
        return f"invitation/{self.uuid}/v{self.version}"

    @property
    def reminder_key(self) -> str:
        return f"{self.mail_key}/reminder"

    @cached_property
    def mail(self) -> OutboxMail | None:
        """The newest activation mail: sent, attempts, last error and next try are read from it."""
        mails = OutboxMail.objects.about(self.uuid).filter(kind=ACTIVATION)
        return mails.first()

    @property
    def asks_for(self) -> Purpose:
        return Purpose(self.purpose)

    def _post(self, actor: Actor) -> None:
        """Raises ValidationError for what is no single address, whichever door it came by."""
        validate_address(self.email)
        outbox.post(ACTIVATION, self.uuid, self.email, key=self.mail_key, actor=actor)
        self.__dict__.pop("mail", None)
