"""The database itself refuses to change or remove a journal entry."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION core_journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END $$;
CREATE TRIGGER core_journal_append_only BEFORE UPDATE OR DELETE ON core_journalentry
    FOR EACH ROW EXECUTE FUNCTION core_journal_is_append_only();
"""
BACKWARD = """
DROP TRIGGER core_journal_append_only ON core_journalentry;
DROP FUNCTION core_journal_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_ground")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
