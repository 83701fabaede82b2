"""The file itself over HTTP: only files of the library, as they are, and never anything that a browser would run."""

import hashlib
import os

import pytest

from app.web.library.originals import disposition
from tests.samples import photo, settled

HERE = "/api/library/original"


@pytest.fixture
def own(open_door, tmp_path):
    """A door on a root with one picture, its folder, and the picture's bytes."""
    root = tmp_path / "root"
    photo(root / "trip" / "a.jpg", size=(640, 480))
    door = open_door(root)
    door.whole()
    return door, root / "trip", (root / "trip" / "a.jpg").read_bytes()


def ask(door, path="photos/trip/a.jpg", method="GET", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.client.request(method, HERE, params={"path": path}, headers=names)


def test_the_file_comes_as_it_is_under_the_type_it_was_read_as_and_in_ranges(own):
    door, _, content = own
    whole = ask(door)
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    assert (whole.status_code, whole.content, whole.headers["etag"]) == (200, content, tag)
    assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("image/jpeg", "bytes")
    assert whole.headers["content-disposition"] == "inline; filename=\"a.jpg\"; filename*=UTF-8''a.jpg"
    assert whole.headers["x-content-type-options"] == "nosniff"
    policy = whole.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script" not in policy
    assert "default-src 'none'" in policy
    part = ask(door, Range="bytes=10-19", If_Range=tag)
    assert (part.status_code, part.content, part.headers["content-length"]) == (206, content[10:20], "10")
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    assert ask(door, Range="bytes=10-19", If_Range='"other"').content == content
    beyond = ask(door, Range=f"bytes={len(content)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert beyond.json()["cause"] == "range_not_satisfiable"
    assert (ask(door, If_None_Match=tag).status_code, ask(door, If_None_Match='"x"').status_code) == (304, 200)
    head = ask(door, method="HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    assert ask(door, method="HEAD", Range="bytes=-5").headers["content-length"] == "5"


def test_a_file_that_was_changed_is_given_without_the_tag_of_what_was_read(own):
    door, folder, content = own
    before = ask(door).headers["etag"]
    html = b"<script>alert(1)</script>"
    (folder / "a.jpg").write_bytes(html)
    settled(folder / "a.jpg")
    after = ask(door, Range="bytes=0-3", If_Range=before)
    assert (after.status_code, after.content, after.headers["content-type"]) == (200, html, "image/jpeg")
    assert after.headers["etag"].startswith("W/")
    (folder / "a.jpg").write_bytes(content)
    os.utime(folder / "a.jpg", ns=(0, 0))
    assert ask(door).headers["etag"].startswith("W/"), "its time is another: nobody has read these bytes"


@pytest.mark.parametrize("taken_by", ["nothing", "link", "folder", "fifo", "linked folder"])
def test_what_has_taken_the_place_of_a_file_is_not_given(own, tmp_path, taken_by):
    door, folder, content = own
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jpg").write_bytes(content)
    (folder / "a.jpg").unlink()
    match taken_by:
        case "link":
            (folder / "a.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
        case "folder":
            (folder / "a.jpg").mkdir()
        case "fifo":
            os.mkfifo(folder / "a.jpg")
        case "linked folder":
            folder.rmdir()
            folder.symlink_to(tmp_path / "elsewhere")
    answer = ask(door)
    assert (answer.status_code, answer.json()["cause"]) in {(404, "file_gone"), (422, "outside_roots")}
    assert taken_by == "linked folder" or answer.status_code == 404


def test_a_file_without_a_row_is_not_given(door):
    door.whole("photos/trip")
    for path, code in (("photos/notes.txt", 404), ("photos/broken/cut.jpg", 404), ("photos/../../etc/passwd", 422)):
        assert ask(door, path).status_code == code, path


def test_a_file_that_is_cut_while_it_is_sent_ends_in_an_error_and_not_as_whole(own, monkeypatch):
    door, folder, _ = own
    monkeypatch.setattr("app.web.library.originals._PIECE_BYTES", 1_000)
    with door.client.stream("GET", HERE, params={"path": "photos/trip/a.jpg"}) as answer:
        assert answer.status_code == 200
    large = folder / "large.jpg"
    large.write_bytes((folder / "a.jpg").read_bytes() + bytes(20_000_000))
    settled(large)
    door.whole()
    with door.client.stream("GET", HERE, params={"path": "photos/trip/large.jpg"}) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        os.truncate(large, 5_000)
        with pytest.raises(Exception, match="peer closed"):
            list(pieces)


def test_a_name_is_told_in_full_and_can_break_no_header():
    told = disposition('a"b\r\nSet-Cookie: x; é.heic', inline=False)
    assert told == (
        'attachment; filename="a_b__Set-Cookie: x; _.heic"; '
        "filename*=UTF-8''a%22b%0D%0ASet-Cookie%3A%20x%3B%20%C3%A9.heic"
    )
