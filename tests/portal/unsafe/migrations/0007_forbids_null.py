from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0006_wants_a_value")]
    operations = [
        migrations.AlterField("trunk", "note", models.CharField(max_length=20, default="")),
    ]
