"""Which words count as title and caption: what a person wrote last, and never what a program wrote for itself."""

import hashlib
import struct

import pytest

from app.analysis.formats.iptc import find_iptc_records
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.film import interpret_film, sort_film_tags
from app.analysis.pictures.container import FilmInfo
from tests.analysis.formats.packets import packet
from tests.analysis.formats.tiffs import block
from tests.analysis.pictures.pictures import read, saved

BLOB = '{"faces": [], "version": 3}'
XMP = packet(
    "<dc:description><rdf:Alt><rdf:li>new</rdf:li></rdf:Alt></dc:description>"
    "<dc:creator><rdf:Seq><rdf:li>Newer</rdf:li></rdf:Seq></dc:creator>"
    "<photoshop:DateCreated>2002-02-02</photoshop:DateCreated>"
    "<dc:subject><rdf:Bag><rdf:li>c</rdf:li></rdf:Bag></dc:subject>"
)


def resource(number, content):
    return b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + bytes(len(content) % 2)


VALUES = {120: b"old", 80: b"Older", 55: b"20010101", 25: b"a"}
RECORDS = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in VALUES.items())


def digest_of(which):
    """The resource with the digest of the IPTC records: the right one, another; nothing for none."""
    right = hashlib.md5(RECORDS, usedforsecurity=False).digest()
    return resource(0x0425, right if which == "right" else bytes(16)) if which else b""


def jpeg_with_iptc(digest):
    segment = b"Photoshop 3.0\0" + resource(0x0404, RECORDS) + digest
    plain = saved(xmp=XMP)
    return plain[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(segment)) + segment + plain[2:]


def tiff_with_iptc(digest):
    """The records are bare there, and padded to whole numbers of four bytes; the digest is among the resources."""
    padded = RECORDS.ljust(-(-len(RECORDS) // 4) * 4, b"\0")
    tags = {256: (3, (1,)), 257: (3, (1,)), 258: (3, (8,)), 259: (3, (1,)), 262: (3, (1,)), 273: (4, (8,))}
    tags |= {277: (3, (1,)), 278: (3, (1,)), 279: (4, (1,)), 700: (1, XMP), 33723: (7, padded)}
    return block([tags | {34377: (7, resource(0x03ED, b"\0" * 16) + digest)}])


def psd_with_iptc(digest):
    resources = resource(0x0404, RECORDS) + digest + resource(0x0424, XMP)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 1, 1, 8, 3) + bytes(4)
    return head + struct.pack(">I", len(resources)) + resources + bytes(4 + 2 + 3)


@pytest.mark.parametrize("made", [jpeg_with_iptc, tiff_with_iptc, psd_with_iptc])
@pytest.mark.parametrize(
    ("digest", "said"),
    [
        ("right", ("new", "Newer", "2002-02-02", "xmp")),
        (None, ("new", "Newer", "2002-02-02", "xmp")),
        ("another", ("old", "Older", "2001-01-01", "iptc")),
    ],
)
def test_iptc_that_was_changed_after_the_xmp_wins(made, digest, said):
    found = interpret_image(read(made(digest_of(digest))))
    assert (found.caption, found.creator, found.taken_at, found.sources["caption"]) == said


def test_resources_of_other_programs_do_not_hide_what_follows():
    strange = b"MeSa" + struct.pack(">HHI", 7000, 0, 4) + b"abcd"
    assert find_iptc_records(strange + resource(0x0404, RECORDS)) == RECORDS


@pytest.mark.parametrize(
    "parts",
    [
        {"exif": {"Image ImageDescription": BLOB}},
        {"xmp": {"dc:description": (BLOB,), "dc:title": (BLOB,)}},
        {"iptc": {"Caption": (BLOB,)}},
        {"texts": {"Description": BLOB, "Title": f"[{BLOB}]"}},
    ],
)
def test_json_is_no_caption_and_no_title(parts):
    found = interpret_image(Embedded(**parts))
    assert (found.caption, found.title) == (None, None)


def test_what_is_said_in_words_counts_behind_json():
    exif = {"Image ImageDescription": BLOB, "Image XPComment": "a boat\0".encode("utf-16-le")}
    assert interpret_image(Embedded(exif=exif)).caption == "a boat"
    film = FilmInfo(tags={"description": BLOB, "comment": "a boat"})
    assert interpret_film(film, sort_film_tags(film)).caption == "a boat"
