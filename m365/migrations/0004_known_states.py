"""What the last validation of each connection said, in the columns that lists are sorted by."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

EXPIRED, SECRET_REJECTED, APP_NOT_FOUND, ACCESS_LOST = 10, 20, 30, 40
CANNOT_READ_EXPIRY, OK_WITH_FINDINGS, OK = 70, 80, 90


def fill(apps, schema_editor):
    AppRegistration = apps.get_model("m365", "AppRegistration")
    Credential = apps.get_model("m365", "Credential")
    Validation = apps.get_model("m365", "Validation")
    connected = AppRegistration.objects.exclude(active_credential=None)
    last = Validation.objects.filter(pk=OuterRef("last_validation"))
    ends = Credential.objects.filter(pk=OuterRef("active_credential")).values("not_after")
    connected.update(
        secret_ends_at=Coalesce(Subquery(ends), F("secret_ends_at")),
        checked_at=Coalesce(Subquery(last.values("finished_at")), F("authenticated_at")),
    )
    refused = connected.filter(last_validation__verdict="invalid").exclude(
        last_validation__cause_name__in=["our_fault", "too_late"]
    )
    signed_in = connected.filter(last_validation__verdict__in=["valid", "findings"])
    for rows, state in (
        (refused, ACCESS_LOST),
        (refused.filter(last_validation__cause_name="expired_secret"), EXPIRED),
        (refused.filter(last_validation__cause_name="wrong_secret"), SECRET_REJECTED),
        (refused.filter(last_validation__cause_name="unknown_application"), APP_NOT_FOUND),
        (signed_in, OK),
        (signed_in.filter(last_validation__verdict="findings"), OK_WITH_FINDINGS),
        (signed_in.filter(active_credential__not_after=None), CANNOT_READ_EXPIRY),
    ):
        AppRegistration.objects.filter(pk__in=rows.values("pk")).update(state=state)
    AppRegistration.objects.filter(state__lte=ACCESS_LOST).update(
        state_cause=Subquery(last.values("cause_name"))
    )


class Migration(migrations.Migration):
    dependencies = [("m365", "0003_nightly")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
