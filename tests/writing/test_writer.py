"""A write that is broken off, and disks that are not there: nothing is forgotten that may be the only copy."""

import json
import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.library.saying.editing import parse_edit
from app.library.tables import EVENTS
from app.media import FoundFile, Place
from app.writing import disk, sidecars
from app.writing.causes import NotWritten
from app.writing.packet import edit_packet
from app.writing.planned import Target
from app.writing.program import rewrite
from app.writing.words import FIELDS
from tests.ingest.builders import SESSION, analysis
from tests.samples import photo
from tests.writing.desk import NAMES, WORDS, Desk

with_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
EACH = [pytest.param(Target.FILE, marks=with_exiftool), Target.SIDECAR]


class Killed(BaseException):
    """What ends a write at a named point, as a kill does."""


@pytest.fixture
def desk(tmp_path, sqlite_file):
    for number, name in enumerate(NAMES):
        photo(tmp_path / "root" / os.fsdecode(name), size=(64, 48 + number))
    desk = Desk(sqlite_file.parent)
    for name in NAMES:
        status = (tmp_path / "root" / os.fsdecode(name)).stat()
        file = FoundFile("root", name, status.st_size, status.st_mtime_ns)
        seen = replace(analysis(file, keywords=(), score=None), identity=desk.inspect(file).identity)
        desk.library.commit_single_file_to_database(SESSION, seen, nsfw_threshold=0.8)
        desk.library.edit(Place("root", name), parse_edit(WORDS))
    yield desk
    desk.library.close()


def kill(monkeypatch, desk, target, at):
    def crash(point):
        if point == at:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(disk, "crash_point", crash)
        with pytest.raises(Killed):
            desk.write(target)


def contents(desk):
    return {path.name: path.read_bytes() for path in desk.root.iterdir()}


@pytest.mark.parametrize("target", EACH)
def test_a_disk_that_is_not_mounted_tells_nothing_of_what_was_written(target, desk, monkeypatch, tmp_path):
    before = contents(desk)
    kill(monkeypatch, desk, target, "write_replaced")
    assert len([name for name, content in contents(desk).items() if before.get(name) != content]) == 1
    desk.root.rename(tmp_path / "unplugged")
    desk.root.mkdir()
    for _ in range(2):
        desk.writer.tidy()
        desk.writer._make_room()
    assert len(desk.library.writes.broken_off()) == len(NAMES)
    desk.root.rmdir()
    (tmp_path / "unplugged").rename(desk.root)
    desk.writer.tidy()
    assert desk.library.writes.broken_off() == []
    assert desk.writer.undo(desk.writer.last()["undo"]) == {"changed": 1, "left": []}
    assert contents(desk) == before


def test_a_new_sidecar_that_was_not_written_leaves_nothing_where_its_picture_is(desk, monkeypatch):
    kill(monkeypatch, desk, Target.SIDECAR, "write_ready")
    desk.writer.tidy()
    assert desk.library.writes.broken_off() == []
    assert desk.writer.last() is None


@with_exiftool
def test_what_is_neither_the_old_file_nor_the_new_one_is_left_with_its_original(desk, monkeypatch):
    kill(monkeypatch, desk, Target.FILE, "write_replaced")
    desk.root.joinpath("a.jpg").write_bytes(b"something else")
    desk.writer.tidy()
    desk.writer._make_room()
    (undo,) = {f"w{file.write_id}" for file in desk.library.writes.files(1)}
    assert desk.library.writes.broken_off() == []
    assert told_last(desk) == ("left", "file_changed")
    assert len(list((desk.folder / "originals").iterdir())) == 1
    assert desk.writer.last() is None, "what cannot be undone is not offered"
    assert [one["cause"] for one in desk.writer.undo(undo)["left"]] == ["file_changed"]
    desk.root.joinpath("a.jpg").write_bytes(next((desk.folder / "originals").iterdir()).read_bytes())
    assert desk.writer.undo(undo) == {"changed": 1, "left": []}, "but it can be tried again"


@pytest.mark.parametrize("target", EACH)
def test_what_is_gone_after_a_broken_write_or_found_otherwise_by_an_undo_holds_up_nothing(target, desk, monkeypatch):
    older = desk.write(Target.SIDECAR_DIR)["undo"]
    kill(monkeypatch, desk, target, "write_replaced")
    path = desk.root / ("a.jpg" if target is Target.FILE else "a.jpg.xmp")
    written = path.read_bytes()
    path.unlink()
    desk.writer.tidy()
    if target is Target.FILE:
        assert [one.path for one in desk.library.writes.broken_off()] == [b"a.jpg"], "its disk may not be there"
        desk.library.presence.mark_missing("root", [b"a.jpg"])
        desk.writer.tidy()
    assert desk.library.writes.broken_off() == []
    assert desk.writer.last()["undo"] == older
    if target is Target.SIDECAR:  # of a new sidecar that is gone there is nothing to undo
        return
    assert told_last(desk) == ("left", "file_gone")
    path.write_bytes(written)
    assert desk.writer.undo("w2") == {"changed": 1, "left": []}


def test_sidecars_on_a_disk_that_is_not_mounted_can_still_be_undone_when_it_is(desk, monkeypatch, tmp_path):
    mounted = tmp_path / "disk"
    monkeypatch.setattr(desk.writer, "_sidecar_dir", mounted / "sidecars")
    undo = desk.write(Target.SIDECAR_DIR)["undo"]

    def not_there():
        assert [one["cause"] for one in desk.writer.undo(undo)["left"]] == ["file_gone"] * len(NAMES)
        return (desk.writer.last() or {}).get("undo")

    mounted.rename(tmp_path / "unplugged")
    assert not_there() == undo
    mounted.joinpath("sidecars").mkdir(parents=True)
    assert not_there() == undo, "an empty folder may be one in which no disk is mounted"
    shutil.rmtree(mounted)
    (tmp_path / "unplugged").rename(mounted)
    assert desk.writer.undo(undo) == {"changed": len(NAMES), "left": []}


def test_sidecars_that_are_gone_from_the_state_folder_are_gone(desk):
    undo = desk.write(Target.SIDECAR_DIR)["undo"]
    shutil.rmtree(desk.folder / "sidecars")
    assert [one["cause"] for one in desk.writer.undo(undo)["left"]] == ["file_gone"] * len(NAMES)
    assert desk.writer.last() is None


def test_an_undo_that_finds_other_bytes_is_not_offered_again(desk):
    older, newer = desk.write(Target.SIDECAR_DIR)["undo"], desk.write(Target.SIDECAR)["undo"]
    for name in NAMES:
        (desk.root / f"{os.fsdecode(name)}.xmp").write_bytes(b"theirs")
    assert desk.writer.last()["undo"] == newer
    assert [one["cause"] for one in desk.writer.undo(newer)["left"]] == ["file_changed"] * len(NAMES)
    assert told_last(desk) == ("left", "file_changed")
    assert desk.writer.last()["undo"] == older
    assert desk.writer.undo(older) == {"changed": len(NAMES), "left": []}


def told_last(desk):
    (event,) = desk.library._engines.read(lambda c: c.execute(select(EVENTS).order_by(EVENTS.c.id.desc()).limit(1)))
    return event.outcome, event.cause


def test_a_folder_of_which_all_is_refused_leaves_its_write_to_the_next(desk, monkeypatch):
    below = desk.root / "below"
    below.mkdir()
    rows = desk.rows()
    shutil.copyfile(desk.root / "c.png", below / "c.png")
    rows[2] |= {"path": b"below/c.png"}
    put = sidecars.put

    def refuse(folder, temporary, name, *more):
        if name != b"c.png.xmp":
            raise NotWritten("no_space", "The disk is full.")
        put(folder, temporary, name, *more)

    monkeypatch.setattr(sidecars, "put", refuse)
    answer = desk.writer.write(rows, Target.SIDECAR, FIELDS)
    assert [one["cause"] for one in answer["files"]] == ["no_space", "no_space", None]
    assert desk.writer.undo(answer["undo"])["changed"] == 1
    monkeypatch.setattr(sidecars, "put", refuse_all)
    assert desk.writer.write(rows, Target.SIDECAR, FIELDS)["undo"] is None


def refuse_all(*_):
    raise NotWritten("no_space", "The disk is full.")


def test_whatever_ends_a_write_what_was_written_is_known(desk, monkeypatch):
    put = sidecars.put

    def fail(folder, temporary, name, *more):
        if name == b"c.png.xmp":
            raise RuntimeError
        put(folder, temporary, name, *more)

    monkeypatch.setattr(sidecars, "put", fail)
    with pytest.raises(RuntimeError):
        desk.write(Target.SIDECAR)
    assert [one.path for one in desk.library.writes.broken_off()] == [b"c.png"]
    assert desk.writer.last()["files"] == 2
    desk.writer.tidy()
    assert desk.library.writes.broken_off() == []


@pytest.mark.parametrize("target", [*EACH, Target.SIDECAR_DIR])
@pytest.mark.parametrize("by_undo", [True, False])
def test_a_keyword_that_was_taken_back_goes_with_the_next_write_and_others_stay(by_undo, target, desk):
    place = Place("root", b"a.jpg")
    edit = desk.library.edits.edit(place, parse_edit({"add_keywords": ["more", "x|deep"]}))
    desk.write(target)
    path = {
        Target.FILE: desk.root / "a.jpg",
        Target.SIDECAR: desk.root / "a.jpg.xmp",
        Target.SIDECAR_DIR: desk.folder / "sidecars" / "root" / "a.jpg.xmp",
    }[target]
    if target is not Target.FILE:
        path.write_bytes(edit_packet(path.read_bytes(), {"keywords": ["theirs"]}))
    if by_undo:
        desk.library.edits.undo(edit)
    else:
        desk.library.edit(place, parse_edit({"remove_keywords": ["more", "x|deep"]}))
    dry = desk.writer.dry_run(desk.rows(), target, FIELDS)
    assert dry["counts"] == {"would_write": 1, "unchanged": 2}
    answer = desk.write(target)
    assert answer["files"] == [{**one, "outcome": "written"} if one["changes"] else one for one in dry["files"]]
    (change,) = answer["files"][0]["changes"]
    theirs = set() if target is Target.FILE else {"theirs"}
    assert (set(change["now"]), set(change["then"])) == ({"own", "more", "deep", "x|deep"} | theirs, {"own"} | theirs)
    assert desk.write(target)["counts"] == {"unchanged": 3}
    assert desk.writer.undo(answer["undo"]) == {"changed": 1, "left": []}
    assert desk.writer.dry_run(desk.rows(), target, ["score"])["counts"] == {"unchanged": 3}
    assert desk.writer.dry_run(desk.rows(), target, FIELDS)["counts"] == dry["counts"]


@with_exiftool
def test_the_undo_of_a_root_that_is_gone_says_so_and_begins_nothing(desk):
    before = contents(desk)
    undo = desk.write(Target.FILE)["undo"]
    desk.folders.use({})
    left = desk.writer.undo(undo)["left"]
    assert [one["cause"] for one in left] == ["file_gone"] * len(NAMES)
    assert desk.library.writes.broken_off() == []
    desk.folders.use({"root": desk.root})
    assert desk.writer.undo(undo) == {"changed": len(NAMES), "left": []}
    assert contents(desk) == before


@with_exiftool
@pytest.mark.parametrize(("character_set", "title"), [("", None), ("utf8", "日本")])
def test_iptc_says_the_title_only_where_it_can(character_set, title, desk):
    path = desk.root / "a.jpg"
    asked = ["exiftool", "-q", "-overwrite_original", "-IPTC:Keywords=sea", f"-IPTC:CodedCharacterSet={character_set}"]
    subprocess.run([*asked, path], check=True)
    status = path.stat()
    file = FoundFile("root", b"a.jpg", status.st_size, status.st_mtime_ns)
    row = desk.rows()[0] | {"sha256": desk.inspect(file).identity.sha256, "title": "日本"}
    assert desk.writer.write([row], Target.FILE, ["title"])["counts"] == {"written": 1}
    told = subprocess.run(["exiftool", "-j", "-G", "-Title", "-ObjectName", path], check=True, capture_output=True)
    (told,) = json.loads(told.stdout)
    assert (told["XMP:Title"], told.get("IPTC:ObjectName")) == ("日本", title)


@with_exiftool
def test_what_exiftool_warns_of_is_not_used(desk, tmp_path):
    lines = ["-IPTC:ObjectName=&#26085;"]
    with (desk.root / "a.jpg").open("rb") as source, (tmp_path / "new").open("wb") as target:
        with pytest.raises(NotWritten) as refused:
            rewrite(source.fileno(), target.fileno(), "jpg", lines, "root/a.jpg")
        assert (refused.value.cause, "encoded" in refused.value.sentence) == ("exiftool_failed", True)


@with_exiftool
def test_what_a_write_keeps_stays_and_older_writes_give_way(desk):
    before = contents(desk)
    room = len(before["a.jpg"]) + len(before["b.jpg"]) + 1
    desk.writer._originals._most = room
    rows = desk.rows()
    assert desk.writer.write(rows[2:], Target.FILE, FIELDS)["counts"] == {"written": 1}
    answer = desk.writer.write(desk.rows()[:2], Target.FILE, FIELDS)
    assert answer["counts"] == {"written": 2}
    assert (desk.writer.last()["undo"], desk.writer.last()["files"]) == (answer["undo"], 2)
    assert len(list((desk.folder / "originals").iterdir())) == 2
    assert desk.writer.undo(answer["undo"]) == {"changed": 2, "left": []}
    assert desk.writer.last() is None  # the original of the older one went
    desk.writer._originals._most = len(before["a.jpg"]) + 1
    answer = desk.writer.write(desk.rows()[:2], Target.FILE, FIELDS)
    assert [one["cause"] for one in answer["files"]] == [None, "no_room_for_original"]
    assert desk.writer.undo(answer["undo"]) == {"changed": 1, "left": []}
    assert contents(desk) | {"c.png": b""} == before | {"c.png": b""}
