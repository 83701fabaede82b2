"""Why a file of a real folder is in the library or not."""

import json
import os
import random
from typing import Any

import pytest

from app.errors import InvalidRequest
from app.explain import MAX_CHARACTERS, explain
from app.ingest.session.state import Status
from app.media import MAX_PATH_BYTES
from tests.ingest.builders import (
    leave_socket,
    parameters,
    tree,
    workplace,
)

# -- a real folder and library -----------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path, library_url):
    with workplace(tmp_path, library_url) as opened:
        opened.recover()
        yield opened


def told(place, text: str) -> dict[str, Any]:
    return explain(place.folders, place.library, place.runner.sessions(), text)


def verdicts(place, *names: str) -> dict[str, str]:
    return {name: told(place, f"m/{name}")["verdict"] for name in names}


def test_what_became_of_every_file_of_a_folder_is_told(place):
    tree(place.media, "a.jpg", "copy/a.jpg", "broken.jpg", "c.png", ".h.jpg", "notes.txt", "a.xmp", "x.xmp")
    tree(place.media, ".scores/a.jpg.json", ".scores/gone.jpg.json", "trip/.trash/d.jpg", "gone.jpg")
    tree(place.media, "x/a.jpg", "x/skip-me.jpg", "x/keep.jpg")
    (place.media / "copy" / "a.jpg").write_bytes((place.media / "a.jpg").read_bytes())
    (place.media / "x" / ".ingestignore").write_text("# rules\nskip-*\n")
    (place.media / "link.jpg").symlink_to("a.jpg")
    os.mkfifo(place.media / "pipe.jpg")
    session = place.run(pattern="*.jpg")
    (place.media / "gone.jpg").unlink()
    (place.media / "x" / "keep.jpg").write_text("longer than it was before")
    tree(place.media, "later.jpg")
    expected = {
        "a.jpg": "ingested", "broken.jpg": "failed", "c.png": "not_matching", ".h.jpg": "ignored",
        "notes.txt": "unsupported", "a.xmp": "unsupported", "x.xmp": "unsupported", "link.jpg": "unsupported",
        "pipe.jpg": "unsupported", ".scores/a.jpg.json": "unsupported", ".scores/gone.jpg.json": "ignored",
        "trip/.trash/d.jpg": "ignored", "gone.jpg": "missing", "x/skip-me.jpg": "ignored", "x/keep.jpg": "changed",
        "later.jpg": "not_ingested", "x": "folder", "": "folder", "nothing.jpg": "not_found", "a.jpg/x": "not_found",
    }  # fmt: skip
    assert verdicts(place, *expected) == expected

    whole = told(place, "m/a.jpg")
    assert (whole["path"], whole["duplicates"], whole["duplicates_count"]) == ("m/a.jpg", ["m/copy/a.jpg"], 1)
    assert whole["sessions"] == [session.session_id]
    assert (whole["on_disk"]["kind"], whole["on_disk"]["size"]) == ("file", 5)
    assert whole["row"].keys() == {
        "sha256", "size", "format", "ingested_at", "updated_at", "missing_at", "session_id", "stages_failed",
    }  # fmt: skip
    [event] = whole["events"]
    assert (event["outcome"], event["session_id"], event["path"]) == ("added", session.session_id, "m/a.jpg")
    [failure] = told(place, "m/broken.jpg")["failures"]
    assert (failure["attempts"], failure["cause"]) == (1, "truncated_image")
    assert "line 2 of m/x/.ingestignore: skip-*" in told(place, "m/x/skip-me.jpg")["sentence"]
    assert "m/a.jpg" in told(place, "m/a.xmp")["sentence"]
    assert "m/a.jpg" in told(place, "m/.scores/a.jpg.json")["sentence"]
    assert told(place, "m/link.jpg")["on_disk"]["kind"] == "link"
    assert told(place, "m/pipe.jpg")["on_disk"]["kind"] == "special"
    assert told(place, "m/x")["on_disk"]["kind"] == "folder"
    assert told(place, "m/nothing.jpg") | {"on_disk": None, "row": None} == told(place, "m/nothing.jpg")


def test_the_sidecar_of_a_file_is_part_of_whether_it_changed(place):
    tree(place.media, "a.jpg", "a.xmp")
    place.run()
    assert told(place, "m/a.jpg")["verdict"] == "ingested"
    (place.media / "a.xmp").write_text("longer than it was before")
    assert "its sidecar changed" in told(place, "m/a.jpg")["sentence"]


def test_a_file_that_was_moved_is_told_from_both_ends(place):
    tree(place.media, "a.jpg", *[f"{number}.jpg" for number in range(9)])
    first = place.run()
    (place.media / "a.jpg").rename(place.media / "new.jpg")
    second = place.run()
    old, new = told(place, "m/a.jpg"), told(place, "m/new.jpg")
    assert (old["verdict"], new["verdict"]) == ("moved", "ingested")
    assert "moved to m/new.jpg" in old["sentence"]
    assert [(event["path"], event["outcome"], event["session_id"]) for event in new["events"]] == [
        ("m/a.jpg", "added", first.session_id),
        ("m/new.jpg", "moved", second.session_id),
    ]
    assert new["events"][1]["moved_from"] == "m/a.jpg"
    (place.media / "a.jpg").write_bytes(b"another one")
    assert "the file that was here is m/new.jpg" in told(place, "m/a.jpg")["sentence"]


def test_a_root_that_is_gone_is_not_taken_for_missing_files(place):
    tree(place.media, "a.jpg")
    place.run()
    place.media.rename(place.media.with_name("unplugged"))
    gone = told(place, "m/a.jpg")
    assert (gone["verdict"], gone["on_disk"]) == ("unreadable", None)
    assert "media root 'm' is not there" in gone["sentence"]


def test_a_path_is_found_however_it_is_written(place):
    tree(place.media, "a/b.jpg", " spaced .jpg ", b"caf\xe9.jpg", "new\nline.jpg", "\u202egpj.jpg")
    for text in ("m/a/b.jpg", f"{place.media}/a/b.jpg", "m/a/../a/./b.jpg", "m/a//b.jpg", " m/a/b.jpg\n"):
        assert (told(place, text)["path"], told(place, text)["verdict"]) == ("m/a/b.jpg", "not_ingested"), text
    assert told(place, str(place.media))["path"] == told(place, "m/a/..")["path"] == "m"
    for text in ("m/ spaced .jpg ", r"m/caf\xe9.jpg", "m/new\nline.jpg", "m/\u202egpj.jpg"):
        here = told(place, text)
        assert (here["path"], here["on_disk"]["kind"]) == (text, "file")


OUTSIDE = [
    "/",
    "/etc/passwd",
    "..",
    "m/..",
    "m/../secret.jpg",
    "other/a.jpg",
    "m/out/secret.jpg",
    "//",
    ".",
]


@pytest.mark.parametrize("text", OUTSIDE)
def test_nothing_of_the_disk_outside_the_roots_is_told(place, tmp_path, text):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.jpg").touch()
    (tmp_path / "secret.jpg").touch()
    (place.media / "out").symlink_to(tmp_path / "outside")
    whole = told(place, text)
    assert (whole["verdict"], whole["on_disk"]) == ("outside_roots", None)
    assert whole["sentence"] == f"{text} is not inside a media root; the roots are: m."
    assert told(place, "m/out")["on_disk"]["kind"] == "link"


@pytest.mark.parametrize("text", ["secret.jpg", "other", "~", " a.jpg "])
def test_a_bare_name_that_nothing_knows_is_not_said_to_lie_outside(place, tmp_path, text):
    (tmp_path / "secret.jpg").touch()
    whole = told(place, text)
    assert (whole["verdict"], whole["on_disk"]) == ("not_found", None)
    assert whole["sentence"].startswith(f"No file that was taken in, or that failed, is named {text.strip()}. ")
    assert whole["sentence"].endswith("give the whole path, as ROOT/relative/path; the roots are: m.")


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t", "m/a\0.jpg", "\0", "m/\ud800.jpg", "\udce9", "m/" + "x/" * MAX_CHARACTERS],
    ids=lambda text: ascii(text[:9]),
)
def test_what_no_path_can_be_is_refused_with_one_sentence(place, text):
    with pytest.raises(InvalidRequest) as caught:
        told(place, text)
    assert caught.value.field == "path"
    assert "\n" not in caught.value.sentence.strip()
    caught.value.sentence.encode()


def test_any_text_has_an_answer_or_is_refused(place):
    tree(place.media, "a/b.jpg")
    (place.media / "loop").symlink_to("loop")
    chance = random.Random(5)
    parts = ["m", "/", "a", "b.jpg", "..", ".", "\\xe9", "\\x5c", "\0", "\n", " ", "\u202e", "\ud800", "é", "loop", "~"]
    parts += [str(place.media), "\\", "*", "%", "'", '"', ".scores/", ".json", ".xmp", "\x1b[2J", "x" * 300, "\x85"]
    for _ in range(500):
        text = "".join(chance.choices(parts, k=chance.randint(1, 8)))
        if "\0" in text or "\ud800" in text or not text.strip():
            with pytest.raises(InvalidRequest) as caught:
                told(place, text)
            assert caught.value.field == "path", ascii(text)
        else:
            answer = told(place, text)
            assert answer["sentence"], ascii(text)
            json.dumps(answer, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "text", ["m/" + "long" * 200, "m/" + "a/" * 3000 + "b.jpg", "m/" + "é" * 20_000], ids=["name", "depth", "both"]
)
def test_a_path_that_is_too_long_for_the_system_is_not_found(place, text):
    assert told(place, text)["verdict"] == "not_found"


def test_a_socket_is_a_special_file(place):
    leave_socket(place.media, "socket.jpg")
    assert told(place, "m/socket.jpg")["on_disk"]["kind"] == "special"


def test_a_session_at_work_comes_to_what_it_has_not_answered_for(place):
    tree(place.media, "a.jpg", "b.jpg", "c.jpg")
    gate = place.gate(b"b.jpg")
    session = place.runner.start(parameters("m"))
    gate.arrived()
    assert verdicts(place, "a.jpg", "c.jpg") == {"a.jpg": "ingested", "c.jpg": "pending"}
    assert session.session_id in told(place, "m/c.jpg")["sentence"]
    tree(place.media, "A.jpg")
    assert verdicts(place, "A.jpg") == {"A.jpg": "not_ingested"}
    gate.open()
    place.until(session.session_id, Status.COMPLETED)


def test_no_more_than_the_folder_of_a_path_and_those_above_it_are_read(place, monkeypatch):
    tree(place.media, "a/b/c.jpg", "a/b/c/d.jpg", "a/x/y.jpg")
    scanned: list[bytes] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: scanned.append(path) or real(path))
    told(place, "m/a/b/c.jpg")
    above = [os.fsencode(folder) for folder in (place.media / "a" / "b", place.media / "a", place.media)]
    assert set(scanned) == set(above)  # above there may be annotations that speak for it


def test_the_longest_path_that_is_taken_in_is_not_too_long(place):
    above = b"/".join([b"x" * 200] * 12)
    name = b"y" * (MAX_PATH_BYTES - len(b"m/" + above + b"/") - 4) + b".jpg"
    tree(place.media, above + b"/" + name, above + b"/z" + name)
    assert told(place, f"m/{above.decode()}/{name.decode()}")["verdict"] == "not_ingested"
    assert "2,601 bytes" in told(place, f"m/{above.decode()}/z{name.decode()}")["sentence"]
