"""Which words count as title and caption: what a person wrote last, and never what a program wrote for itself."""

import hashlib
import struct

import pytest

from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.film import interpret_film, sort_film_tags
from app.analysis.pictures.container import FilmInfo
from tests.analysis.formats.packets import packet
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


def with_iptc(digest):
    """A JPEG with XMP, with IPTC, and with a digest of the latter: the right one, another, or none."""
    values = {120: b"old", 80: b"Older", 55: b"20010101", 25: b"a"}
    records = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in values.items())
    content = resource(0x0404, records)
    if digest:
        right = hashlib.md5(records, usedforsecurity=False).digest()
        content += resource(0x0425, right if digest == "right" else bytes(16))
    segment = b"Photoshop 3.0\0" + content
    plain = saved(xmp=XMP)
    return plain[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(segment)) + segment + plain[2:]


@pytest.mark.parametrize(
    ("digest", "said"),
    [
        ("right", ("new", "Newer", "2002-02-02", "xmp")),
        (None, ("new", "Newer", "2002-02-02", "xmp")),
        ("another", ("old", "Older", "2001-01-01", "iptc")),
    ],
)
def test_iptc_that_was_changed_after_the_xmp_wins(digest, said):
    found = interpret_image(read(with_iptc(digest)))
    assert (found.caption, found.creator, found.taken_at, found.sources["caption"]) == said


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
