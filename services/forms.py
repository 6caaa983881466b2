"""Forms that write the journal when they store a row; those for SBCs and for what can be edited of a service."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import EMPTY_VALUES
from django.db import IntegrityError, models, transaction

from portal.core import journal
from portal.core.actors import Actor
from portal.core.roles import Action
from portal.core.tenancy import Channel, Operator
from services.fields import LicensedUsersField
from services.models import Sbc, Service

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm

MOST_NAMED = 3  # of the services that stand in the way of something


def channels_where(operator: Operator, action: Action) -> models.QuerySet[Channel]:
    """The channels in which this operator may do it, by name."""
    return Channel.objects.allowed(operator, action).order_by("name")


def refuse_used(services: "models.QuerySet[Service]", types: Iterable[str]) -> None:
    """Before license types are switched off. Raises ValidationError that names living services which have one."""
    living = services.exclude(state=Service.State.DELETED).exclude(license_type__in=list(types))
    used = list(living.order_by("short_key")[: MOST_NAMED + 1])
    if used:
        named = ", ".join(f"{one.short_name} ({one.get_license_type_display()})" for one in used[:MOST_NAMED])
        more = " and others" if len(used) > MOST_NAMED else ""
        sentence = f"In use, so it cannot be switched off: {named}{more}."
        raise forms.ValidationError({"license_types": forms.ValidationError(sentence, code="used")})


class DomainField(forms.CharField):
    """A domain in the one form in which it is stored: lower case, no dot at its end."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").lower().rstrip(".")


class JournalledForm(ModelForm):
    """Stores one row and records who changed which of its fields, from what to what."""

    noun: ClassVar[str]

    @property
    def is_new(self) -> bool:
        return bool(self.instance._state.adding)

    @transaction.atomic
    def store(self, actor: Actor) -> None:
        """Write what was changed and nothing else: another operator's change to the same row must stay."""
        is_new = self.is_new
        if is_new:
            self.instance.save(force_insert=True)
            changes = {name: self._change(name, self.initial) for name in self.changed_data}
        elif changes := self._changes():
            self.instance.save(update_fields=self.columns(changes))
        else:
            return
        verb = f"{self.noun}.{'added' if is_new else 'edited'}"
        journal.write(actor, verb, self.about(), **changes, **self.follow_up(changes))

    def stored(self, actor: Actor) -> bool:
        """Whether it could be stored; else there is an error to show: what was just taken, or a rule of a lock."""
        try:
            self.store(actor)
        except IntegrityError as error:
            self.refuse_taken(error)
        except forms.ValidationError as refusal:  # by a rule that only holds behind a lock
            self.add_error(None, refusal)
        else:
            return True
        return False

    def refuse_taken(self, error: IntegrityError) -> None:
        """Say beside its field what was just taken. Raises the error where nothing can be."""
        raise error

    def _changes(self) -> dict[str, Any]:
        """Old and new of what differs from the row as it is now: what was sent twice differs only once."""
        rows = type(self.instance)._default_manager.select_for_update(no_key=True)
        now = forms.model_to_dict(rows.get(pk=self.instance.pk), fields=self.changed_data)
        changes = {name: self._change(name, now) for name in self.changed_data}
        return {name: change for name, change in changes.items() if _differ(change["old"], change["new"])}

    def columns(self, changes: Iterable[str]) -> list[str]:
        """The columns that these changes are written to."""
        return list(changes)

    def about(self) -> list[models.Model]:
        """The rows whose history the change belongs to."""
        return [self.instance]

    def follow_up(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """What else a change means, in the same transaction; gives what of it belongs into the journal."""
        return {}

    def _change(self, name: str, former: Mapping[str, Any]) -> dict[str, Any]:
        value = self.cleaned_data[name]
        return {"old": former.get(name), "new": getattr(value, "pk", value)}


def _differ(old: Any, new: Any) -> bool:
    """Nothing is stored as NULL in some columns and typed as "" in all."""
    return bool(old != new and not (old in EMPTY_VALUES and new in EMPTY_VALUES))


class NamedForm(JournalledForm):
    """A row with a name that is unique in its channel; the channel is chosen once, when the row is added."""

    action: ClassVar[Action]

    def __init__(self, *args: Any, operator: Operator, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["channel"]
        if not isinstance(field, forms.ModelChoiceField):
            raise TypeError("a channel is chosen from a list")
        channels = channels_where(operator, self.action)
        if not self.is_new:
            field.disabled, channels = True, Channel.objects.filter(pk=self.instance.channel_id)
        field.queryset = channels
        field.empty_label = "Choose a channel"
        if len(channels) == 1:
            field.initial, field.empty_label = channels[0].pk, None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self._is_taken(cleaned.get("channel"), cleaned.get("name")):
            self.refuse_name()
        return cleaned

    def refuse_name(self) -> None:
        self.add_error("name", forms.ValidationError("This channel has one of that name already.", "taken"))

    def _is_taken(self, channel: Channel | None, name: str | None) -> bool:
        rows = type(self.instance)._default_manager.filter(channel=channel, name=name)
        return bool(channel and name) and rows.exclude(pk=self.instance.pk).exists()

    def refuse_taken(self, _error: IntegrityError) -> None:
        self.refuse_name()


class SbcForm(NamedForm):
    noun, action = "sbc", Action.MANAGE_SBCS
    base_domain = DomainField(
        label="Base domain",
        max_length=189,
        help_text="Customers’ trunks get host names below it, as brightwater.sbc.provider.example.",
        error_messages={"required": "Enter the domain below which host names are made."},
        widget=forms.TextInput(attrs={"class": "tl-mono tl-w-m", "spellcheck": "false"}),
    )

    class Meta:
        model = Sbc
        fields = ["name", "base_domain", "address", "note", "channel"]
        labels = {"address": "Public IP address"}
        error_messages = {
            "name": {"required": "Enter a name for the SBC."},
            "channel": {"required": "Choose the channel whose services may use this SBC."},
        }
        widgets = {
            "name": forms.TextInput(attrs={"class": "tl-w-m"}),
            "address": forms.TextInput(attrs={"class": "tl-mono tl-w-m"}),
            "note": forms.TextInput(attrs={"class": "tl-w-l"}),
            "channel": forms.Select(attrs={"class": "tl-w-m"}),
        }


class ServiceForm(JournalledForm):
    """What of a created service can be edited; the short name stays for life, because other systems know it."""

    noun = "service"
    licensed_users = LicensedUsersField()

    class Meta:
        model = Service
        fields = ["full_name", "licensed_users", "m365_contact"]
        help_texts = {
            "m365_contact": "Who looks after the customer’s Microsoft 365.",
        }
        error_messages = {
            "full_name": {"required": "Enter the full name of the service."},
        }
        widgets = {
            "full_name": forms.TextInput(attrs={"class": "tl-w-l"}),
            "m365_contact": forms.EmailInput(attrs={"class": "tl-w-m"}),
        }

    def about(self) -> list[models.Model]:
        return [self.instance, self.instance.customer, self.instance.app_registration]
