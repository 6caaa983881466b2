"""The pages of signing in, of one's own account, and of those who work here."""

from tests.browser.looked import Looked, press


def refuse_sign_in(page):
    page.get_by_label("E-mail").fill("olga@nordhafen.example")
    page.get_by_label("Password", exact=True).fill("not this one")
    press("Sign in")(page)


PAGES_OF_ACCOUNTS = [
    # Signing in
    Looked("sign-in", "nobody", "/sign-in/"),
    Looked("sign-in-refused", "nobody", "/sign-in/", refuse_sign_in),
    Looked("sign-out", "olga", "/sign-out/"),
    Looked("forgotten", "nobody", "/account/forgotten/"),
    Looked("forgotten-sent", "nobody", "/account/forgotten/sent/"),
    Looked("password-link-worn-out", "nobody", "/account/choose-password/1-x-y/"),
    Looked("password-chosen", "nobody", "/account/choose-password/done/"),
    # The first time
    Looked("second-factor-first", "newcomer", "/account/second-factor/"),
    Looked("app-add", "newcomer", "/account/second-factor/app/add/"),
    Looked("passkey-add", "newcomer", "/account/passkeys/add/"),
    # One's own account
    Looked("second-factor", "olga", "/account/second-factor/"),
    Looked("app-remove", "olga", "/account/second-factor/app/remove/"),
    Looked("passkeys", "olga", "/account/passkeys/"),
    Looked("recovery-codes-renew", "olga", "/account/second-factor/recovery-codes/renew/"),
    Looked("password", "olga", "/account/password/"),
    Looked("sessions", "olga", "/account/sessions/"),
    Looked("confirm", "olga", "/account/confirm/?next=/operators/invite/"),
    # Those who work here, and what they did
    Looked("journal", "pia", "/journal/"),
    Looked("journal-errors", "pia", "/journal/?about=nothing-like-it&since=2026-02-02&until=2026-02-01"),
    Looked("operators", "olga", "/operators/"),
    Looked("operator-invite", "olga", "/operators/invite/"),
    Looked("operator-invite-errors", "olga", "/operators/invite/", press("Invite")),
    Looked("operator", "olga", lambda world: f"/operators/{world.people['monica'].pk}/"),
]
