"""Who may do what: one table, read by views and templates. A role is held per channel or for the provider."""

from django.db import models


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    OPERATOR = "operator", "Operator"
    OPERATOR_LITE = "operator_lite", "Operator Lite"
    MONITOR = "monitor", "Monitor"


class Action(models.TextChoices):
    SEE = "see", "see services, customers, invitations, connections, activity"
    EDIT_CUSTOMERS = "edit_customers", "add and edit customers"
    ADD_SERVICES = "add_services", "add a service, finish onboarding, edit licensed users and contacts"
    RESEND = "resend", "resend invitations"
    INVITE = "invite", "send and revoke invitations; copy a link"
    VALIDATE = "validate", "validate authentication"
    CONNECT = "connect", "set a secret, confirm a tenant, re-initiate authentication, choose the domain"
    DELETE = "delete", "delete a service or customer, change a service's customer"
    TRY_MAIL = "try_mail", "see whether the mail server takes the portal's mail"
    MANAGE_SBCS = "manage_sbcs", "SBC list, branding, thresholds of the channel"
    MANAGE_OPERATORS = "manage_operators", "operators and roles of the channel"
    MANAGE_CHANNELS = "manage_channels", "channels, their caps and the license types they may sell"
    READ_JOURNAL = "read_journal", "journal of all channels"


_STAFF = frozenset({Role.ADMIN, Role.OPERATOR})
ALLOWED: dict[Action, frozenset[Role]] = {
    Action.SEE: frozenset(Role),
    Action.EDIT_CUSTOMERS: _STAFF,
    Action.ADD_SERVICES: _STAFF,
    Action.RESEND: _STAFF | {Role.OPERATOR_LITE},
    Action.INVITE: _STAFF,
    Action.VALIDATE: _STAFF | {Role.OPERATOR_LITE},
    Action.CONNECT: _STAFF,
    Action.DELETE: frozenset({Role.ADMIN}),
    Action.TRY_MAIL: frozenset({Role.ADMIN}),
    Action.MANAGE_SBCS: frozenset({Role.ADMIN}),
    Action.MANAGE_OPERATORS: frozenset({Role.ADMIN}),
    Action.MANAGE_CHANNELS: frozenset({Role.ADMIN}),
    Action.READ_JOURNAL: frozenset({Role.ADMIN}),
}
# What concerns all channels: a role in one of them is not enough.
OF_THE_PROVIDER = frozenset({Action.MANAGE_CHANNELS, Action.READ_JOURNAL})
