"""What of a file gets into the process, and that none of it gets to the disk."""

import tempfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory


@pytest.fixture
def received(settings):
    settings.UPLOAD_MOST_BYTES = 1000

    def send(size):
        return RequestFactory().post("/", {"name": "Möwe", "logo": SimpleUploadedFile("a.png", b"x" * size)})

    return send


def test_a_file_within_the_limit_arrives_whole(received):
    file = received(1000).FILES["logo"]

    assert (file.size, len(file.read()), file.name) == (1000, 1000, "a.png")


def test_of_one_that_is_too_large_the_beginning_stays_with_the_size_of_the_whole(received):
    request = received(300_000)
    file = request.FILES["logo"]

    assert (file.size, len(file.read())) == (300_000, 1000)
    assert request.POST["name"] == "Möwe"


def test_no_file_is_written_to_disk(received, tmp_path, monkeypatch, settings):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)

    request = received(5_000_000)
    file = request.FILES["logo"]

    assert file.size == 5_000_000
    assert list(tmp_path.iterdir()) == []
    assert not hasattr(file, "temporary_file_path")


def test_a_request_with_more_files_than_any_form_has_is_refused(as_olga):
    files = {name: SimpleUploadedFile(f"{name}.png", b"x") for name in ("logo", "other")}

    assert as_olga.post("/customers/add/", files).status_code == 400
