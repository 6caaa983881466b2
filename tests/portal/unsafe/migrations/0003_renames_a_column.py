from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0002_drops_a_column")]
    operations = [
        migrations.RenameField("line", "name", "title"),
    ]
