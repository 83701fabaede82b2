"""Recognising, opening and decoding images, and what is made of their pixels."""

import struct
import warnings
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from app.analysis.formats import png
from app.analysis.formats.completeness import count_missing_bytes
from app.analysis.formats.png import read_png_texts
from app.analysis.formats.recognise import recognise
from app.analysis.formats.tiff import find_orientation
from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures import image
from app.analysis.pictures.image import (
    check_file_size,
    decode_image,
    explain_error,
    find_turn,
    open_image,
    silence_warnings,
)
from app.analysis.pictures.picture import SIDE, make_picture
from app.errors import CannotRead
from app.library.values import upright_size
from tests.analysis.formats.examples import ENCODERS, drawing, encoded
from tests.analysis.formats.packets import packet
from tests.analysis.formats.pngs import chunk, with_chunks
from tests.analysis.formats.tiffs import block


def opened(content, format_=None):
    return open_image(BytesIO(content), format_ or recognise(content[:65536]).name)


def bits_apart(one, other):
    return (int(one, 16) ^ int(other, 16)).bit_count()


def thumbnail_of(made):
    return Image.open(BytesIO(made.webp))


@pytest.mark.parametrize("name", ENCODERS)
def test_every_format_is_opened_and_gives_nearly_the_same_hash(name):
    content = encoded(drawing(), ENCODERS[name][0], **ENCODERS[name][1])
    found = opened(content)
    assert (found.format, found.size) == (name, (640, 480))
    made = make_picture(decode_image(found), 1)
    assert bits_apart(made.phash, make_picture(drawing(), 1).phash) <= 3
    assert thumbnail_of(made).size == (320, 240)


def heif_boxes(declared):
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"heic", 0, b"mif1") + struct.pack(">I4s", declared, b"mdat") + b"12"


def test_a_heic_whose_boxes_reach_beyond_the_end_is_truncated_though_libheif_would_show_grey():
    with pytest.raises(CannotRead, match="at least 90 bytes are missing") as caught:
        opened(heif_boxes(100))
    assert caught.value.cause == "truncated_image"


@pytest.mark.parametrize("declared", [0, 10])
def test_a_heic_whose_boxes_are_complete_but_senseless_is_damaged(declared):
    with pytest.raises(CannotRead) as caught:
        opened(heif_boxes(declared))
    assert caught.value.cause == "damaged_image"


def test_large_boxes_carry_their_size_in_eight_bytes():
    box = struct.pack(">I4sQ", 1, b"mdat", 1000) + b"12"
    assert count_missing_bytes(BytesIO(heif_boxes(0)[:20] + box), "avif") == 1000 - len(box)


def test_a_png_that_lost_its_way_is_damaged_rather_than_short():
    content = encoded(drawing(), "PNG")
    assert count_missing_bytes(BytesIO(content), "png") == 0
    assert count_missing_bytes(BytesIO(content[:33]), "png") == 12
    assert count_missing_bytes(BytesIO(content[:33] + b"\0" * 40), "png") == 12, "a disk where nothing was written"
    assert count_missing_bytes(BytesIO(content[:33] + b"\1" * 40), "png") == 0
    with pytest.raises(CannotRead) as caught:
        decode_image(opened(content[:60] + b"\1\2\3\4" * 20 + content[140:]))
    assert caught.value.cause == "damaged_image"


def test_a_dib_without_file_header_is_a_bitmap():
    assert opened(encoded(drawing(size=(20, 10)), "DIB")).size == (20, 10)


def test_a_bitmap_of_a_variant_that_pillow_lacks_is_unsupported_not_damaged():
    content = bytearray(encoded(drawing(size=(20, 10)), "BMP"))
    content[28:30] = struct.pack("<H", 2)
    found = opened(bytes(content))
    assert (found.size, found.picture) == ((20, 10), None)
    with pytest.raises(CannotRead, match=r"pixel depth \(2\)") as caught:
        decode_image(found)
    assert caught.value.cause == "unsupported_format"


def test_a_jpeg_holding_several_pictures_is_a_jpeg():
    content = encoded(drawing(), "MPO", save_all=True, append_images=[drawing()])
    found = opened(content)
    assert (found.format, found.frames, found.pages) == ("jpeg", 1, 1), (
        "of which nothing says that they belong together"
    )
    decode_image(found)


def test_the_two_pictures_of_a_stereo_camera_are_no_frames_but_told():
    content = encoded(drawing(), "MPO", save_all=True, append_images=[drawing()])
    primary, directory = struct.pack("<I", 0x030000), content.index(b"MPF\0") + 20
    first = content.index(primary, directory)  # entries of 16 bytes begin with a kind
    stereo = struct.pack("<I", 0x020002)
    found = opened(content[:first] + stereo + content[first + 4 : first + 16] + stereo + content[first + 20 :])
    assert (found.frames, found.pages) == (1, 2)


def test_frames_of_animations_are_counted():
    more = [drawing().rotate(90 * turn) for turn in (1, 2)]
    for format_ in ("GIF", "PNG", "WEBP", "AVIF"):
        assert opened(encoded(drawing(), format_, save_all=True, append_images=more)).frames == 3, format_
    pages = opened(encoded(drawing(), "TIFF", save_all=True, append_images=more))
    assert (pages.frames, pages.pages) == (1, 3)


def test_a_large_jpeg_is_decoded_smaller_with_its_short_side_kept():
    decoded = decode_image(opened(encoded(drawing(size=(4000, 3000)), "JPEG")))
    assert decoded.size == (2000, 1500)


def test_an_image_file_beyond_four_gibibytes_is_refused_before_it_is_hashed():
    check_file_size(image.MAX_FILE_BYTES)
    with pytest.raises(CannotRead, match=r"100\.0 GiB") as caught:
        check_file_size(100 * 1024**3)
    assert caught.value.cause == "decoder_memory"


def test_an_error_of_the_disk_while_decoding_is_no_damage():
    problem = explain_error(OSError(5, "Input/output error"))
    assert (problem.cause, problem.sentence) == ("unreadable", "The file cannot be read: Input/output error.")


def test_memory_that_runs_out_is_its_own_cause():
    assert explain_error(MemoryError()).cause == "decoder_memory"
    assert explain_error(CannotRead("Kept.", cause="empty_file")).cause == "empty_file"


def shown(content):
    """The thumbnail of these bytes, and the size that they are said to have."""
    found = opened(content)
    own = find_orientation(read_embedded(found).exif)
    decoded = decode_image(found, own)
    made = make_picture(decoded, find_turn(found, decoded, own))
    row = dict(zip(("width", "height"), found.size, strict=True), format=found.format, orientation=own)
    return made, upright_size(row)


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_all_eight_orientations_end_upright(format_, value):
    exif = Image.Exif()
    exif[0x0112] = value
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose operations that undo the turning
    stored = drawing().transpose(turns[value]) if value in turns else drawing()
    content = encoded(stored, format_, exif=exif)
    assert opened(content).size == stored.size, "the size is that of the pixels as stored"
    made, size = shown(content)
    assert (thumbnail_of(made).size, size) == ((320, 240), drawing().size)
    assert bits_apart(made.phash, make_picture(drawing(), 1).phash) <= 2


TURNED_BY_XMP = packet("", 'tiff:Orientation="6"')


def with_xmp(format_):
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", TURNED_BY_XMP.decode())
    options = {"TIFF": {"tiffinfo": {700: TURNED_BY_XMP}}, "PNG": {"pnginfo": text}}
    if format_ == "GIF":
        application = b"!\xff\x0bXMP DataXMP" + TURNED_BY_XMP + bytes((1, *range(255, -1, -1), 0))
        return encoded(drawing(), format_).removesuffix(b";") + application + b";"
    return encoded(drawing(), format_, **options.get(format_, {"xmp": TURNED_BY_XMP}))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF"])
def test_xmp_turns_no_picture(format_):
    content = with_xmp(format_)
    assert read_embedded(opened(content)).xmp["tiff:Orientation"] == ("6",)
    made, size = shown(content)
    assert (thumbnail_of(made).size, size) == ((320, 240), drawing().size)


def test_exif_in_jpeg_2000_and_an_orientation_of_another_type_turn_a_picture():
    plain = encoded(drawing(), "JPEG2000")
    body = b"uuidJpgTiffExif->JP2" + block(({0x112: (3, (6,))},))
    made, size = shown(plain + struct.pack(">I", 4 + len(body)) + body)
    assert (thumbnail_of(made).size, size) == ((240, 320), drawing().size[::-1])
    in_one_byte = block(({0x112: (1, (6,))},))
    made, size = shown(encoded(drawing(), "JPEG", exif=b"Exif\0\0" + in_one_byte))
    assert (thumbnail_of(made).size, size) == ((240, 320), drawing().size[::-1])


@pytest.mark.parametrize(
    ("format_", "exif"),
    [
        ("JPEG", b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x63\0\0"),
        ("PNG", b"Exif\0\0nonsense"),
    ],
)
def test_a_damaged_orientation_leaves_the_picture_as_stored(format_, exif):
    made, size = shown(encoded(drawing(), format_, exif=exif))
    assert (thumbnail_of(made).size, size) == ((320, 240), drawing().size)


def sixteen_bit(mode):
    wide = drawing("L").convert("I").point(lambda value: value * 257)
    return (
        Image.frombytes("I;16L", wide.size, wide.convert("I;16").tobytes()) if mode == "I;16L" else wide.convert(mode)
    )


def in_mode(mode):
    if mode.startswith("I;16"):
        return sixteen_bit(mode)
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(drawing(), *profiles, outputMode="LAB")
    if mode == "RGBa":
        return drawing("RGBA").convert("RGBa")
    if mode == "PA":
        return drawing("P").convert("PA")
    return drawing(mode)


@pytest.mark.parametrize(
    "mode",
    ["L", "RGBA", "LA", "P", "PA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16", "I;16L", "I;16B"],
)
def test_pixels_of_every_mode_give_the_same_picture(mode):
    made = make_picture(in_mode(mode), 1)
    assert bits_apart(made.phash, make_picture(drawing(), 1).phash) <= 4
    assert thumbnail_of(made).size == (320, 240)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_floating_point_pixels_without_a_range_are_no_failure(value):
    assert len(make_picture(Image.new("F", (40, 30), value), 1).phash) == 16


def test_transparency_is_kept_in_the_thumbnail_and_white_in_the_hash():
    clear = drawing("RGBA")
    clear.paste((255, 0, 0, 0), (0, 0, 320, 480))
    white = drawing()
    white.paste("white", (0, 0, 320, 480))
    made = make_picture(clear, 1)
    assert thumbnail_of(made).mode == "RGBA"
    assert bits_apart(made.phash, make_picture(white, 1).phash) <= 2


def test_a_transparent_colour_and_a_transparent_palette_become_transparency():
    for mode, key in (("RGB", (0, 0, 128)), ("L", 15), ("P", 0)):
        content = encoded(drawing(mode), "PNG", transparency=key)
        assert thumbnail_of(make_picture(decode_image(opened(content)), 1)).mode == "RGBA", mode


def test_small_and_narrow_pictures_are_never_enlarged_or_lost():
    for size, expected in (((5, 3), (5, 3)), ((4000, 2), (SIDE, 1)), ((1, 1), (1, 1))):
        assert thumbnail_of(make_picture(Image.new("RGB", size, "teal"), 1)).size == expected


def test_the_thumbnail_carries_neither_a_profile_nor_exif():
    exif = Image.Exif()
    exif[0x010F] = "Secret"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = make_picture(decode_image(opened(encoded(drawing(), "JPEG", exif=exif, icc_profile=profile))), 1)
    assert not {"icc_profile", "exif"} & thumbnail_of(made).info.keys()


def test_the_hash_survives_encoding_and_resizing_and_tells_pictures_apart():
    reference = make_picture(drawing(), 1).phash
    for quality in (90, 50, 20):
        assert (
            bits_apart(
                reference, make_picture(Image.open(BytesIO(encoded(drawing(), "JPEG", quality=quality))), 1).phash
            )
            <= 2
        )
    for size in ((1280, 960), (320, 240), (200, 150)):
        assert bits_apart(reference, make_picture(drawing().resize(size), 1).phash) <= 3
    assert bits_apart(reference, make_picture(drawing().rotate(90), 1).phash) > 10


def test_noise_in_a_plain_picture_does_not_change_its_hash():
    plain = Image.new("RGB", (600, 400), (120, 130, 140))
    noisy = Image.blend(plain, Image.effect_noise((600, 400), 30).convert("RGB"), 0.05)
    assert bits_apart(make_picture(plain, 1).phash, make_picture(noisy, 1).phash) <= 1


def png_with(*chunks):
    return with_chunks(encoded(drawing(size=(8, 8)), "PNG"), *chunks)


def test_a_picture_survives_a_text_that_is_too_large_to_unpack():
    bomb = (b"zTXt", b"parameters\0\0" + zlib.compress(bytes(png.TEXT_BYTES + 1)))
    content = png_with(bomb, (b"tEXt", b"Author\0Me"))
    found = opened(content)
    assert found.size == (8, 8)
    assert decode_image(found).size == (8, 8)
    texts = read_png_texts(BytesIO(content))
    assert texts.problem
    assert texts.problem.cause == "text_too_large"
    assert texts.by_key == {"Author": b"Me"}


def test_damaged_text_chunks_are_noted_and_the_others_read():
    content = png_with(
        (b"iTXt", b"broken\0"), (b"zTXt", b"worse\0\0nonsense"), (b"tEXt", b"no separator"), (b"tEXt", b"k\0v")
    )
    texts = read_png_texts(BytesIO(content))
    assert texts.by_key == {"k": b"v"}
    assert texts.problem
    assert texts.problem.cause == "damaged_metadata"


def test_texts_behind_the_pixels_are_read_and_a_cut_off_one_is_not():
    content = encoded(drawing(size=(8, 8)), "PNG")
    late = chunk(b"tEXt", b"Late\0yes")
    assert read_png_texts(BytesIO(content[:-12] + late + content[-12:])).by_key == {"Late": b"yes"}
    assert read_png_texts(BytesIO(content[:-12] + late[:-8])).by_key == {}


def test_pillow_warnings_stay_silent():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with silence_warnings():
            warnings.warn("Corrupt EXIF data", stacklevel=1)
    assert caught == []
