from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("m365", "0006_late_tries")]

    operations = [
        migrations.AddField(
            model_name="appregistration",
            name="entra_roles",
            field=models.JSONField(null=True),
        ),
    ]
