"""Pictures that people upload: read by their content, made small, and written anew without anything but the pixels."""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO

from django.core.exceptions import ValidationError
from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.Image import Transpose

# What is read, and what it is served as; neither the file's name nor the browser's word counts.
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
# Decoded, a pixel takes up to 4 bytes: a few kilobytes of a file can ask for gigabytes.
MOST_PIXELS = 16_000_000
MOST_SIDE = 10_000
# The longer side as it is stored, in pixels; pages show a quarter of it.
SIDE = 256
# How a camera held askew says which way is up (Exif 3.0, tag Orientation).
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
# What Pillow's decoders raise for a file that begins well and is broken, or was made to break them.
BROKEN = (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError, struct.error)


@dataclass(frozen=True)
class Picture:
    content: bytes
    content_type: str


def read(content: bytes, kinds: Collection[str] = tuple(CONTENT_TYPES)) -> Picture:
    """The picture in this file, of one of these kinds. Raises ValidationError with what is wrong, for the field."""
    ways = f"Save it as {ways_to_save(kinds)}."
    if _is_svg(content):
        raise ValidationError(f"An SVG file can hold scripts, so none is accepted. {ways}", code="svg")
    try:
        with Image.open(BytesIO(content), formats=tuple(kinds)) as image:
            kind = image.format or ""
            _check_size(image)
            return Picture(_written(_small(image), kind), CONTENT_TYPES[kind])
    except UnidentifiedImageError as error:
        raise ValidationError(
            f"This file is no picture that can be read. {ways}", code="no_picture"
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except BROKEN as error:
        raise ValidationError(f"This picture is damaged. {ways}", code="damaged") from error


def ways_to_save(kinds: Collection[str]) -> str:
    """As "PNG, JPEG or WebP"."""
    names = ["WebP" if kind == "WEBP" else kind for kind in kinds]
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _is_svg(content: bytes) -> bool:
    beginning = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return beginning.startswith(b"<svg") or (
        beginning.startswith((b"<?xml", b"<!")) and b"<svg" in content[:5000].lower()
    )


def _check_size(image: Image.Image) -> None:
    """From the header alone: nothing is decoded yet."""
    if max(image.size) > MOST_SIDE or image.width * image.height > MOST_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> ValidationError:
    sentence = f"This picture has too many pixels. Up to {MOST_PIXELS // 1_000_000} million are possible."
    return ValidationError(sentence, code="too_many_pixels")


def _small(image: Image.Image) -> Image.Image:
    """Upright, in plain colours, at most SIDE wide and high."""
    image.draft("RGB", (SIDE * 2, SIDE * 2))  # a JPEG is decoded no larger than needed
    turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    plain.thumbnail((SIDE, SIDE))
    return plain.transpose(turn) if turn is not None else plain


def _written(image: Image.Image, kind: str) -> bytes:
    """A new file of the same kind; place, camera, comments and profiles of the old one are left behind."""
    image.info.clear()
    file = BytesIO()
    image.save(file, kind, optimize=True, quality=90)
    return file.getvalue()
