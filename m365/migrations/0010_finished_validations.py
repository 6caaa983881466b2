from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Those of the last hour are found among all that ever were."""

    atomic = False

    dependencies = [("m365", "0009_rotations")]

    operations = [
        AddIndexConcurrently("validation", models.Index(fields=["-finished_at"], name="validation_finished")),
    ]
