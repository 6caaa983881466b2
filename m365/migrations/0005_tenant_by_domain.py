"""A tenant may be entered by a domain; its ID is what discovery gives for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("m365", "0004_known_states"),
    ]

    operations = [
        migrations.AddField(
            model_name="validation",
            name="tenant_domain",
            field=models.CharField(blank=True, db_default="", max_length=253),
        ),
        migrations.AlterField(
            model_name="validation",
            name="tenant_id",
            field=models.UUIDField(null=True),
        ),
        # Back again, what was never resolved gets the ID that belongs to nobody.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "UPDATE m365_validation SET tenant_id = '00000000-0000-0000-0000-000000000000' WHERE tenant_id IS NULL",
        ),
        migrations.AddConstraint(
            model_name="validation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("tenant_id__isnull", False),
                    models.Q(("tenant_domain", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_validation_has_a_tenant",
            ),
        ),
    ]
