"""Hostile and harmless files; all pictures are drawn here."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.core import pictures


def drawn(kind="PNG", mode="RGB", size=(300, 120), **saved):
    file = BytesIO()
    Image.new(mode, size, 1).save(file, kind, **saved)
    return file.getvalue()


def told(content):
    with pytest.raises(ValidationError) as refusal:
        pictures.read(content)
    return refusal.value.code


def header_of_a_png(width, height):
    """A complete PNG of a few bytes that says it is so large."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    body = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize(
    ("kind", "mode", "content_type"),
    [
        ("PNG", "RGBA", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "1", "image/png"),
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("WEBP", "RGBA", "image/webp"),
    ],
)
def test_the_three_kinds_are_made_small_and_stay_what_they_are(kind, mode, content_type):
    picture = pictures.read(drawn(kind, mode, (1000, 400)))

    again = Image.open(BytesIO(picture.content))
    assert (picture.content_type, again.format, again.size) == (content_type, kind, (256, 102))


def test_a_small_one_keeps_its_size():
    assert Image.open(BytesIO(pictures.read(drawn(size=(40, 30))).content)).size == (40, 30)


def test_what_is_transparent_stays_so():
    file = BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(file, "PNG")

    assert Image.open(BytesIO(pictures.read(file.getvalue()).content)).getpixel((0, 0))[3] == 0


def test_of_a_photograph_only_the_pixels_stay_and_it_stands_upright():
    data = Image.Exif()
    data[0x0112] = 6  # Orientation: turned by a quarter
    data[0x010F] = "A camera that tells its owner"
    photograph = drawn("JPEG", exif=data, comment=b"taken at home")
    assert b"tells its owner" in photograph

    picture = pictures.read(photograph)

    assert Image.open(BytesIO(picture.content)).size == (102, 256)
    assert not any(text in picture.content for text in (b"Exif", b"owner", b"at home"))


def test_text_and_profiles_of_a_png_are_left_behind():
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Author", "Ruth Alder")
    marked = drawn(pnginfo=notes, icc_profile=b"x" * 200)
    assert b"Ruth Alder" in marked
    assert b"iCCP" in marked

    content = pictures.read(marked).content

    assert not any(name in content for name in (b"tEXt", b"iCCP", b"Ruth"))


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'\xef\xbb\xbf\r\n<?xml version="1.0"?>\n<!-- by hand --><SVG width="10"/>',
        b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/'><svg/>",
    ],
)
def test_an_svg_is_refused_for_what_it_is(content):
    assert told(content) == "svg"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00",
        b"<html><script>alert(1)</script></html>",
        drawn("GIF", "P"),
        drawn("TIFF"),
        drawn("BMP"),
    ],
)
def test_any_other_kind_is_refused_whatever_it_is_called(content):
    assert told(content) == "no_picture"


@pytest.mark.parametrize("size", [(50_000, 50_000), (20_000, 2), (4001, 4000), (2**31 - 1, 1)])
def test_a_small_file_with_very_many_pixels_is_refused_before_it_is_decoded(size):
    assert told(header_of_a_png(*size)) == "too_many_pixels"


def test_one_that_is_cut_off_is_called_damaged():
    whole = drawn("JPEG", size=(600, 600))

    assert told(whole[: len(whole) // 2]) == "damaged"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's word on what was altered
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([drawn("PNG", "P"), drawn("JPEG", exif=Image.Exif()), drawn("WEBP")]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
)
def test_whatever_is_in_the_file_it_is_a_picture_or_refused_with_words(content, changes):
    altered = bytearray(content)
    for place, value in changes:
        altered[place % len(altered)] = value

    with suppress(ValidationError):
        picture = pictures.read(bytes(altered))
        assert max(Image.open(BytesIO(picture.content)).size) <= pictures.SIDE
