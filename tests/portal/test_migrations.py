"""Each migration is safe while the previous release still runs: columns and tables go a release after their last use.

What is checked is the SQL that a migration sends (django-migration-linter). What stood before the first release
ran nowhere.
"""

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import CreateModel
from django_migration_linter import MigrationLinter

from portal.environment import PROJECT

# The last migration of each app before the first release.
BEFORE_THE_FIRST_RELEASE = {
    "core": "0005_warnings",
    "m365": "0008_told_ends",
    "invitations": "0004_purposes",
    "services": "0005_warnings",
}
# These lock a table for as long as it takes to read it whole.
LOCKS = ["CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE", "DROP_INDEX"]


def locks(migration):
    """What to look for beside the rest; tables that the migration itself makes are empty, and nobody waits for them."""
    only_new = all(isinstance(operation, CreateModel) for operation in migration.operations)
    return [] if only_new else LOCKS


def unsafe(app_label, after=""):
    """The names of this app's migrations that are not safe, of those later than `after`."""
    found = []
    for (app, name), migration in sorted(MigrationLoader(connection).disk_migrations.items()):
        if app == app_label and name > after:
            linter = MigrationLinter(str(PROJECT), no_cache=True, warnings_as_errors_tests=locks(migration))
            linter.lint_migration(migration)
            if linter.has_errors:
                found.append(name)
    return found


def test_every_migration_since_the_first_release_is_safe(transactional_db):
    """Captured output says of each one what is wrong with it."""
    assert {app: unsafe(app, after) for app, after in BEFORE_THE_FIRST_RELEASE.items()} == {
        app: [] for app in BEFORE_THE_FIRST_RELEASE
    }


def test_each_way_to_break_the_former_release_is_found(transactional_db, settings):
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.portal.unsafe"]

    assert unsafe("unsafe") == [
        "0002_drops_a_column",
        "0003_renames_a_column",
        "0004_drops_a_table",
        "0005_renames_a_table",
        "0006_wants_a_value",
        "0007_forbids_null",
        "0008_is_unique",
        "0009_locks_for_an_index",
    ]
