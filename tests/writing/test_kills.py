"""The writer killed at each named point of a file's way: every file is the old one or the new one, whole."""

import hashlib
import random
import shutil

import pytest
from PIL import Image

from app.analysis.formats.xmp import parse_xmp
from app.crash_points import WRITE_POINTS
from app.library.saying.editing import parse_edit
from app.media import Place
from app.writing.packet import tell_packet
from app.writing.planned import Target
from tests.samples import photo, xmp_packet
from tests.support.server import environment, media_ingest, settings_for
from tests.support.warm import STANDS_IN
from tests.writing.desk import NAMES, WORDS, Desk

TARGETS = [Target.SIDECAR_DIR, Target.SIDECAR]
if shutil.which("exiftool"):
    TARGETS.append(Target.FILE)
SHORT = [("write_replaced", Target.SIDECAR), ("write_ready", Target.SIDECAR_DIR)]
EACH = [(point, target) for target in TARGETS for point in WRITE_POINTS]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    root = folder / "root"
    photo(root / "a.jpg", size=(64, 48), keywords=["sea"])
    photo(root / "b.jpg", size=(48, 64))
    photo(root / "c.png", size=(48, 48))
    (root / "b.jpg.xmp").write_bytes(xmp_packet(keywords=["theirs"]))
    ran = media_ingest("run", "root", "--no-nsfw", env=settings_for(folder, {"root": root}), cwd=folder)
    assert ran.returncode == 0, ran.stderr
    desk = Desk(folder)
    for name in NAMES:
        desk.library.edit(Place("root", name), parse_edit(WORDS))
    desk.library.close()
    return folder


def begin(prepared, folder):
    shutil.copytree(prepared, folder, ignore=shutil.ignore_patterns("state"))
    return folder


def kill(folder, target, point, nth, *undo):
    env = environment(**{STANDS_IN: "tests.writing.desk", "MEDIA_INGEST_CRASH_AT": f"{point}:{nth}"})
    ended = media_ingest(str(folder), target.value, *undo, env=env, cwd=folder, seconds=120)
    assert ended.returncode == -9, ended.stderr


def shows(path):
    with Image.open(path) as image:
        return hashlib.sha256(image.tobytes()).hexdigest()


def assert_whole(desk, before, pixels):
    """No half a file, nothing that lies about, and rows that know what the disk has."""
    assert desk.library.writes.broken_off() == []
    assert list(desk.folder.rglob("*.tmp")) == []
    for path in [*desk.root.rglob("*.xmp"), *(desk.folder / "sidecars").rglob("*.xmp")]:
        if path.read_bytes() != before.get(path):
            told = tell_packet(parse_xmp(path.read_bytes()))
            assert (told["score"], told["title"]) == (3, "Written")
    for row in desk.rows():
        path = desk.root / row["name"]
        assert shows(path) == pixels[path]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (row["size"], row["mtime_ns"])
        assert (row["title"], row["sources"]["title"], row["score"]) == ("Written", "person", 3)


@pytest.mark.parametrize(
    ("point", "target", "times"),
    [(*one, 1) for one in SHORT] + [pytest.param(*one, 3, marks=pytest.mark.faults) for one in EACH],
)
def test_a_kill_at_any_point_of_a_write_leaves_old_or_new_files_whole(point, target, times, prepared, tmp_path):
    rng = random.Random(f"{point} {target}")
    for number in range(times):
        folder = begin(prepared, tmp_path / str(number))
        before = {path: path.read_bytes() for path in folder.rglob("root/*")}
        pixels = {path: shows(path) for path in before if path.suffix != ".xmp"}
        kill(folder, target, point, 1 if point == "write_begun" else rng.randint(1, 3))
        desk = Desk(folder)
        desk.writer.tidy()
        assert_whole(desk, before, pixels)
        answer = desk.write(target)
        assert set(answer["counts"]) <= {"written", "unchanged"}, answer
        assert desk.write(target)["counts"] == {"unchanged": len(NAMES)}
        while last := desk.writer.last():
            desk.writer.undo(last["undo"])
        assert {path: path.read_bytes() for path in folder.rglob("root/*")} == before
        assert list((folder / "sidecars").rglob("*.xmp")) == []
        desk.library.close()


@pytest.mark.faults
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("point", ["write_temporary", "write_ready", "write_replaced"])
def test_a_kill_at_any_point_of_an_undo_does_so_too(point, target, prepared, tmp_path):
    folder = begin(prepared, tmp_path / "desk")
    before = {path: path.read_bytes() for path in folder.rglob("root/*")}
    pixels = {path: shows(path) for path in before if path.suffix != ".xmp"}
    desk = Desk(folder)
    desk.write(Target.SIDECAR_DIR if target is Target.SIDECAR_DIR else target)
    if target is Target.SIDECAR_DIR:  # of a new sidecar an undo puts nothing: let there be a former one
        for name in NAMES:
            desk.library.edit(Place("root", name), parse_edit({"label": "Red"}))
        desk.write(target)
    undo = desk.writer.last()["undo"]
    desk.library.close()
    kill(folder, target, point, 1, undo)
    desk = Desk(folder)
    desk.writer.tidy()
    assert_whole(desk, before, pixels)
    while last := desk.writer.last():
        assert desk.writer.undo(last["undo"])["left"] == []
    assert {path: path.read_bytes() for path in folder.rglob("root/*")} == before
    desk.library.close()
