from django.db import migrations, models


class Migration(migrations.Migration):
    """When workers and beat were last seen to do their part."""

    dependencies = [("core", "0007_handed_over")]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("beat", "Beat"),
                            ("mail", "Mail"),
                            ("microsoft", "Microsoft"),
                            ("nightly", "Nightly"),
                        ],
                        max_length=20,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seen_at", models.DateTimeField()),
            ],
        ),
    ]
