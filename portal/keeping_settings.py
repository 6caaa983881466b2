"""Settings of what is kept, and for how long: personal data, and the journal's head elsewhere."""

import re

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

# After so many days what names people goes: from finished mails and read notices; from invitations that are over and
# validations; from the journal, of which the sealed part stays.
MAILS_KEPT_DAYS = env.int("MAILS_KEPT_DAYS", 180)
INVITATIONS_KEPT_DAYS = env.int("INVITATIONS_KEPT_DAYS", 365)
JOURNAL_DETAILS_KEPT_DAYS = env.int("JOURNAL_DETAILS_KEPT_DAYS", 730)
if min(MAILS_KEPT_DAYS, INVITATIONS_KEPT_DAYS, JOURNAL_DETAILS_KEPT_DAYS) < 1:
    raise ImproperlyConfigured("MAILS_KEPT_DAYS, INVITATIONS_KEPT_DAYS, JOURNAL_DETAILS_KEPT_DAYS: 1 or more")
# Where the newest seal of the journal is mailed each day: a mailbox that no administrator of the database can change.
JOURNAL_HEAD_MAIL_TO = env.str("JOURNAL_HEAD_MAIL_TO", "")
if JOURNAL_HEAD_MAIL_TO and not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+", JOURNAL_HEAD_MAIL_TO):
    raise ImproperlyConfigured("JOURNAL_HEAD_MAIL_TO is one mail address, as audit@provider.example")
