import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invitations", "0003_held_and_locked"),
        ("m365", "0002_held_tenants"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("activate", "connect a tenant for the first time"),
                    ("reconnect", "connect once more; the connection in use works until then"),
                    ("renew", "a new client secret for the tenant and application in use"),
                ],
                db_default="activate",
                default="activate",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="renews",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="m365.credential",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="renews_end",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="threshold",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("purpose", "renew"), ("renews__isnull", False), ("threshold__isnull", False)),
                    models.Q(
                        models.Q(("purpose", "renew"), _negated=True),
                        ("renews", None),
                        ("threshold", None),
                    ),
                    _connector="OR",
                ),
                name="renewals_name_the_credential",
            ),
        ),
    ]
