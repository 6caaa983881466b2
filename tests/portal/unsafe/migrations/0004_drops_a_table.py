from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0003_renames_a_column")]
    operations = [
        migrations.DeleteModel("Gone"),
    ]
