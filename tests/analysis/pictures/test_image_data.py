"""Image data without what is said of it: equal after a program wrote metadata, and only then."""

import io
import struct
import zlib
from pathlib import Path

import pytest

from app.analysis.pictures.image_data import find_image_data, have_same_image_data
from tests.samples import box, film, landscape, photo


def same(one: bytes, other: bytes, format_: str) -> bool | None:
    first, second = io.BytesIO(one), io.BytesIO(other)
    its, others = find_image_data(first, format_, len(one)), find_image_data(second, format_, len(other))
    return None if its is None or others is None else have_same_image_data(first, its, second, others)


def pair(folder: Path, suffix: str) -> tuple[bytes, bytes, bytes]:
    """A picture, the same one with other metadata, and another picture of its size."""
    plain = photo(folder / f"plain{suffix}", size=(64, 48))
    told = photo(folder / f"told{suffix}", size=(64, 48), keywords=["sea"], rating=3, make="Maker")
    other = folder / f"other{suffix}"
    landscape("dunes", (64, 48), seed=7).save(other)
    return plain.read_bytes(), told.read_bytes(), other.read_bytes()


@pytest.mark.parametrize(("format_", "suffix"), [("jpeg", ".jpg"), ("png", ".png"), ("webp", ".webp")])
def test_a_picture_is_known_again_whatever_is_said_of_it(tmp_path, format_, suffix):
    plain, told, other = pair(tmp_path, suffix)
    assert plain != told
    assert same(plain, told, format_) is True
    assert same(plain, other, format_) is False


def test_a_png_is_the_same_however_its_data_is_cut_into_chunks(tmp_path):
    plain, _, _ = pair(tmp_path, ".png")

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    at = plain.index(b"IDAT") - 4
    length = int.from_bytes(plain[at : at + 4], "big")
    body = plain[at + 8 : at + 8 + length]
    cut = plain[:at] + chunk(b"IDAT", body[:9]) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", body[9:])
    assert same(plain, cut + plain[at + 12 + length :], "png") is True


def test_a_film_is_known_again_by_what_its_boxes_hold(tmp_path):
    plain = film(tmp_path / "a.mp4", [landscape("dunes", (64, 48), seed=1)]).read_bytes()
    other = film(tmp_path / "b.mp4", [landscape("dunes", (64, 48), seed=2)]).read_bytes()
    assert same(plain, plain + box(b"uuid", b"what is said of it"), "mp4") is True
    assert same(plain, other, "mp4") is False


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("gif", b"GIF89a"),
        ("jpeg", b"\xff\xd8"),
        ("jpeg", b"\xff\xd8\xff\xdb\xff\xff"),
        ("jpeg", b"\xff\xd8" + b"\xff" * 1_000),
        ("jpeg", b"\xff\xd8\xff\xdb\0\0" * 3),
        ("png", b"\x89PNG\r\n\x1a\n"),
        ("png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT"),
        ("webp", b"RIFF\0\0\0\0WEBPVP8 \xff\xff\xff\xff"),
        ("mp4", b"\0\0\0\0"),
        ("mp4", b"\0\0\0\x02mdat"),
        ("mp4", b"\0\0\0\x01mdat" + b"\xff" * 8),
    ],
)
def test_what_is_damaged_or_of_another_format_is_compared_with_nothing(format_, content):
    assert find_image_data(io.BytesIO(content), format_, len(content)) is None
