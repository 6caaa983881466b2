from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("unsafe", "0010_is_safe")]
    operations = [
        AddIndexConcurrently("trunk", models.Index(fields=["more"], name="unsafe_more")),
    ]
