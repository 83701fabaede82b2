"""What an image says about itself: EXIF, XMP, IPTC and texts, and what is made of it."""

import struct
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from app.analysis.formats.iptc import parse_iptc
from app.analysis.metadata.beside import Beside
from app.analysis.metadata.embedded import Embedded, read_embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.takeout import Takeout
from app.analysis.metadata.written_dates import format_iso_date
from app.analysis.pictures.image import open_image
from tests.analysis.formats.packets import packet
from tests.analysis.formats.tiffs import block
from tests.analysis.pictures.pictures import read, saved

RATIONAL = TiffImagePlugin.IFDRational


def exif_of(first=(), photo=(), position=()):
    exif = Image.Exif()
    exif.update(dict(first))
    exif.get_ifd(0x8769).update(dict(photo))
    exif.get_ifd(0x8825).update(dict(position))
    return exif


def interpreted(content):
    return interpret_image(read(content))


CAMERA = exif_of(
    {0x010F: "Canon ", 0x0110: "EOS 40D", 0x0112: 6, 0x0132: "2009:01:01 00:00:00"},
    {0x9003: "2008:05:30 15:56:01", 0x9011: "+02:00", 0xA434: "EF-S 18-55mm"},
    {1: "S", 2: (RATIONAL(33, 1), RATIONAL(51, 1), RATIONAL(3000, 100)), 3: "W", 4: (70.0, 30.0, 0.0)},
)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_is_read_from_every_format_that_carries_it(format_):
    found = interpreted(saved(format_, exif=CAMERA.tobytes()))
    assert (found.camera_make, found.camera_model, found.lens_model) == ("Canon", "EOS 40D", "EF-S 18-55mm")
    assert found.taken_at == "2008-05-30T15:56:01+02:00"
    assert found.orientation == 6
    assert (found.latitude, found.longitude) == (-33.8583333, -70.5)
    assert found.raw["exif"]["Image Make"] == "Canon "


def test_bigtiff_carries_exif_too():
    found = interpreted(saved("TIFF", exif=CAMERA.tobytes(), big_tiff=True))
    assert (found.camera_model, found.lens_model, found.latitude) == ("EOS 40D", "EF-S 18-55mm", -33.8583333)


@pytest.mark.parametrize(
    ("text", "offset", "iso"),
    [
        ("2003:11:23 18:00:00", "", "2003-11-23T18:00:00"),
        ("2003:11:23 18:00:00", "+05:30", "2003-11-23T18:00:00+05:30"),
        ("2003:11:23 18:00:00", "  :  ", "2003-11-23T18:00:00"),
        ("2003-11-23T18:00:00.25Z", "", "2003-11-23T18:00:00.250000+00:00"),
        ("2003-11-23T18:00-08:00", "", "2003-11-23T18:00:00-08:00"),
        ("2003-11-23", "", "2003-11-23"),
        ("0000:00:00 00:00:00", "", None),
        ("2003:02:30 18:00:00", "", None),
        ("2003:13:01", "", None),
        ("    :  :     :  :  ", "", None),
        ("yesterday", "", None),
        ("", "", None),
    ],
)
def test_dates_become_iso_8601_or_none(text, offset, iso):
    assert format_iso_date(text, offset) == iso


def test_the_next_date_speaks_where_the_first_is_none():
    zeros = {0x9003: "0000:00:00 00:00:00"}
    assert (
        interpreted(saved(exif=exif_of({}, zeros | {0x9004: "2001:02:03 04:05:06"}))).taken_at == "2001-02-03T04:05:06"
    )
    assert interpreted(saved(exif=exif_of({0x0132: "2001:02:03 04:05:07"}, zeros))).taken_at == "2001-02-03T04:05:07"
    dated = packet("<xmp:CreateDate>1999-12-31T23:59:59Z</xmp:CreateDate>")
    assert interpreted(saved(xmp=dated)).taken_at == "1999-12-31T23:59:59+00:00"
    assert interpreted(saved()).taken_at is None


@pytest.mark.parametrize(
    "position",
    [
        {2: (10.0, 0.0, 0.0), 3: "E", 4: (10.0, 0.0, 0.0)},  # no letter: which half of the globe is not known
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (10.0, 0.0, 0.0)},
        {1: "N", 2: (10.0, 0.0, 0.0), 3: "E", 4: (181.0, 0.0, 0.0)},
        {1: "N", 2: (RATIONAL(0, 0), RATIONAL(0, 0), RATIONAL(0, 0)), 3: "E", 4: (10.0, 0.0, 0.0)},
    ],
)
def test_a_position_that_makes_no_sense_is_none(position):
    found = interpreted(saved(exif=exif_of(position=position)))
    assert (found.latitude, found.longitude) == (None, None)


HIGH = {"GPS GPSAltitude": (4000.0,)}
SUMMIT = HIGH | {
    "GPS GPSLatitude": (1.0,),
    "GPS GPSLatitudeRef": "N",
    "GPS GPSLongitude": (2.0,),
    "GPS GPSLongitudeRef": "E",
}
TOWN = {"exif:GPSLatitude": ("50,30.0N",), "exif:GPSLongitude": ("8,30.0E",)}


@pytest.mark.parametrize(
    ("exif", "xmp", "sidecar", "altitude", "source"),
    [
        (SUMMIT, {}, {}, 4000.0, "exif"),
        (SUMMIT, {}, TOWN, None, None),
        (SUMMIT, {}, TOWN | {"exif:GPSAltitude": ("100",)}, 100.0, "sidecar"),
        (SUMMIT, {}, {"exif:GPSAltitude": ("100",)}, 4000.0, "exif"),
        (SUMMIT, {}, {"exif:GPSLatitude": ("50,30.0N",)}, 4000.0, "exif"),
        (HIGH, TOWN, {}, None, None),
        (HIGH, {"exif:GPSAltitude": ("100",)}, {}, 4000.0, "exif"),
    ],
)
def test_an_altitude_is_of_the_place_that_is_known_or_of_none(exif, xmp, sidecar, altitude, source):
    found = interpret_image(Embedded(exif=exif, xmp=xmp), Beside(sidecar))
    assert (found.altitude_m, found.sources.get("altitude_m")) == (altitude, source)


def test_an_orientation_out_of_range_is_none_and_neither_xmp_nor_a_sidecar_turns_a_picture():
    assert interpreted(saved(exif=exif_of({0x0112: 9}))).orientation is None
    turned = {"tiff:Orientation": ("6",)}
    assert interpret_image(Embedded(xmp=turned), Beside(turned)).orientation is None
    assert interpret_image(Embedded(exif={"Image Orientation": (3,)}, xmp=turned), Beside(turned)).orientation == 3


def test_latin_1_in_exif_is_read_as_such():
    content = saved(exif=exif_of({0x010F: "Cafexxxx"})).replace(b"Cafexxxx", b"Caf\xe9 Cam")
    assert interpreted(content).camera_make == "Caf\xe9 Cam"


def test_what_is_neither_utf_8_nor_latin_1_in_exif_and_iptc_is_what_windows_writes():
    content = saved(exif=exif_of({0x010F: "Cafexxxx"})).replace(b"Cafexxxx", b"It\x92s \x96\0\0")
    assert interpreted(content).camera_make == "It\u2019s \u2013"
    assert parse_iptc(dataset(2, 120, b"\x93caf\xe9\x94"))[0]["Caption"] == ("“café”",)
    assert parse_iptc(dataset(2, 120, b"\x81\xe9"))[0]["Caption"] == ("\x81é",), "of which the code page has no letter"


@pytest.mark.parametrize("kind", [1, 7])
def test_a_text_that_was_written_as_bytes_is_one(kind):
    told = {0x010F: (kind, b"Samsung"), 0x0110: (kind, b"SM-1\0\0"), 0x8298: (kind, b"\1\2\3\4\5")}
    told[0x0132] = kind, b"2024:05:01 10:11:12\0"
    found = interpreted(saved(exif=b"Exif\0\0" + block([told])))
    assert (found.camera_make, found.camera_model, found.copyright) == ("Samsung", "SM-1", None)
    assert found.taken_at == "2024-05-01T10:11:12"


def test_xmp_fills_what_exif_lacks():
    found = interpreted(saved(xmp=packet("", 'tiff:Make="Nikon" tiff:Model="D70"')))
    assert (found.camera_make, found.camera_model) == ("Nikon", "D70")


PHOTO = exif_of(
    {0x010E: "a shore", 0x013B: "Ada", 0x8298: "Ada 2008", 0x9C9B: "Strand".encode("utf-16-le")},
    {0x829A: RATIONAL(1, 250), 0x829D: RATIONAL(28, 5), 0x8827: 400, 0x920A: RATIONAL(50, 1), 0xA405: 75},
    {5: b"\1", 6: RATIONAL(25, 2)},
)


def test_a_photo_says_how_it_was_taken_and_by_whom_and_each_value_where_it_was_read():
    found = interpreted(saved(exif=PHOTO, xmp=packet("", 'xmp:Label="Red" tiff:Make="Nikon"')))
    assert (found.exposure_seconds, found.f_number, found.iso) == (0.004, 5.6, 400)
    assert (found.focal_length_mm, found.focal_length_35mm, found.altitude_m) == (50.0, 75.0, -12.5)
    assert (found.title, found.caption, found.creator, found.copyright) == ("Strand", "a shore", "Ada", "Ada 2008")
    assert (found.label, found.camera_make) == ("Red", "Nikon")
    assert found.sources == {
        **dict.fromkeys(("exposure_seconds", "f_number", "iso", "focal_length_mm", "focal_length_35mm"), "exif"),
        **dict.fromkeys(("altitude_m", "title", "caption", "creator", "copyright"), "exif"),
        **dict.fromkeys(("label", "camera_make"), "xmp"),
    }


@pytest.mark.parametrize("none", [RATIONAL(0, 0), RATIONAL(0, 1)])
def test_zero_is_how_a_camera_says_that_it_does_not_know(none):
    found = interpreted(saved(exif=exif_of({}, {0x829A: none, 0x829D: none, 0x920A: none, 0x8827: 0, 0xA405: 0})))
    assert (found.exposure_seconds, found.f_number, found.focal_length_mm) == (None, None, None)
    assert (found.iso, found.focal_length_35mm) == (None, None)


def test_an_iso_that_needs_more_room_is_in_another_tag():
    assert interpreted(saved(exif=exif_of({}, {0x8827: 65535, 0x8832: 102_400}))).iso == 102_400
    assert interpreted(saved(exif=exif_of({}, {0x8827: 65535}))).iso == 65535
    assert interpreted(saved(exif=exif_of({}, {0x8833: 640}))).iso == 640


ALL_OF_XMP = {
    "dc:title": ("T",), "dc:description": ("D",), "dc:creator": ("A", "B"), "dc:rights": ("R",), "xmp:Label": ("L",),
    "tiff:Make": ("M",), "tiff:Model": ("N",), "aux:Lens": ("Lens",), "exif:ExposureTime": ("1/4",),
    "exif:FNumber": ("28/10",), "exif:ISOSpeedRatings": ("200",), "exif:FocalLength": ("35/1",),
    "exif:FocalLengthIn35mmFilm": ("52",), "exif:GPSLatitude": ("1,30.0N",),
    "exif:GPSLongitude": ("2,0,36W",), "exif:GPSAltitude": ("7/2",), "exif:DateTimeOriginal": ("2001-02-03T04:05:06Z",),
}  # fmt: skip
AS_READ = {
    "title": "T", "caption": "D", "creator": "A; B", "copyright": "R", "label": "L", "camera_make": "M",
    "camera_model": "N", "lens_model": "Lens", "exposure_seconds": 0.25, "f_number": 2.8, "iso": 200,
    "focal_length_mm": 35.0, "focal_length_35mm": 52.0, "latitude": 1.5, "longitude": -2.01,
    "altitude_m": 3.5, "taken_at": "2001-02-03T04:05:06+00:00",
}  # fmt: skip


def test_the_caption_of_acdsee_counts_where_xmp_and_iptc_say_nothing():
    acdsee = {"acdsee:caption": ("C",), "acdsee:notes": ("N",)}
    assert interpret_image(Embedded(xmp=acdsee)).caption == "C"
    assert interpret_image(Embedded(xmp={"acdsee:caption": (" ",), "acdsee:notes": ("N",)})).caption == "N"
    assert interpret_image(Embedded(xmp=acdsee, iptc={"Caption": ("I",)})).caption == "I"
    assert interpret_image(Embedded(xmp=acdsee | {"dc:description": ("D",)})).caption == "D"
    found = interpret_image(Embedded(xmp={"dc:description": ("D",)}), Beside(acdsee))
    assert (found.caption, found.sources["caption"]) == ("C", "sidecar")


@pytest.mark.parametrize("source", ["xmp", "sidecar"])
def test_xmp_has_a_word_for_every_field_and_a_sidecar_speaks_before_the_file(source):
    exif = read(saved(exif=CAMERA)).exif if source == "sidecar" else {}
    own, beside = (ALL_OF_XMP, {}) if source == "xmp" else ({"dc:title": ("other",)}, ALL_OF_XMP)
    found = interpret_image(Embedded(exif=exif, xmp=own, iptc={"Caption": ("other",)}), Beside(beside))
    assert {name: getattr(found, name) for name in AS_READ} == AS_READ
    assert {name: found.sources[name] for name in AS_READ} == dict.fromkeys(AS_READ, source)


def test_iptc_png_and_takeout_fill_what_is_left():
    found = interpret_image(
        Embedded(iptc={"ObjectName": ("a",), "By-line": ("b",)}, texts={"Title": "c", "Copyright": "d"}),
        Beside(takeout=Takeout(latitude=1.0, longitude=2.0, altitude_m=3.0, caption="e", raw={"x": 1})),
    )
    assert (found.title, found.creator, found.copyright, found.caption) == ("a", "b", "d", "e")
    assert (found.latitude, found.longitude, found.altitude_m) == (1.0, 2.0, 3.0)
    assert set(found.sources.items()) >= {("title", "iptc"), ("copyright", "png"), ("latitude", "takeout")}
    assert found.raw["takeout"] == {"x": 1}


def test_an_avif_keeps_its_letters_and_is_turned_as_its_container_says():
    content = saved("AVIF", exif=exif_of({0x010F: "Maker", 0x0112: 6})).replace(b"Maker", "M\u00e4kr".encode())
    found = interpreted(content)
    assert (found.camera_make, found.orientation) == ("M\u00e4kr", 6)


def test_the_orientation_of_a_heic_is_that_of_the_file(monkeypatch):
    opened = open_image(BytesIO(saved(exif=exif_of({0x0112: 1}))), "jpeg")
    opened.image.info["original_orientation"] = 6  # as libheif leaves it, which turns picture and tag
    assert interpret_image(read_embedded(opened)).orientation == 6


def test_xmp_is_read_from_every_format_that_carries_it():
    subject = packet("<dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>")
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", subject.decode())
    contents = [saved(format_, xmp=subject) for format_ in ("JPEG", "WEBP", "AVIF")]
    contents += [saved("TIFF", tiffinfo={700: subject}), saved("PNG", pnginfo=text)]
    for content in contents:
        assert read(content).xmp["dc:subject"] == ("sea",)


def dataset(record, number, content):
    return struct.pack(">BBBH", 0x1C, record, number, len(content)) + content


def test_iptc_is_read_with_its_lists_and_both_encodings():
    block = dataset(1, 90, b"\x1b%G") + dataset(2, 25, "s\u00fc\u00df".encode()) + dataset(2, 25, b"caf\xe9")
    found, problem = parse_iptc(block + dataset(2, 200, b"?") + dataset(2, 105, b" ") + b"\0\0\0\0\0\0")
    assert (found, problem) == ({"Keywords": ("s\u00fc\u00df", "caf\u00e9")}, None)


def test_iptc_is_found_in_jpeg_tiff_and_in_the_texts_of_imagemagick():
    block = dataset(2, 25, b"harbour")
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block + b"\0" * (len(block) % 2)
    segment = b"Photoshop 3.0\0" + resource
    plain = saved()
    jpeg = plain[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(segment)) + segment + plain[2:]
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[33723] = block
    info.tagtype[33723] = 7
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type iptc", f"\niptc\n  {len(resource)}\n{resource.hex()}\n", zip=True)
    text.add_text("Raw profile type exif", f"\nexif\n  9\n{CAMERA.tobytes().hex()}\n")
    for content in (jpeg, saved("TIFF", tiffinfo=info), saved("PNG", pnginfo=text)):
        assert read(content).iptc == {"Keywords": ("harbour",)}
    assert interpreted(saved("PNG", pnginfo=text)).camera_make == "Canon"
