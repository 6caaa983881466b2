"""`manage.py backup` and `restore`: on another database everything is there again, links and secrets included."""

import io
import json
import subprocess
import sys
import tarfile
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from m365.models import Validation
from m365.tasks import drain_validations
from portal.core.journal import JournalEntry
from portal.core.outbox import OutboxMail
from portal.environment import PROJECT
from portal.keys import new_keys
from services.models import Service
from tests.conftest import actor_for, make_service
from tests.services.conftest import connect_live

OTHER = "restored"


def connect(name):
    """A connection of our own to this database, each statement for itself."""
    params = connection.get_connection_params() | {"dbname": name}
    opened = psycopg2.connect(**params)
    opened.autocommit = True
    return closing(opened)


@pytest.fixture
def other_database():
    """An empty one beside that of the tests."""
    with connect("postgres") as server, server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {OTHER}")
        cursor.execute(f"CREATE DATABASE {OTHER}")
    yield OTHER
    with connect("postgres") as server, server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {OTHER} WITH (FORCE)")


@contextmanager
def living_on(name):
    """This process uses another database, as a portal does that was restored."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


@pytest.fixture
def restore(other_database):
    """`restore(file, replace=True)`: onto the other database; what the command refused, or nothing."""

    def run(file, **options):
        with living_on(other_database):
            try:
                call_command("restore", file, **options, stdout=io.StringIO())
            except CommandError as error:
                return str(error)
        return ""

    return run


@pytest.fixture
def portal_in_use(transactional_db, service, customer, olga, entra):
    """A pending service whose mail waits, and one that is connected."""
    app = entra.add_tenant(name="Möwe Reederei AG").add_application(name="Voice")
    connected = make_service(customer, olga, "moewe", invite=None)
    connect_live(connected, app, app.add_secret(name="portal 2026", ends_in_days=100), olga)
    return service, connected


@pytest.fixture
def backup(portal_in_use, tmp_path):
    """A backup of that portal."""
    file = tmp_path / "portal.backup"
    call_command("backup", file, stdout=io.StringIO())
    return file


def whole_portal():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Service, OutboxMail, Validation, JournalEntry)
    ]


def test_afterwards_there_are_the_same_services_working_links_and_readable_secrets(
    portal_in_use, backup, restore, client, olga
):
    pending, connected = portal_in_use
    before = whole_portal()

    assert restore(backup) == ""

    with living_on(OTHER):
        assert whole_portal() == before
        opened = client.get(urlsplit(pending.invitation.link).path, follow=True)
        assert (opened.status_code, "Connect your Microsoft 365" in opened.content.decode()) == (200, True)
        again = Service.objects.get(pk=connected.pk).validate_again(actor_for(olga))
        drain_validations()
        assert Validation.objects.get(pk=again.pk).verdict == "valid"
        with pytest.raises(DatabaseError, match="append-only"):
            JournalEntry.objects.update(verb="nothing happened")


def test_both_are_commands_of_a_shell(backup, process_environ, other_database):
    environ = process_environ | {"STATIC_ROOT": "/nonexistent"}
    elsewhere = urlsplit(environ["DATABASE_URL"])._replace(path=f"/{other_database}").geturl()
    for command, database in (("backup", environ["DATABASE_URL"]), ("restore", elsewhere)):
        argv = [sys.executable, "manage.py", command, str(backup)]
        subprocess.run(argv, cwd=PROJECT, env=environ | {"DATABASE_URL": database}, check=True)

    with living_on(other_database):
        assert Service.objects.count() == 2


def test_the_file_holds_no_key_and_is_for_its_owner_alone(backup):
    content = backup.read_bytes()

    assert backup.stat().st_mode & 0o777 == 0o600
    assert list(backup.parent.iterdir()) == [backup]
    for key in (settings.SECRET_KEY, *settings.LINK_SIGNING_KEYS, *settings.SEALING_KEYS):
        assert key.encode() not in content


@pytest.mark.parametrize("name", ["SEALING_KEYS", "LINK_SIGNING_KEYS"])
def test_without_the_former_keys_nothing_is_restored_unless_they_are_lost(backup, restore, settings, name):
    setattr(settings, name, [new_keys()[name]])

    refused = restore(backup)
    with living_on(OTHER):
        left = connection.introspection.table_names()

    assert (name in refused, left) == (True, [])
    assert restore(backup, although_keys_are_lost=True) == ""


def test_a_key_that_was_rotated_since_does_no_harm(backup, restore, settings):
    settings.SEALING_KEYS = [new_keys()["SEALING_KEYS"], *settings.SEALING_KEYS]

    assert restore(backup) == ""


def test_what_is_there_goes_only_when_somebody_says_so(backup, restore, customer, olga):
    def names():
        with living_on(OTHER):
            return set(Service.objects.values_list("short_name", flat=True))

    assert restore(backup) == ""
    with living_on(OTHER):
        make_service(customer, olga, "newer", invite=None)

    assert "say --replace" in restore(backup)
    assert names() == {"brightwater", "moewe", "newer"}
    assert restore(backup, replace=True) == ""
    assert names() == {"brightwater", "moewe"}


def test_a_portal_that_runs_is_not_replaced(backup, restore):
    with connect(OTHER):
        assert "Stop web, workers and beat first" in restore(backup)


def forge(backup, change):
    """The same dump with another manifest."""
    with tarfile.open(backup) as whole:
        manifest, dump = (whole.extractfile(name).read() for name in ("manifest.json", "portal.dump"))
    changed = json.dumps(change(json.loads(manifest))).encode()
    with tarfile.open(backup, "w") as whole:
        for name, content in (("manifest.json", changed), ("portal.dump", dump)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            whole.addfile(member, io.BytesIO(content))


def test_one_of_a_newer_release_is_refused(backup, restore):
    newer = {"migrations": [["services", "0099_of_tomorrow"]]}
    forge(backup, lambda manifest: manifest | newer)

    assert "does not know services.0099_of_tomorrow" in restore(backup)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda manifest: manifest | {"format": 2}, "Its format is 2; this release reads 1."),
        (lambda manifest: [], "manifest.json says nothing of a format"),
        (lambda manifest: manifest | {"more": 1}, "manifest.json is not as this format has it: more"),
    ],
)
def test_one_with_another_manifest_is_refused(backup, restore, changed, told):
    forge(backup, changed)

    assert told in restore(backup)


def test_what_an_archive_links_to_is_not_followed(backup, restore):
    with tarfile.open(backup, "w") as whole:
        for name in ("manifest.json", "portal.dump"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
            whole.addfile(link)

    assert "manifest.json is no file" in restore(backup)


def test_a_damaged_one_changes_nothing(backup, restore):
    whole = backup.read_bytes()
    assert restore(backup) == ""

    for damaged in (b"", whole[: len(whole) // 2], b"no backup at all"):
        backup.write_bytes(damaged)
        assert "Nothing was restored" in restore(backup, replace=True)

    with living_on(OTHER):
        assert Service.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_where_nothing_can_be_written_it_is_said():
    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", "/nonexistent/portal.backup")
