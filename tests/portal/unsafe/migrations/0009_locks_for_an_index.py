from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unsafe", "0008_is_unique")]
    operations = [
        migrations.AddIndex("trunk", models.Index(fields=["note"], name="unsafe_note")),
    ]
