from django.db import migrations, models


class Migration(migrations.Migration):
    """Since when an operator has a second factor; who has none is led to set one up at the next page."""

    dependencies = [("core", "0010_journal_seals")]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="second_factor_since",
            field=models.DateTimeField(null=True, blank=True),
        )
    ]
