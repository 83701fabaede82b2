"""Thumbnails in sRGB, whatever the colours of a picture are said by, and in whichever format."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from app.analysis.formats.colour_tags import Signal
from app.analysis.formats.recognise import recognise
from app.analysis.pictures.colour import find_conversion, put_over_white, to_srgb
from app.analysis.pictures.image import decode_image, open_image
from app.analysis.pictures.light import draw_in_srgb
from app.analysis.pictures.picture import make_picture
from tests.analysis.pictures.heics import heic
from tests.analysis.pictures.profiles import (
    ADOBE_RGB,
    BT2020,
    P3,
    SRGB,
    by_gamma,
    cmyk_profile,
    grey_profile,
    in_p3,
    in_space,
    matrix_profile,
    to_hlg,
    to_pq,
)
from tests.samples import landscape

COLOUR = (200, 30, 60)
SIZE = (64, 48)
IN_P3 = matrix_profile(P3, 2.2)
PQ, HLG = Signal(9, 16), Signal(9, 18)


def plain(colour=COLOUR, mode="RGB"):
    return Image.new(mode, SIZE, colour)


def encoded(picture, format_, **options):
    buffer = BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def middle(content):
    """The colour in the middle of the thumbnail of these bytes."""
    made = make_picture(decode_image(open_image(BytesIO(content), recognise(content).name)), 1)
    thumbnail = Image.open(BytesIO(made.webp))
    assert "icc_profile" not in thumbnail.info
    return thumbnail.convert("RGB").getpixel((thumbnail.width // 2, thumbnail.height // 2))


def near(found, wanted, levels=6):
    return all(abs(one - other) <= levels for one, other in zip(found, wanted, strict=True))


def bmp(picture, profile):
    """A BMP with a header of the fifth version, which carries a profile behind the pixels."""
    pixels = encoded(picture, "BMP")[54:]
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0)
    tail = bytes(36 + 12) + struct.pack("<4I", 4, 124 + len(pixels), len(profile), 0)
    header = struct.pack("<IiiHHIIiiII", 124, *picture.size, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    header += masks + b"DEBM" + tail
    assert len(header) == 124
    size = 14 + len(header) + len(pixels) + len(profile)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, 138) + header + pixels + profile


def jp2(picture, profile):
    """A JPEG 2000 file whose box `colr` holds a profile in place of a number."""
    content = encoded(picture, "JPEG2000")
    at = content.index(b"colr") - 4
    length, header = int.from_bytes(content[at : at + 4], "big"), content.index(b"jp2h") - 4
    box = struct.pack(">I4sBBB", 11 + len(profile), b"colr", 2, 0, 0) + profile
    whole = int.from_bytes(content[header : header + 4], "big") + len(box) - length
    content = content[:at] + box + content[at + length :]
    return content[:header] + whole.to_bytes(4, "big") + content[header + 4 :]


def png(picture, *chunks):
    """A PNG with these chunks, kind and content, in front of its pixels."""
    content = encoded(picture, "PNG")
    more = b"".join(
        struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return content[:33] + more + content[33:]


def avif(picture, primaries, transfer):
    content = encoded(picture, "AVIF", quality=95)
    at = content.index(b"colrnclx") + 8
    return content[:at] + struct.pack(">HH", primaries, transfer) + content[at + 4 :]


FORMATS = {
    "JPEG": lambda picture: encoded(picture, "JPEG", icc_profile=IN_P3, quality=95),
    "PNG": lambda picture: encoded(picture, "PNG", icc_profile=IN_P3),
    "PNG with a palette": lambda picture: encoded(picture.quantize(8), "PNG", icc_profile=IN_P3),
    "PNG with alpha": lambda picture: encoded(picture.convert("RGBA"), "PNG", icc_profile=IN_P3),
    "WebP": lambda picture: encoded(picture, "WEBP", icc_profile=IN_P3, lossless=True),
    "TIFF": lambda picture: encoded(picture, "TIFF", icc_profile=IN_P3),
    "AVIF": lambda picture: encoded(picture, "AVIF", icc_profile=IN_P3, quality=95),
    "BMP": lambda picture: bmp(picture, IN_P3),
    "JPEG 2000": lambda picture: jp2(picture, IN_P3),
    "PNG by code points": lambda picture: png(picture, (b"cICP", bytes((12, 4, 0, 1)))),
    "AVIF by code points": lambda picture: avif(picture, 12, 4),
    "PNG by its corners": lambda picture: png(
        picture,
        (b"gAMA", struct.pack(">I", 45455)),
        (b"cHRM", struct.pack(">8I", *(round(v * 1e5) for v in (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)))),
    ),
}


@pytest.mark.parametrize("format_", FORMATS)
def test_colours_of_a_wide_space_are_drawn_in_srgb(format_):
    assert not near(in_p3(plain()).getpixel((0, 0)), COLOUR)
    assert near(middle(FORMATS[format_](in_p3(plain()))), COLOUR)


def test_cmyk_is_drawn_as_its_profile_prints_it():
    cyan = Image.new("CMYK", SIZE, (255, 0, 0, 0))
    for content in (
        encoded(cyan, "TIFF", icc_profile=cmyk_profile()),
        encoded(cyan, "JPEG", icc_profile=cmyk_profile(), quality=95),
    ):
        assert near(middle(content), (0, 147, 217))
    assert near(middle(encoded(cyan, "TIFF")), (0, 255, 255))


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_is_drawn_as_its_profile_says(mode):
    grey = plain(100, "L")
    picture = Image.frombytes("I;16", SIZE, b"\0\x64" * (SIZE[0] * SIZE[1])) if mode == "I;16" else grey.convert(mode)
    format_ = "TIFF" if mode == "I;16" else "PNG"
    assert near(middle(encoded(picture, format_, icc_profile=grey_profile(1.0))), (168,) * 3)
    assert near(middle(encoded(picture, format_)), (100,) * 3)


def test_linear_light_of_a_png_is_drawn_by_its_gamma():
    dark = plain((55, 55, 55))
    assert near(middle(png(dark, (b"gAMA", struct.pack(">I", 100_000)))), (128, 128, 128))
    assert near(middle(png(dark, (b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000)))), (55, 55, 55))


ALMOST_SRGB = {
    "no profile": {},
    "sRGB": {"icc_profile": matrix_profile(SRGB, 2.2), "gamma": 1},
    "for another kind of picture": {"icc_profile": cmyk_profile()},
    "a profile of grey": {"icc_profile": grey_profile(1.0)},
    "nonsense": {"icc_profile": b"no profile" * 900},
    "nothing": {"icc_profile": b""},
    "a cut profile": {"icc_profile": IN_P3[:300]},
    "a profile whose tags lie elsewhere": {"icc_profile": IN_P3[:132] + IN_P3[132:].replace(b"\0\0\1", b"\xff\xff\1")},
    "BT.709": {"signal": Signal(1, 1)},
    "BT.601": {"signal": Signal(6, 6)},
    "unspecified": {"signal": Signal(2, 2)},
    "reserved": {"signal": Signal(77, 99)},
}


@pytest.mark.parametrize("what", ALMOST_SRGB)
def test_what_is_srgb_or_makes_no_sense_stays_as_it_is(what):
    picture = landscape("dunes", SIZE)
    picture.info |= ALMOST_SRGB[what]
    if what == "sRGB":  # its curve is no plain exponent, so a profile of 2.2 is not it
        from PIL import ImageCms

        picture.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert find_conversion(picture) is None
    assert to_srgb(picture) is picture


@pytest.mark.parametrize(("signal", "encode"), [(PQ, to_pq), (HLG, to_hlg)], ids=["PQ", "HLG"])
def test_a_scene_without_highlights_is_the_same_in_hdr(signal, encode):
    scene = landscape("coast", (320, 240))
    wanted = np.asarray(scene).astype(int)
    found = draw_in_srgb(in_space(scene, BT2020, encode, 65535), signal).astype(int)
    assert np.abs(found - wanted).max() <= 1
    found = draw_in_srgb(in_space(scene, BT2020, encode), signal).astype(int)
    assert np.abs(found - wanted).mean() < 1.5, "of 8 bits of PQ, 148 reach up to white"


def test_highlights_are_rolled_off_and_the_rest_stays():
    ramp = np.repeat(np.geomspace(0.001, 10, 4000)[None, :, None], 3, axis=2)
    found = draw_in_srgb(np.rint(to_pq(ramp) * 65535).astype(np.uint16), PQ)[0, :, 0].astype(int)
    alone = draw_in_srgb(np.rint(to_pq(ramp[:, :2000]) * 65535).astype(np.uint16), PQ)[0, :, 0]
    dark = ramp[0, :2000, 0] < 0.29
    assert (np.diff(found) >= 0).all()
    assert found[ramp[0, :, 0] > 9.6].min() == 255
    white = found[np.searchsorted(ramp[0, :, 0], 1)]
    assert 200 < white < 245
    assert np.abs(found[:2000][dark] - alone[dark].astype(int)).max() == 0


def test_highlights_keep_their_hue():
    light = np.tile([8.0, 4.0, 4.0], (20, 20, 1)) @ (np.linalg.inv(TO_BT2020))
    found = draw_in_srgb(np.rint(to_pq(light) * 65535).astype(np.uint16), PQ)[0, 0].astype(int)
    assert found[0] >= 254
    assert abs(found[1] - 188) <= 3
    assert abs(found[2] - 188) <= 3


TO_BT2020 = np.array([[1.6605, -0.1246, -0.0182], [-0.5876, 1.1329, -0.1006], [-0.0728, -0.0083, 1.1187]])


@pytest.mark.parametrize("transfer", [16, 18])
@pytest.mark.parametrize("said_by", ["AVIF", "HEIC", "PNG", "a profile"])
def test_hdr_is_found_wherever_a_file_says_it(said_by, transfer):
    scene = Image.fromarray(in_space(plain(), BT2020, to_pq if transfer == 16 else to_hlg))
    content = {
        "AVIF": lambda: avif(scene, 9, transfer),
        "HEIC": lambda: heic(scene, 9, transfer),
        "PNG": lambda: png(scene, (b"cICP", bytes((9, transfer, 0, 1)))),
        "a profile": lambda: encoded(
            scene, "JPEG", quality=95, icc_profile=matrix_profile(BT2020, 2.2, code_points=(9, transfer))
        ),
    }[said_by]()
    assert near(middle(content), COLOUR, 12)


def test_of_a_jpeg_with_a_gain_map_the_picture_itself_is_shown():
    imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    if not imagecodecs.ULTRAHDR.available:
        pytest.skip("there is no encoder of Ultra HDR here")
    light = np.full((48, 64, 4), 1, np.float16)
    light[:8, :8, :3] = 4
    light[16:, :, :3] = 0.2
    content = imagecodecs.ultrahdr_encode(light)
    opened = open_image(BytesIO(content), "jpeg")
    assert (opened.frames, opened.pages) == (1, 1)
    plain_jpeg = decode_image(opened)
    shown = to_srgb(plain_jpeg)
    assert near(shown.getpixel((40, 30)), plain_jpeg.getpixel((40, 30)))
    assert min(shown.getpixel((2, 2))) > shown.getpixel((40, 30))[0] + 40


def test_a_profile_is_believed_before_the_code_points_of_an_avif():
    content = encoded(in_p3(plain()), "AVIF", icc_profile=IN_P3, quality=95)
    assert near(middle(content), COLOUR)
    assert near(middle(png(plain(), (b"cICP", bytes((1, 13, 0, 1))), (b"gAMA", struct.pack(">I", 100_000)))), COLOUR)


def test_the_hash_does_not_depend_on_the_space():
    scene = landscape("peaks", (320, 240))
    wide = Image.fromarray(in_space(scene, ADOBE_RGB, by_gamma(2.2)))
    wide.info["icc_profile"] = matrix_profile(ADOBE_RGB, 2.2)
    hashes = [int(make_picture(picture, 1).phash, 16) for picture in (scene, wide)]
    assert (hashes[0] ^ hashes[1]).bit_count() <= 2


def test_what_is_transparent_is_white():
    clear = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
    clear.putpixel((1, 0), (0, 0, 255, 128))
    assert [put_over_white(clear).getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (127, 127, 255)]
    clear.info["icc_profile"] = IN_P3
    assert to_srgb(clear).getpixel((0, 0))[3] == 0


@pytest.mark.parametrize("format_", ["AVIF", "PNG"])
def test_hdr_is_decoded_at_its_own_depth(format_):
    imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    scene = landscape("coast", (320, 240))
    numbers = in_space(scene, BT2020, to_pq, 65535)
    if format_ == "PNG":
        content = imagecodecs.png_encode(numbers)
        chunk = struct.pack(">I4s4B", 4, b"cICP", 9, 16, 0, 1)
        content = content[:33] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + content[33:]
    else:
        content = imagecodecs.avif_encode(numbers >> 6, bitspersample=10, level=100, speed=8)
        at = content.index(b"colrnclx") + 8
        content = content[:at] + struct.pack(">HH", 9, 16) + content[at + 4 :]
    opened = open_image(BytesIO(content), format_.lower())
    decoded = decode_image(opened)
    assert find_conversion(decoded) is None
    assert np.abs(np.asarray(decoded).astype(int) - np.asarray(scene)).mean() < 0.6
