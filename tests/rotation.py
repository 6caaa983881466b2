"""A renewal by the portal itself, in a test: worked at by the workers' own functions, without their pauses."""

from django.db.models.functions import Now

from m365.models import Rotation, Validation
from m365.tasks import drain_rotations, drain_validations


def proceed(steps=8):
    """Let the workers go on until nothing is left to do, without their pauses."""
    for _step in range(steps):
        Rotation.objects.unfinished().update(next_try_at=Now())
        drain_rotations()
        Validation.objects.filter(next_try_at__isnull=False).update(next_try_at=Now())
        drain_validations()


def the_only():
    return Rotation.objects.to_work_at().get()
