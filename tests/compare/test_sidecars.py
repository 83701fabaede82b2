"""Sidecars of a folder that is compared, and pictures that are the same by their pixels."""

from tests.compare.shelf import write
from tests.samples import photo

# -- sidecars ----------------------------------------------------------------------------------------------------


def test_a_sidecar_counts_with_its_picture_if_its_bytes_lie_beside_the_copy(shelf):
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"):
        shelf.both(f"DCIM/{name}", name.encode())
    shelf.take_in("sorted/2024-e.jpg", b"e.jpg")
    beside = {
        "DCIM/a.jpg.xmp": b"<a/>",
        "DCIM/b.xmp": b"<b/>",
        "DCIM/c.jpg.json": b"{}",
        "DCIM/.scores/d.jpg.json": b'{"score": 4}',
    }
    for name, content in beside.items():
        write(shelf.card / name, content)
        write(shelf.media / name, content)
    write(shelf.card / "DCIM/e.jpg.xmp", b"<e/>")
    write(shelf.media / "sorted/2024-e.XMP", b"<e/>")
    told, findings = shelf.compared()
    assert (told.files, told.sidecars, told.safe) == (5, 5, True)
    assert findings["DCIM/e.jpg"].sidecars == 1


def test_a_sidecar_that_would_be_lost_is_listed_by_itself(shelf):
    shelf.both("a.jpg", b"a")
    shelf.both("b.jpg", b"b")
    shelf.both("c.jpg", b"c")
    shelf.both("raw.cr2", b"r")
    shelf.both("raw.jpg", b"j")
    write(shelf.card / "new.jpg", b"new")
    for name in ("a.jpg.xmp", "b.jpg.xmp", ".scores/c.jpg.json", "new.jpg.xmp", "raw.xmp", "nobody.xmp"):
        write(shelf.card / name, name.encode())
    write(shelf.media / "a.jpg.xmp", b"edited since")
    shelf.media.joinpath("b.jpg.xmp").hardlink_to(shelf.card / "b.jpg.xmp")
    write(shelf.media / "raw.xmp", b"raw.xmp")
    told, findings = shelf.compared()
    lost = {path: finding.holding.value for path, finding in findings.items() if not finding.safe}
    assert lost == {
        "a.jpg.xmp": "not_in_library",
        "b.jpg.xmp": "not_in_library",
        ".scores/c.jpg.json": "not_in_library",
        "new.jpg": "not_in_library",
        "nobody.xmp": "not_media",
    }
    assert findings["a.jpg.xmp"].reason == (
        "It is a sidecar; its picture is in, but beside m/a.jpg lies none with these bytes."
    )
    assert told.sidecars == 2, "that of the new picture, and that of the two which share one"


# -- the same picture, other bytes -------------------------------------------------------------------------------


def test_the_same_picture_with_other_bytes_is_told_apart_and_is_not_safe(shelf):
    size = photo(shelf.card / "a.jpg", size=(64, 48), rating=4).stat().st_size
    shelf.take_in("sorted/a.jpg", photo(shelf.media / "made.jpg", size=(64, 48), rating=1).read_bytes())
    shelf.card.joinpath("a.jpg").rename(shelf.card / "A.JPG")
    photo(shelf.card / "b.jpg", size=(48, 64))
    shelf.take_in("b.jpg", photo(shelf.media / "made.jpg", size=(64, 48)).read_bytes())
    told, findings = shelf.compared()
    assert {path: finding.holding.value for path, finding in findings.items()} == {
        "A.JPG": "same_picture",
        "b.jpg": "not_in_library",
    }
    assert (findings["A.JPG"].copy.shown, findings["A.JPG"].size) == ("m/sorted/a.jpg", size)
    assert not told.safe
