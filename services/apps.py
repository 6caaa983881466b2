from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Customers, their Direct Routing services, and everything operators do with them."""

    name = "services"

    def ready(self) -> None:
        from invitations import news
        from m365 import rotation, validations
        from portal.core import logos, outbox
        from services import digests, new_secret, pending, rotating
        from services.models import Customer, Purpose
        from services.onboarding import known

        logos.register(Customer.objects.managed_by)
        validations.register(Purpose.KNOWN, known.accept)
        validations.register(Purpose.NEW_SECRET, new_secret.accept, held=new_secret.held)
        validations.register(rotation.PURPOSE, rotating.accept)
        rotation.register(rotating.failed)
        news.register(pending.place)
        outbox.register(digests.DIGEST, digests.render)
        outbox.register(rotating.TO_CUSTOMER, rotating.render_to_customer)
        outbox.register(rotating.TO_OPERATOR, rotating.render_to_operator)
