from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0004_drops_a_table")]
    operations = [
        migrations.RenameModel("Line", "Trunk"),
    ]
