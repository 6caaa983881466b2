import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError

from portal.core.outbox import OutboxMail
from portal.core.roles import Action
from portal.core.tasks import drain_mail
from portal.core.tenancy import Channel, Operator
from portal.seed import plant
from services import names
from services.models import Customer, Sbc, Service
from services.models.sbcs import DOMAIN
from tests.signing_in import APP_KEY

PASSWORD = "a long enough phrase"


def counts():
    return [model.objects.count() for model in (Channel, Operator, Customer, Sbc, Service, OutboxMail)]


@pytest.fixture
def planted(db):
    plant("olga@nordhafen.example", PASSWORD, APP_KEY)


def test_the_first_operator_signs_in_and_may_do_everything_everywhere(planted, rf):
    olga = authenticate(rf.post("/"), email="olga@nordhafen.example", password=PASSWORD)

    assert olga.name == "Olga Brandt"
    assert all(olga.may(action, channel.pk) for action in Action for channel in Channel.objects.all())


def test_a_second_planting_changes_nothing(planted):
    before = counts()

    plant("olga@nordhafen.example", "another long phrase", APP_KEY)

    assert counts() == before
    assert Operator.objects.get(email="olga@nordhafen.example").check_password(PASSWORD)


def test_where_operators_are_already_nothing_is_planted(olga):
    before = counts()

    plant("someone@nordhafen.example", PASSWORD, APP_KEY)

    assert counts() == before


def test_a_weak_password_plants_nothing(db):
    with pytest.raises(ValidationError):
        plant("olga@nordhafen.example", "short", APP_KEY)

    assert counts() == [0, 0, 0, 0, 0, 0]


def test_what_is_planted_is_what_an_operator_could_have_typed(planted):
    for service in Service.objects.all():
        names.validate_short_name(service.short_name)
        service.full_clean(exclude=["activated_at", "activated_by"])  # nobody types these
    for customer in Customer.objects.all():
        customer.full_clean()
    for sbc in Sbc.objects.all():
        DOMAIN(sbc.base_domain)
        sbc.full_clean()


def test_every_channel_has_an_sbc_and_customers(planted):
    for channel in Channel.objects.all():
        assert Sbc.objects.filter(channel=channel).exists()
        assert Customer.objects.filter(channel=channel).exists()


def test_the_two_invitations_reach_the_inbox(planted, mailbox):
    drain_mail()

    assert sorted(mail.to for mail in mailbox) == [["edv@ostsee.example"], ["it@tidewell.example"]]
