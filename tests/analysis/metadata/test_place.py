"""Where a picture was taken: signs, halves of the globe, and nonsense."""

import math

import pytest

from app.analysis.metadata.place import read_exif_altitude, read_xmp_altitude, read_xmp_position


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
    ],
)
def test_xmp_coordinates(latitude, longitude, position):
    assert read_xmp_position({"exif:GPSLatitude": (latitude,), "exif:GPSLongitude": (longitude,)}) == position


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
