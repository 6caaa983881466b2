"""The journal of the whole installation: which entries are asked for, and the names of what they are about."""

import uuid
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from portal.core.journal import JournalEntry
from portal.core.tenancy import Channel, Operator
from services import names
from services.models import Customer, Service

Ids = set[uuid.UUID]


class JournalFilter(forms.Form):
    """Everything may be left out; days are those of the operator's own zone."""

    person = forms.ModelChoiceField(
        Operator.objects.order_by("name"), label="Who", required=False, empty_label="Anybody"
    )
    customer = forms.ModelChoiceField(
        Customer.objects.order_by("name"), label="Customer", required=False, empty_label="Any"
    )
    about = forms.CharField(label="Short name, or any ID", required=False, max_length=100)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}))

    def clean_about(self) -> Ids | None:
        """The ids of what was named. Raises ValidationError when nothing is called so."""
        named = self.cleaned_data["about"].replace("\0", "").strip()
        if not named:
            return None
        try:
            return {uuid.UUID(named)}
        except ValueError:
            found = Service.objects.filter(short_key=names.key(named))
        if ids := _ids_of(found):
            return ids
        raise forms.ValidationError("No service has this short name, and it is no ID.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["since"] > given["until"]:
            self.add_error("until", "This day is before the first one.")
        return given

    def entries(self) -> QuerySet[JournalEntry]:
        """What is asked for; nothing while a value is wrong."""
        if not self.is_valid():
            return JournalEntry.objects.none()
        given, found = self.cleaned_data, JournalEntry.objects.select_related("detail", "operator")
        if given["person"]:
            found = found.filter(Q(operator=given["person"]) | Q(about__contains=[given["person"].pk]))
        if given["customer"]:
            services = Service.objects.filter(customer=given["customer"])
            found = found.filter(about__overlap=[given["customer"].pk, *_ids_of(services)])
        if given["about"]:
            found = found.filter(about__overlap=list(given["about"]))
        if given["since"]:
            found = found.filter(created_at__gte=_midnight(given["since"]))
        if given["until"]:
            found = found.filter(created_at__lt=_midnight(given["until"] + timedelta(days=1)))
        return found


def names_of(entries: Iterable[JournalEntry]) -> dict[uuid.UUID, str]:
    """What the rows that entries are about are called, those that have a name; four queries for a page."""
    ids = {about for entry in entries for about in entry.about}
    called: dict[uuid.UUID, str] = {}
    for model in (Channel, Customer, Operator):
        called.update(model._base_manager.filter(pk__in=ids).values_list("pk", "name"))
    services = Service.objects.filter(Q(pk__in=ids) | Q(app_registration__in=ids))
    for service, registration, name in services.values_list("pk", "app_registration", "short_name"):
        called[service] = called[registration] = name
    return called


def _ids_of(services: "QuerySet[Service]") -> Ids:
    """Their own, and those of their connections, which invitations and validations name."""
    return {one for pair in services.values_list("pk", "app_registration") for one in pair if one}


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
