"""On the page of success the customer says when the secret ends, where the tenant does not tell."""

from datetime import timedelta

import pytest
from django.utils import timezone

from m365.models import Validation
from m365.tasks import drain_validations
from tests.conftest import IDA
from tests.invitations.conftest import page
from tests.renewal import answer, in_use, text_of

pytestmark = pytest.mark.django_db


def test_the_customer_types_the_end_that_the_tenant_does_not_tell(ask, moewe, new_browser):
    moewe.app.revoke("Application.Read.All")
    invitation, browser = ask(14), new_browser()
    result = answer(browser, invitation, moewe.app.add_secret(ends_in_days=300).value)
    drain_validations()
    assert "When does the secret end?" in text_of(browser.get(result))
    validation = Validation.objects.latest("created_at")
    day = timezone.localdate() + timedelta(days=300)

    wrong = browser.post(page("end_of_secret", invitation, validation.pk), {"ends_on": "2001-01-01"})
    assert "Enter a day after today" in text_of(wrong)
    assert "<title>Error: " in text_of(wrong)
    sent = browser.post(page("end_of_secret", invitation, validation.pk), {"ends_on": day.isoformat()})

    credential = in_use(moewe).active_credential
    assert sent.url == page("result", invitation, validation.pk)
    assert (credential.expiry, timezone.localdate(credential.not_after)) == ("typed", day)
    assert credential.expiry_by == f"holder of the link sent to {IDA}"
    assert "as told by you or a colleague" in text_of(browser.get(result))


def test_nobody_else_types_the_end(ask, moewe, new_browser):
    moewe.app.revoke("Application.Read.All")
    invitation, browser = ask(14), new_browser()
    answer(browser, invitation, moewe.app.add_secret(ends_in_days=300).value)
    drain_validations()
    validation = Validation.objects.latest("created_at")

    answered = new_browser().post(page("end_of_secret", invitation, validation.pk), {"ends_on": "2027-11-20"})

    assert answered.status_code == 410
    assert in_use(moewe).active_credential.expiry == "unknown"
