from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Line",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20)),
                ("note", models.CharField(max_length=20, null=True)),
                ("old", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel("Gone", [("id", models.BigAutoField(primary_key=True))]),
    ]
