"""Lenses that only a maker note names: read where nothing else does, within bounds, and noted where they cannot be."""

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.formats.tiff import read_tiff
from app.analysis.metadata import maker_notes
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.maker_notes import MakerNotes, read_maker_notes
from app.media import Rating, Stage
from tests.analysis.formats import raws
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.pictures import analysed, read, saved
from tests.support.server import shared

EXIF, NOTE, LENS = 0x8769, 0x927C, 0xA434
AT = 200  # where a note stands in its block


def directory(order, at, base, entries):
    """A directory at this place: tag, kind, count and content of each entry, longer ones behind it."""
    behind = at + 2 + 12 * len(entries) + 4
    table, more = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, content in sorted(entries):
        table += struct.pack(order + "HHI", tag, kind, count)
        if len(content) <= 4:
            table += content.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", behind + len(more) - base)
            more += content + b"\0" * (len(content) % 2)
    return table + bytes(4) + more


def block(make, note, order="<", lens=None):
    """An EXIF block with a maker, a maker note at `AT`, and a lens where one is given."""
    make += b"\0"
    exif = [(NOTE, 7, len(note), struct.pack(order + "I", AT))]
    exif += [(LENS, 2, len(lens), lens)] if lens else []
    first = directory(order, 8, 0, [(0x010F, 2, len(make), make), (EXIF, 4, 1, struct.pack(order + "I", 80))])
    table = struct.pack(order + "H", len(exif)) + struct.pack(order + "HHII", NOTE, 7, len(note), AT)
    if lens:
        table += struct.pack(order + "HHII", LENS, 2, len(lens), 150) + bytes(4)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8) + first
    whole = (head.ljust(80, b"\0") + table).ljust(150, b"\0") + (lens or b"")
    return whole.ljust(AT, b"\0") + note


def found(make, note, order="<", lens=None, xmp=None):
    return read_maker_notes(read_tiff(BytesIO(block(make, note, order, lens))), xmp or {})


def text(tag, content):
    return (tag, 2, len(content) + 1, content + b"\0")


def canon(order="<", model=b"EF24-70mm f/2.8L II USM", kind=0xFFFF):
    settings = [0] * 30
    settings[0], settings[22] = 60, kind
    focus = [0] * 27
    focus[0], focus[19] = 54, 782
    entries = [
        (0x0001, 3, 30, struct.pack(f"{order}30H", *settings)),
        (0x0004, 3, 27, struct.pack(f"{order}27H", *focus)),
        (0x000C, 4, 1, struct.pack(order + "I", 500292)),
    ]
    return directory(order, AT, 0, [*entries, text(0x0095, model)] if model else entries)


def nikon(order=">"):
    ratios = struct.pack(f"{order}8I", 18, 1, 70, 1, 35, 10, 45, 10)
    entries = [
        text(0x001D, b"NO= 20025585"),
        (0x0084, 5, 4, ratios),
        (0x00A7, 4, 1, struct.pack(order + "I", 526)),
    ]
    mark = b"MM\0*" if order == ">" else b"II*\0"
    inner = mark + struct.pack(order + "I", 8)
    return b"Nikon\0\2\x10\0\0" + inner + directory(order, 8, 0, entries)


def olympus(kind, model=b"", head=b"OLYMPUS\0II\3\0"):
    start, order = len(head), "<"
    equipment = start + 2 + 12 + 4
    base = AT if head.startswith((b"OLYMPUS", b"OM")) else 0
    entries = [text(0x0101, b"J60101234"), (0x0201, 1, 6, kind), *([text(0x0203, model)] if model else [])]
    pointer = (0x2010, 13, 1, struct.pack("<I", AT + equipment - base))
    return head + directory(order, AT + start, base, [pointer]) + directory(order, AT + equipment, base, entries)


def panasonic(lens):
    return b"Panasonic\0\0\0" + directory("<", AT + 12, 0, [text(0x0051, lens)])


def pentax(series, model):
    date, time, count = b"\x07\xd4\x0b\x17", b"\x0a\x0b\x0c", 1648
    hidden = count ^ int.from_bytes(date, "big") ^ (0xFFFFFFFF - int.from_bytes(time + b"\0", "big"))
    entries = [(6, 7, 4, date), (7, 7, 3, time), (0x3F, 1, 3, bytes((series, model, 0)))]
    entries += [(0x5D, 7, 4, hidden.to_bytes(4, "big")), text(0x0229, b"1234567")]
    return b"AOC\0MM" + directory(">", AT + 6, 0, entries)


def sony(number=0, specification=b"", head=b"SONY DSC \0\0\0", stars=0):
    entries = [(0xB027, 4, 1, struct.pack("<I", number))]
    entries += [(0x2002, 4, 1, struct.pack("<I", stars))] if stars else []
    entries += [(0xB02A, 7, 8, specification)] if specification else []
    return head + directory("<", AT + len(head), 0, entries)


def minolta(number):
    return directory(">", AT, 0, [(0x010C, 4, 1, struct.pack(">I", number))])


def leica_m8(lens, frame):
    return b"LEICA\0\0\0" + directory("<", AT + 8, AT + 8, [(0x0310, 4, 1, struct.pack("<I", lens * 4 + frame))])


def leica_m9(lens, frame):
    inner = directory("<", AT + 26, AT, [(0x3405, 4, 1, struct.pack("<I", lens * 4 + frame))])
    return b"LEICA0\3\0" + directory("<", AT + 8, AT, [(0x3400, 7, len(inner), inner)])


def leica_t(name):
    return b"LEICA\0\6\0" + directory("<", AT + 8, AT, [text(0x0303, name)])


def samsung(number):
    return directory("<", AT, AT, [(0x0001, 7, 4, b"0100"), (0xA003, 3, 1, struct.pack("<H", number))])


def fujifilm(stars):
    head = b"FUJIFILM" + struct.pack("<I", 12)
    return head + directory("<", 12, 0, [(0x1431, 4, 1, struct.pack("<I", stars))])


ZOOM, PRIME = bytes.fromhex("0100180055355602"), bytes.fromhex("0000350000140008")


NAMED = {
    "Canon": (b"Canon", canon(), "<", "EF24-70mm f/2.8L II USM"),
    "Canon by its number": (b"Canon", canon(">", model=b"", kind=130), ">", "Canon EF 50mm f/1.0L USM"),
    "Nikon": (b"NIKON CORPORATION", nikon(), ">", "18-70mm f/3.5-4.5"),
    "Nikon the other way round": (b"NIKON CORPORATION", nikon(), "<", "18-70mm f/3.5-4.5"),
    "Olympus": (b"OLYMPUS CORPORATION", olympus(bytes((0, 0, 5, 0, 0, 0)), head=b"OLYMP\0\1\0"), "<",
                "Olympus Zuiko Digital 14-54mm F2.8-3.5"),
    "Olympus by its name": (b"OLYMPUS IMAGING CORP.  ", olympus(bytes((9, 0, 9, 9, 0, 0)), b"OTHER 25mm F1.4"), "<",
                            "OTHER 25mm F1.4"),
    "OM System": (b"OM Digital Solutions", olympus(bytes((0, 0, 0x34, 0x10, 0, 0)), head=b"OM SYSTEM\0\0\0II\4\0"), "<",
                  "Olympus M.Zuiko Digital ED 12-45mm F4.0 Pro"),
    "Panasonic": (b"Panasonic", panasonic(b"LUMIX G VARIO 14-42/F3.5-5.6"), "<", "LUMIX G VARIO 14-42/F3.5-5.6"),
    "Sony": (b"SONY", sony(50), "<", "Sony DT 18-250mm F3.5-6.3 (SAL18250)"),
    "Sony, raw": (b"SONY", sony(43, head=b""), "<", "Sony 35mm F1.4 G (SAL35F14G)"),
    "Sony by what the lens says": (b"SONY", sony(55, ZOOM), "<", "DT 18-55mm F3.5-5.6 SAM"),
    "Sony by what a prime says": (b"SONY", sony(65535, PRIME), "<", "35mm F1.4 G"),
    "Minolta": (b"Minolta Co., Ltd.", minolta(25621), ">", "Minolta AF 50mm F1.4 [New]"),
    "Konica Minolta": (b"KONICA MINOLTA ", minolta(40), ">", "Minolta/Sony AF DT 18-70mm F3.5-5.6 (D)"),
    "Leica M8": (b"Leica Camera AG", leica_m8(30, 2), "<", "Summicron-M 35mm f/2 ASPH."),
    "Leica M9": (b"Leica Camera AG", leica_m9(6, 0), "<", "Summilux-M 35mm f/1.4"),
    "Leica T": (b"LEICA CAMERA AG", leica_t(b"Summicron-T 1:2 23 ASPH."), "<", "Summicron-T 1:2 23 ASPH."),
    "Samsung": (b"SAMSUNG", samsung(3), "<", "Samsung NX 50-200mm F4-5.6 ED OIS"),
    "Pentax": (b"PENTAX Corporation ", pentax(4, 28), ">", "smc PENTAX-FA 35mm F2 AL"),
}  # fmt: skip


def refuse(_):
    raise AssertionError


@pytest.mark.parametrize("camera", NAMED)
def test_a_lens_that_only_the_maker_note_names_is_read(camera):
    make, note, order, lens = NAMED[camera]
    notes = found(make, note, order)
    assert (notes.lens, notes.unread) == (lens, None)
    assert notes.list_raw()["lens"] == lens


def test_what_stands_beside_the_lens_is_kept():
    raw = found(b"Canon", canon()).list_raw()
    assert (raw["serial_number"], raw["focus_distance_m"], raw["SerialNumber"]) == ("500292", 7.82, 500292)
    raw = found(b"NIKON CORPORATION", nikon(), ">").list_raw()
    assert (raw["serial_number"], raw["shutter_count"]) == ("20025585", 526)
    other_way_round = found(b"NIKON CORPORATION", nikon()).list_raw()
    assert (other_way_round["serial_number"], other_way_round["shutter_count"]) == ("20025585", 526)
    assert found(b"OLYMPUS CORPORATION", olympus(bytes(6))).list_raw()["serial_number"] == "J60101234"
    raw = found(b"PENTAX", pentax(4, 28), ">").list_raw()
    assert (raw["serial_number"], raw["shutter_count"]) == ("1234567", 1648)


def test_serial_number_and_distance_are_kept_of_a_camera_with_one_lens(monkeypatch):
    monkeypatch.setattr(maker_notes, "_by_exifread", refuse)
    assert found(b"Canon", canon(model=b"")).list_raw() == {"serial_number": "500292", "focus_distance_m": 7.82}


@pytest.mark.parametrize("note", [fujifilm(4), fujifilm(5)])
def test_the_stars_of_a_camera_count_whether_or_not_the_lens_is_known(note):
    stars = note[-8]
    assert found(b"FUJIFILM", note).rating == found(b"FUJIFILM", note, lens=b"XF23mmF1.4 R\0").rating == stars
    assert found(b"FUJIFILM", note).list_raw() == {"rating": stars}


def test_stars_that_were_not_given_are_none():
    assert found(b"SONY", sony(stars=3)).rating == 3
    for stars in (0, 6, 0xFFFFFFFF):
        assert found(b"FUJIFILM", fujifilm(stars)).rating is None
        assert found(b"SONY", sony(stars=stars)).rating is None
    assert found(b"FUJIFILM", b"FUJIFILM", lens=b"XF23mmF1.4 R\0") == MakerNotes()


NAMELESS = {
    "a camera with one lens": (b"Canon", canon(model=b"")),
    "a name of nothing": (b"Canon", canon(model=b"\0\0\0")),
    "a number that many lenses have": (b"PENTAX", pentax(3, 44)),
    "none on the camera": (b"Panasonic", panasonic(b"NO-LENS")),
    "another maker": (b"Maker of cameras", canon()),
    "a number of another mount": (b"SONY", sony(65535)),
    "a lens that says nothing": (b"SONY", sony(65535, bytes(8))),
    "a zoom that cannot be": (b"SONY", sony(65535, bytes.fromhex("0100550018355602"))),
    "no decimal digits": (b"SONY", sony(65535, bytes.fromhex("01001f0055355602"))),
    "a built-in lens": (b"SAMSUNG", samsung(0)),
    "a note of a phone": (b"samsung", b"STMN100\0\0\0\0"),
    "a lens without a code": (b"Leica Camera AG", leica_m8(0, 0)),
}


@pytest.mark.parametrize("what", NAMELESS)
def test_a_lens_is_never_guessed(what):
    make, note = NAMELESS[what]
    order = ">" if note.startswith(b"AOC") else "<"
    assert (found(make, note, order).lens, found(make, note, order).unread) == (None, None)


@pytest.mark.parametrize(
    ("note", "more"),
    [
        (canon(), {"lens": b"EF50mm f/1.8 STM\0"}),
        (canon(), {"xmp": {"aux:Lens": ("EF50mm",)}}),
        (b"", {}),
    ],
)
def test_nothing_is_read_where_the_lens_is_known_or_there_is_none(note, more, monkeypatch):
    monkeypatch.setattr(maker_notes, "_by_exifread", refuse)
    assert found(b"Canon", note, **more) in (MakerNotes(), MakerNotes(unread=None))


def test_what_takes_too_long_or_is_damaged_is_noted(monkeypatch):
    monkeypatch.setattr(maker_notes, "SECONDS", -1)
    late = found(b"Canon", canon())
    assert (late.lens, late.list_raw().keys()) == (None, {"maker_notes_unread"})
    assert "took more than" in late.unread
    monkeypatch.undo()
    assert "damaged" in found(b"OLYMPUS", b"OLYMPUS\0II\3\0").unread


@given(
    make=st.sampled_from([b"Canon", b"NIKON", b"OLYMPUS", b"Panasonic", b"PENTAX", b"SONY", b"Leica", b"SAMSUNG"]),
    at=st.integers(0, 200),
    junk=st.binary(min_size=1, max_size=60),
)
def test_a_damaged_note_raises_nothing(make, at, junk):
    whole = next(note for maker, note, _, _ in NAMED.values() if maker.upper().startswith(make.upper()))
    note = whole[:at] + junk + whole[at + len(junk) :]
    assert isinstance(found(make, note), MakerNotes)


def test_a_picture_says_which_lens_and_that_the_maker_note_names_it():
    content = saved(exif=b"Exif\0\0" + block(b"Canon", canon()))
    told = interpret_image(read(content))
    assert (told.lens_model, told.lens_source, told.sources["lens_model"]) == (
        "EF24-70mm f/2.8L II USM", "maker", "maker",
    )  # fmt: skip
    assert told.raw["maker"]["serial_number"] == "500292"
    assert interpret_image(read(saved())).raw.get("maker", {}) == {}


def test_the_stars_of_a_camera_are_the_score_of_its_picture_unless_somebody_else_says_so(tmp_path):
    jpeg = saved(exif=b"Exif\0\0" + block(b"FUJIFILM", fujifilm(4)))
    for name, content in (("a.jpg", jpeg), ("a.raf", raws.raw("raf", preview=jpeg))):
        (tmp_path / name).write_bytes(content)
        assert analysed(tmp_path / name, {Stage.SCORE}).rating == Rating(4, "maker")
    (tmp_path / "a.xmp").write_bytes(packet("<xmp:Rating>2</xmp:Rating>"))
    assert analysed(tmp_path / "a.jpg", {Stage.SCORE}).rating == Rating(2, "sidecar")


def test_the_note_in_the_preview_of_a_raw_file_names_its_lens(tmp_path):
    note = block(b"Panasonic", panasonic(b"LUMIX G VARIO 14-42/F3.5-5.6"))
    (tmp_path / "a.rw2").write_bytes(raws.raw("rw2", preview=saved(exif=b"Exif\0\0" + note)))
    told = analysed(tmp_path / "a.rw2").metadata
    assert (told.lens_model, told.lens_source) == ("LUMIX G VARIO 14-42/F3.5-5.6", "maker")


@pytest.mark.parametrize(
    ("name", "lens"),
    [
        ("Canon1DmkIII.jpg", "EF16-35mm f/2.8L II USM"),
        ("NikonD70.jpg", "18-70mm f/3.5-4.5"),
        ("OlympusE1.jpg", "Olympus Zuiko Digital 14-54mm F2.8-3.5"),
        ("Pentax.jpg", None),
    ],
)
def test_real_cameras_name_their_lenses(name, lens):
    path = shared("corpus", "INGEST_TEST_CORPUS") / "exiftool+exiftool" / "t" / "images" / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    assert read(path.read_bytes()).maker.lens == lens
