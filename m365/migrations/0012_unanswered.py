"""Answers that Microsoft did not give are counted apart from tries, of which some end with their worker."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("m365", "0011_run_pings"),
    ]

    operations = [
        migrations.AddField(
            model_name=model,
            name="unanswered",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        )
        for model in ("checkitem", "validation")
    ]
