"""Which rows wait for the hash of their picture: those from before there was one that look like another."""

from app.media import Place
from tests.library.finding.stock import add, file


def test_only_older_rows_that_look_like_other_bytes_wait_for_the_hash(library):
    a, b = "a" * 64, "b" * 64
    alike = {"phash": "00ff", "picture_sha256": None}
    rows = [
        file(1, sha256=a, **alike),
        file(2, sha256=b, **alike | {"picture_sha256": b}),
        file(3, sha256=b, **alike | {"picture_sha256": ""}),
        file(4, sha256=a, kind="video", **alike),
        file(5, sha256=a, format="nef", **alike),
        file(6, sha256=a, phash="0001"),
        file(7, sha256=a, phash="0002"),
        file(8, sha256=a, phash="0002"),
        file(9, sha256=a, phash="0003"),
        file(10, sha256=b, phash="0003", kind="video"),
        file(11, sha256=a),
        file(12, sha256=b),
    ]
    add(library, [{"phash": None, "picture_sha256": None} | row for row in rows])
    known = library.known(Place("m"))
    assert [path for path, file in known.items() if file.looks_alike] == [b"1"]
