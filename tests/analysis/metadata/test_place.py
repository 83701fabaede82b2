"""Where a picture was taken: signs, halves of the globe, and nonsense."""

import math

import pytest

from app.analysis.metadata.beside import Beside
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.place import read_exif_altitude, read_xmp_altitude, read_xmp_position
from app.analysis.metadata.takeout import parse_takeout


@pytest.mark.parametrize(
    ("latitude", "longitude", "position"),
    [
        ("33,51.5S", "151,12,30E", (-33.8583333, 151.2083333)),
        ("48,0.0000N", "0,0.5W", (48.0, -0.0083333)),
        ("-33.8583", "151.2083", (-33.8583, 151.2083)),
        ("33,51.5", "151,12E", None),
        ("91,0N", "0,0E", None),
        ("33,51.5E", "151,12.5S", None),
        ("", "1,2E", None),
        ("33.86 S", "151.2E", (-33.86, 151.2)),
        ("33.86E", "151.2E", None),
        ("-33.86S", "151.2", (-33.86, 151.2)),
    ],
)
def test_xmp_coordinates(latitude, longitude, position):
    assert read_xmp_position({"exif:GPSLatitude": (latitude,), "exif:GPSLongitude": (longitude,)}) == position


@pytest.mark.parametrize(
    ("latitude", "north_south", "longitude", "east_west", "position"),
    [
        ("60.5", "N", "68.25", "W", (60.5, -68.25)),
        ("33.8625", "S", "151.2", "E", (-33.8625, 151.2)),
        ("33,51.75", "South", "151,12", "east", (-33.8625, 151.2)),
        ("-33.8625", "S", "-68.25", "W", (-33.8625, -68.25)),
        ("-33.8625", "N", "+68.25", "W", (-33.8625, 68.25)),
        ("33,51.5N", "S", "68.25W", "E", (33.8583333, -68.25)),
        ("33.8625", "", "151.2", "?", (33.8625, 151.2)),
    ],
)
def test_the_half_of_the_globe_may_stand_beside_the_number(latitude, north_south, longitude, east_west, position):
    said = (("Latitude", latitude), ("LatitudeRef", north_south), ("Longitude", longitude), ("LongitudeRef", east_west))
    assert read_xmp_position({f"exif:GPS{name}": (text,) for name, text in said}) == position


ZERO = {"exif:GPSLatitude": ("0,0.0N",), "exif:GPSLongitude": ("0.0",), "exif:GPSAltitude": ("0/1",)}
ROME = {"exif:GPSLatitude": ("41.9",), "exif:GPSLongitude": ("12.5",), "exif:GPSAltitude": ("21/1",)}
ZERO_OF_A_CAMERA = {
    "GPS GPSLatitude": (0.0, 0.0, 0.0),
    "GPS GPSLatitudeRef": "N",
    "GPS GPSLongitude": (0.0, 0.0, 0.0),
    "GPS GPSLongitudeRef": "E",
    "GPS GPSAltitude": (0.0,),
}


@pytest.mark.parametrize(
    ("parts", "beside", "position"),
    [
        ({"exif": ZERO_OF_A_CAMERA}, {}, (None, None, None)),
        ({"xmp": ZERO}, {}, (None, None, None)),
        ({}, {"xmp": ZERO}, (None, None, None)),
        ({"exif": ZERO_OF_A_CAMERA, "xmp": ROME}, {"xmp": ZERO}, (41.9, 12.5, 21)),
        ({"xmp": {**ZERO, "exif:GPSLongitude": ("0.25",)}}, {}, (0, 0.25, 0)),
        ({}, {"takeout": parse_takeout(b'{"geoData": {"latitude": 0.0, "longitude": 0.0}}')}, (None, None, None)),
    ],
)
def test_no_source_is_believed_that_says_zero_zero(parts, beside, position):
    found = interpret_image(Embedded(**parts), Beside(**beside))
    assert (found.latitude, found.longitude, found.altitude_m) == position


@pytest.mark.parametrize(
    ("metres", "reference", "altitude"),
    [
        ((12.5,), None, 12.5),
        ((12.5,), (0,), 12.5),
        ((12.5,), (1,), -12.5),
        ((12.5,), b"\1", -12.5),
        ((12.5,), (3,), -12.5),
        ((math.nan,), (0,), None),
        ((1e6,), (0,), None),
        ("high", None, None),
        (None, (1,), None),
    ],
)
def test_altitudes_have_a_reference(metres, reference, altitude):
    tags = {"GPS GPSAltitude": metres, "GPS GPSAltitudeRef": reference}
    assert read_exif_altitude({name: value for name, value in tags.items() if value is not None}) == altitude


def test_xmp_altitudes_have_one_too():
    assert read_xmp_altitude({"exif:GPSAltitude": ("251/2",)}) == 125.5
    assert read_xmp_altitude({"exif:GPSAltitude": ("251/2",), "exif:GPSAltitudeRef": ("1",)}) == -125.5
    assert read_xmp_altitude({"exif:GPSAltitude": ("1/0",)}) is None
    assert read_xmp_altitude({}) is None
