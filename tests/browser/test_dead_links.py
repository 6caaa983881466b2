"""Every dead link over a real connection: status, headers and body are the same to the last byte."""

from tests.conftest import make_service
from tests.invitations.test_the_way_in import DEATHS, make_dead

# What differs between any two answers.
OF_EACH_ANSWER = {"date", "x-request-id"}


def test_every_dead_link_gets_the_same_answer_byte_for_byte(site, opens, customer, olga):
    browser = opens().request

    def asked(path):
        answer = browser.get(path)
        headers = {name: value for name, value in answer.headers.items() if name not in OF_EACH_ANSWER}
        return answer.status, headers, answer.body()

    forged = asked("/i/no-link-at-all/")
    dead = {
        death: asked(make_dead(make_service(customer, olga, f"is-{death}").invitation, olga, death))
        for death in DEATHS
    }

    assert forged[0] == 410
    assert dead == dict.fromkeys(DEATHS, forged)
