from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("m365", "0007_entra_roles")]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="alike",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="credential",
            name="expiry_by",
            field=models.CharField(blank=True, db_default="", max_length=400),
        ),
        migrations.AddField(
            model_name="credential",
            name="expiry_told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="credential",
            name="not_before",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="credential",
            name="expiry",
            field=models.CharField(
                choices=[
                    ("unknown", "unknown"),
                    ("known", "read from the tenant"),
                    ("ambiguous", "several credentials match"),
                    ("chosen", "chosen by a person among several"),
                    ("typed", "typed by a person"),
                ],
                default="unknown",
                max_length=10,
            ),
        ),
    ]
