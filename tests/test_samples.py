"""The samples are what the first run and the tests take them for, checked without the house's own readers."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import exifread
import pytest
from PIL import Image, ImageOps

from tests import samples

MEDIA = Path(__file__).parent.parent / "media"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    samples.write_samples(folder)
    return folder


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def exif(path: Path) -> dict[str, object]:
    with Image.open(path) as picture:
        raw = picture.info["exif"].removeprefix(b"Exif\0\0")
    return exifread.process_file(io.BytesIO(raw), details=False, builtin_types=True)


def test_the_media_folder_holds_what_the_script_writes(written):
    assert names(MEDIA) == names(written)
    assert sum(path.stat().st_size for path in MEDIA.rglob("*") if path.is_file()) < 600_000


def test_the_script_writes_the_same_bytes_each_time(written, tmp_path):
    samples.write_samples(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == {
        name: (written / name).read_bytes() for name in names(written)
    }


def test_a_photo_carries_camera_time_and_place():
    tags = exif(MEDIA / "dunes-at-dusk.jpg")
    assert tags["Image Make"] == "Fujifilm"
    assert tags["EXIF DateTimeOriginal"] == "2025-10-03 18:42:11"
    assert tags["EXIF OffsetTimeOriginal"] == "+01:00"
    assert (tags["GPS GPSLatitudeRef"], tags["GPS GPSLongitudeRef"]) == ("N", "W")
    assert tags["GPS GPSLatitude"] == pytest.approx([31, 8, 53.16])


def test_the_lighthouse_lies_on_its_side_until_its_orientation_is_applied():
    with Image.open(MEDIA / "lighthouse.jpg") as picture:
        assert picture.size == (900, 600)
        assert ImageOps.exif_transpose(picture).size == (600, 900)


def test_the_samples_hold_keywords_ratings_and_a_prompt():
    with Image.open(MEDIA / "hills-in-spring.jpg") as picture:
        assert b"<xmp:Rating>4</xmp:Rating>" in picture.info["xmp"]
        assert b"<rdf:li>spring</rdf:li>" in picture.info["xmp"]
    assert b"<xmp:Rating>5</xmp:Rating>" in (MEDIA / "trips/coast/evening.xmp").read_bytes()
    assert json.loads((MEDIA / "trips/coast/.scores/calm.avif.json").read_text()) == {"score": 3}
    with Image.open(MEDIA / "ai/lantern-valley.png") as picture:
        assert picture.info["parameters"].splitlines()[1] == "Negative prompt: people, text, watermark"


def test_exactly_one_picture_is_broken_and_one_is_a_copy():
    pictures = [path for path in sorted(MEDIA.rglob("*")) if path.suffix in {".jpg", ".png", ".webp", ".avif", ".gif"}]
    broken, contents = [], []
    for path in pictures:
        contents.append(path.read_bytes())
        try:
            with Image.open(path) as picture:
                picture.load()
        except OSError as error:
            broken.append((path.name, "truncated" in str(error)))
    assert broken == [("interrupted-copy.jpg", True)]
    assert len(contents) - len(set(contents)) == 1


def test_the_film_is_a_chain_of_whole_boxes():
    content, kinds, at = (MEDIA / "trips/coast/panning.mp4").read_bytes(), [], 0
    while at < len(content):
        kinds.append(content[at + 4 : at + 8])
        at += int.from_bytes(content[at : at + 4])
    assert at == len(content)
    assert kinds == [b"ftyp", b"mdat", b"moov"]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif"])
def test_photo_writes_the_same_facts_into_every_format(tmp_path, suffix):
    path = samples.photo(
        tmp_path / f"photo{suffix}",
        size=(64, 48),
        keywords=["a & b"],
        rating=3,
        model="M1",
        taken_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        gps=(-33.5, 18.25, -4.0),
    )
    with Image.open(path) as picture:
        assert picture.size == (64, 48)
        facts, packet = picture.getexif(), picture.info["xmp"]
        details, place = facts.get_ifd(samples.ExifTags.IFD.Exif), facts.get_ifd(samples.ExifTags.IFD.GPSInfo)
    assert facts[samples.ExifTags.Base.Model] == "M1"
    assert details[samples.ExifTags.Base.DateTimeOriginal] == "2026:01:02 03:04:05"
    assert place[samples.ExifTags.GPS.GPSLatitude] == (33, 30, 0)
    assert b"<rdf:li>a &amp; b</rdf:li>" in (packet if isinstance(packet, bytes) else packet.encode())


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_many_small_files_are_all_different_and_in_order(tmp_path, kind):
    paths = samples.write_many(tmp_path, 300, kind=kind)
    assert paths == sorted(paths)
    assert len({path.read_bytes() for path in paths}) == 300
    with Image.open(paths[-1]) as picture:
        assert picture.size == (64, 48)


def test_benchmark_pictures_carry_a_prompt_and_light_noise(tmp_path):
    first, second = samples.benchmark_pngs(tmp_path, count=2, side=256)
    assert first.read_bytes() != second.read_bytes()
    with Image.open(first) as picture:
        assert picture.size == (256, 256)
        assert picture.info["parameters"].startswith("picture 0 of a calm sea")
        assert len(picture.convert("RGB").getcolors(65_536)) > 5_000
