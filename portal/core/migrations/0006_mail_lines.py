from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """How many lines to the mail server may be open at once."""

    dependencies = [("core", "0005_warnings")]

    operations = [
        migrations.CreateModel(
            name="MailLine",
            fields=[
                ("priority", models.SmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(db_default=Now(), null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("lease_no", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
            ],
        ),
    ]
