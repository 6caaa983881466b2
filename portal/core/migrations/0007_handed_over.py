from django.db import migrations, models


class Migration(migrations.Migration):
    """A mail whose worker died after the final dot is known by it."""

    dependencies = [("core", "0006_mail_lines")]

    operations = [
        migrations.AddField("outboxmail", "handed_over_at", models.DateTimeField(null=True)),
    ]
