from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0007_forbids_null")]
    operations = [
        migrations.AlterField("trunk", "title", models.CharField(max_length=20, unique=True)),
    ]
