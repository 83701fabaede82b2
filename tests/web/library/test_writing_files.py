"""Write Metadata into the files themselves: the same pixels, the words where other programs read them, and an undo."""

import hashlib
import json
import os
import shutil
import stat
import subprocess

import pytest
from PIL import Image

from app.analysis.pictures.image import prepare_pillow
from tests.samples import photo
from tests.support.server import shared

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")

WORDS = {
    "score": 4,
    "title": 'A "title" <&> $5 @x é 日本',
    "caption": "Two\nlines",
    "creator": "Ada; Grace",
    "copyright": "© 2026",
    "label": "Red",
    "taken_at": "2001-02-03T04:05:06+02:00",
    "keywords": ["own", "a|b"],
}
READ = ("-Title", "-Description", "-Creator", "-Label", "-Rating", "-Subject", "-DateTimeOriginal")


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    photo(root / "a.jpg", size=(64, 48), keywords=["sea"], rating=2, make="Maker")
    picture = Image.effect_noise((64, 48), 60).convert("RGB")
    for suffix in ("png", "webp", "tiff"):
        picture.save(root / f"a.{suffix}")
    heic = shared("corpus") / "ianare+exif-samples/heic/IMG_5195.HEIC"
    shutil.copyfile(heic, root / "a.heic")
    return root


@pytest.fixture
def known(open_door, root):
    door = open_door(root)
    door.whole(enable_nsfw_detection=False)
    for name in sorted(path.name for path in root.iterdir()):
        said = door.client.patch("/api/library/file", params={"path": f"photos/{name}"}, json=WORDS)
        assert said.status_code == 200, said.text
    return door


def pixels(path):
    prepare_pillow()
    with Image.open(path) as image:
        return hashlib.sha256(image.tobytes()).hexdigest()


def told_by_exiftool(path):
    read = subprocess.run(["exiftool", "-j", *READ, path], capture_output=True, check=True)
    return json.loads(read.stdout)[0]


def test_every_format_shows_the_same_and_says_the_words_and_can_be_taken_back(known, root):
    files = sorted(root.iterdir())
    before = {path: (path.read_bytes(), path.stat()) for path in files}
    shown = {path: pixels(path) for path in files}
    os.chmod(root / "a.jpg", 0o640)
    paths = [f"photos/{path.name}" for path in files]
    dry = known.post("/api/library/write", {"paths": paths, "to": "file", "dry_run": True})
    assert dry["counts"] == {"would_write": len(files)}
    assert {path: path.read_bytes() for path in files} == {path: content for path, (content, _) in before.items()}
    answer = known.post("/api/library/write", {"paths": paths, "to": "file"})
    assert answer["counts"] == {"written": len(files)}, [one["reason"] for one in answer["files"]]
    assert {path: pixels(path) for path in files} == shown
    for path in files:
        told = told_by_exiftool(path)
        assert (told["Title"], told["Creator"], told["Rating"]) == (WORDS["title"], ["Ada", "Grace"], 4), path
        assert (told["Description"].splitlines(), told["Label"]) == (["Two", "lines"], "Red")
        assert {"own", "b"} <= set(told["Subject"])
        assert told["DateTimeOriginal"].startswith("2001:02:03 04:05:06")
        row = known.get("/api/library/file", params={"path": f"photos/{path.name}"})
        assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stat.S_IMODE((root / "a.jpg").stat().st_mode) == 0o640
    assert "sea" in told_by_exiftool(root / "a.jpg")["Subject"]
    assert sorted(root.iterdir()) == files
    assert known.post("/api/ingest/plan", {"directory": "photos", "enable_nsfw_detection": False})["pending"] == 0
    assert known.post("/api/library/write", {"paths": paths, "to": "file"})["counts"] == {"unchanged": len(files)}
    undone = known.post("/api/library/undo", {"undo": answer["undo"]})
    assert undone == {"changed": len(files), "left": [], "refused": []}
    for path, (content, status) in before.items():
        assert path.read_bytes() == content
        assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert known.post("/api/ingest/plan", {"directory": "photos", "enable_nsfw_detection": False})["pending"] == 0
    assert not list((known.state / "originals").iterdir())


def test_what_cannot_be_written_or_put_back_says_why_and_stays(open_door, tmp_path):
    root = tmp_path / "few"
    photo(root / "a.jpg", size=(64, 48))
    photo(root / "b.png", size=(64, 48))
    Image.new("RGB", (9, 9)).save(root / "c.bmp")
    door = open_door(root)
    door.whole(enable_nsfw_detection=False)
    paths = [f"photos/{name}" for name in ("a.jpg", "b.png", "c.bmp")]
    for path in paths:
        door.client.patch("/api/library/file", params={"path": path}, json={"score": 1})
    (root / "b.png").write_bytes((root / "a.jpg").read_bytes())
    answer = door.post("/api/library/write", {"paths": paths[1:], "to": "file"})
    assert [one["cause"] for one in answer["files"]] == ["file_changed", "format_not_written"]
    originals = door.house.records.writer._originals
    originals._most, most = 10, originals._most
    body = {"paths": paths[:1], "to": "file"}
    assert door.post("/api/library/write", body)["files"][0]["cause"] == "no_room_for_original"
    originals._most = most
    undo = door.post("/api/library/write", body)["undo"]
    assert sorted(path.name for path in root.iterdir()) == ["a.jpg", "b.png", "c.bmp"]
    shutil.rmtree(door.state / "originals")
    written = (root / "a.jpg").read_bytes()
    undone = door.post("/api/library/undo", {"undo": undo})
    assert (undone["changed"], undone["left"]) == (0, [{"cause": "original_let_go", "files": 1}])
    assert (root / "a.jpg").read_bytes() == written
    originals._most = 0
    door.client.patch("/api/library/file", params={"path": paths[0]}, json={"score": 2})
    answer = door.post("/api/library/write", body)
    assert (answer["counts"], answer["undo"]) == ({"written": 1}, None), "no undo without an original"
    assert door.get("/api/library/write")["last"] is None


def test_a_signed_file_is_refused_and_a_sidecar_takes_the_words(open_door, tmp_path):
    root = tmp_path / "signed"
    photo(root / "a.webp", size=(64, 48))
    content = (root / "a.webp").read_bytes() + b"C2PA" + (8).to_bytes(4, "little") + b"xxxxc2pa"
    (root / "a.webp").write_bytes(content[:4] + (len(content) - 8).to_bytes(4, "little") + content[8:])
    door = open_door(root)
    door.whole(enable_nsfw_detection=False)
    door.client.patch("/api/library/file", params={"path": "photos/a.webp"}, json=WORDS)
    body = {"paths": ["photos/a.webp"]}
    assert door.post("/api/library/write", {**body, "to": "file"})["files"][0]["cause"] == "signed"
    assert door.post("/api/library/write", {**body, "to": "sidecar"})["counts"] == {"written": 1}
