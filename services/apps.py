from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Customers, their Direct Routing services, and everything operators do with them."""

    name = "services"

    def ready(self) -> None:
        from invitations import news
        from m365 import validations
        from portal.core import outbox
        from services import digests, new_secret, pending
        from services.models import Purpose
        from services.onboarding import known

        validations.register(Purpose.KNOWN, known.accept)
        validations.register(Purpose.NEW_SECRET, new_secret.accept, held=new_secret.held)
        news.register(pending.place)
        outbox.register(digests.DIGEST, digests.render)
