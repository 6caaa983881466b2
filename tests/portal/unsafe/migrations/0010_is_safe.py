from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0009_locks_for_an_index")]
    operations = [
        migrations.AddField("trunk", "more", models.CharField(max_length=5, null=True)),
        migrations.AddField("trunk", "site", models.CharField(max_length=5, db_default="")),
    ]
