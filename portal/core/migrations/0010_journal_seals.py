import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER core_seals_append_only BEFORE UPDATE OR DELETE ON core_journalseal
    FOR EACH ROW EXECUTE FUNCTION core_journal_is_append_only();
"""
BACKWARD = "DROP TRIGGER core_seals_append_only ON core_journalseal;"


class Migration(migrations.Migration):
    """A gapless chain over the journal, which the database refuses to change, too."""

    dependencies = [("core", "0009_journal_order")]

    operations = [
        migrations.CreateModel(
            name="JournalSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seal",
                        to="core.journalentry",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
