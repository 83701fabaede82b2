"""Files dropped on the page: streamed into the inbox, and taken in by a session over it."""

import pytest

from app.errors import BadSetting
from tests.samples import photo

ADDRESS = "/api/ingest/inbox"
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def inbox(open_door, tmp_path):
    (tmp_path / "root").mkdir()
    return open_door(tmp_path / "root", ingest_inbox="photos/inbox")


def put(door, name, content, code=200, headers=BYTES):
    answer = door.client.put(ADDRESS, params={"name": name}, content=content, headers=headers)
    assert answer.status_code == code, answer.text
    return answer.json()


def test_dropped_files_are_taken_in_by_a_session_over_the_inbox(inbox, tmp_path):
    picture = photo(tmp_path / "a.jpg", size=(2_000, 1_500)).read_bytes()
    assert put(inbox, "a.jpg", picture) == {"path": "photos/inbox/a.jpg", "size": len(picture)}
    pieces = (picture[start : start + 1_000] for start in range(0, len(picture), 1_000))
    assert put(inbox, "a.jpg", pieces)["path"] == "photos/inbox/a (2).jpg"
    directory = inbox.get(ADDRESS)["directory"]
    assert directory == "photos/inbox"
    assert inbox.whole(directory)["outcomes"]["added"] == 2
    assert (tmp_path / "root" / "inbox" / "a (2).jpg").read_bytes() == picture


def test_what_makes_no_sense_is_refused_and_leaves_nothing(inbox, tmp_path):
    assert put(inbox, "notes.txt", b"x", 422)["field"] == "name"
    assert put(inbox, "a.jpg", b"", 422)["field"] == "name"
    assert put(inbox, "a.jpg", b"x", 415, {"Content-Type": "text/plain"})["cause"] == "content_type"
    assert put(inbox, "a.jpg", b"x", 403, {**BYTES, "Origin": "http://elsewhere"})["cause"] == "cross_origin"
    assert [*(tmp_path / "root" / "inbox").iterdir()] == []


def test_it_is_off_by_default(door):
    assert door.get(ADDRESS) == {"directory": None}
    assert put(door, "a.jpg", b"x", 409)["cause"] == "no_inbox"


@pytest.mark.parametrize("setting", ["/etc", "photos", "elsewhere/inbox", "photos/../.."])
def test_an_inbox_that_is_no_folder_inside_a_root_keeps_the_server_from_starting(open_door, setting):
    with pytest.raises(BadSetting, match="INGEST_INBOX"):
        open_door(ingest_inbox=setting)
