from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0001_ground")]
    operations = [
        migrations.RemoveField("line", "old"),
    ]
