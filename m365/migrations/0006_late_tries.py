"""A rejected secret that may only be too new is tried again for a minute."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("m365", "0005_tenant_by_domain"),
    ]

    operations = [
        migrations.AddField(
            model_name="validation",
            name="late_tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
