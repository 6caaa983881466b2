import django.db.models.deletion
import uuid
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """What a monitor outside was told of nightly runs."""

    dependencies = [("m365", "0010_finished_validations")]

    operations = [
        migrations.CreateModel(
            name="RunPing",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("priority", models.SmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=Now(), null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("lease_no", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("moment", models.CharField(choices=[("start", "start"), ("end", "end")], max_length=5)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pings",
                        to="m365.nightlyrun",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_try_at__isnull", False)),
                        fields=["-priority", "next_try_at"],
                        name="pings_waiting",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "moment"), name="one_ping_a_moment")],
            },
        ),
    ]
