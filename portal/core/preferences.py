"""What operators choose for themselves."""

from typing import TYPE_CHECKING

from django import forms
from django.db import transaction

from portal.core import journal
from portal.core.actors import Actor
from portal.core.tenancy import Operator

if TYPE_CHECKING:
    OperatorForm = forms.ModelForm[Operator]
else:
    OperatorForm = forms.ModelForm


class PreferencesForm(OperatorForm):
    class Meta:
        model = Operator
        fields = ["nightly_digest"]
        help_texts = {
            "nightly_digest": "What is new after the night’s check: connections that broke or work again, and secrets "
            "that near their end. Only when there is something new, and only of channels where you may set a secret."
        }

    @transaction.atomic
    def store(self, actor: Actor) -> None:
        """Keep it, and record who chose what."""
        if self.has_changed():
            self.instance.save(update_fields=self.changed_data)
            chosen = {name: self.cleaned_data[name] for name in self.changed_data}
            journal.write(actor, "operator.preferences_changed", [self.instance], **chosen)
