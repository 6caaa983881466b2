from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The order in which entries are sealed; built while the portal writes."""

    atomic = False
    dependencies = [("core", "0008_heartbeats")]

    operations = [
        AddIndexConcurrently(
            model_name="journalentry",
            index=models.Index(fields=["created_at", "id"], name="journal_order"),
        ),
    ]
