from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0005_renames_a_table")]
    operations = [
        migrations.AddField("trunk", "kind", models.CharField(max_length=5, default="sip")),
    ]
