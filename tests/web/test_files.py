"""The library over HTTP: one file, its thumbnail, the totals."""

import io
import shutil

import pytest
from PIL import Image

from app.errors import NeedsAttention
from tests.samples import film, landscape, photo, settled, write_many

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
CLAIM = 'MicroVideoOffset="{}"'
CONTRACT = {
    "path", "sha256", "format", "kind", "width", "height", "duration_seconds", "frame_rate", "taken_at",
    "camera_make", "camera_model", "lens_model", "iso", "f_number", "exposure_seconds", "focal_length_mm",
    "orientation", "latitude", "longitude", "altitude_m", "title", "caption", "creator", "score", "keywords",
    "generator", "prompt", "negative_prompt", "generation", "prompt_verdict", "nsfw_probability", "is_nsfw",
    "sources", "raw",
}  # fmt: skip


def test_a_file_shows_every_field_of_the_contract(door):
    door.whole()
    file = door.get("/api/library/file", params={"path": "photos/trip/shore.jpg"})
    assert file.keys() >= CONTRACT
    assert (file["format"], file["kind"], file["width"], file["height"]) == ("jpeg", "image", 640, 480)
    assert (file["camera_make"], file["camera_model"]) == ("Maker", "M1")
    assert (file["score"], file["sources"]) == (4, {"score": "xmp", "camera_make": "exif", "camera_model": "exif"})
    assert {keyword["text"] for keyword in file["keywords"]} == {"sea", "sand"}
    assert all(keyword.keys() == {"text", "source", "weight"} for keyword in file["keywords"])
    assert (file["nsfw_probability"], file["is_nsfw"]) == (None, None), "not determined is never safe"
    made = door.get("/api/library/file", params={"path": "photos/made/lake.png"})
    assert (made["prompt"], made["negative_prompt"]) == ("a quiet lake, mist", "people")
    beside = door.get("/api/library/file", params={"path": "photos/trip/north/ice.jpg"})
    assert (beside["score"], [keyword["text"] for keyword in beside["keywords"]]) == (2, ["ice"])


@pytest.mark.parametrize("path", ["photos/broken/cut.jpg", "photos/nowhere.jpg", "photos/notes.txt", "photos/trip"])
def test_a_file_without_a_row_is_not_found(door, path):
    door.whole()
    for place in ("file", "thumbnail"):
        assert door.get(f"/api/library/{place}", 404, params={"path": path})["cause"] == "unknown_file"


def test_a_thumbnail_is_a_webp_that_the_browser_may_keep_and_asks_for_again(door):
    door.whole("photos/trip")
    params = {"path": "photos/trip/shore.jpg"}
    answer = door.client.get("/api/library/thumbnail", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, max(picture.size)) == ("WEBP", 320)
    tag = answer.headers["etag"]
    assert tag == f'"{door.get("/api/library/file", params=params)["sha256"]}"'
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        again = door.client.get("/api/library/thumbnail", params=params, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = door.client.get("/api/library/thumbnail", params=params, headers={"If-None-Match": '"other"'})
    assert other.content == answer.content


def test_a_missing_thumbnail_is_made_again(door):
    door.whole("photos/trip")
    params = {"path": "photos/trip/shore.jpg"}
    before = door.client.get("/api/library/thumbnail", params=params).content
    shutil.rmtree(door.state / "thumbnails")
    (door.state / "thumbnails").mkdir()
    assert door.client.get("/api/library/thumbnail", params=params).content == before
    assert len(list(door.state.glob("thumbnails/*/*.webp"))) == 1


def test_a_thumbnail_that_no_worker_can_make_is_refused_as_promised(door, monkeypatch):
    def no_worker(*_):
        raise NeedsAttention("There is no worker.", cause="workers_cannot_start")

    door.whole("photos/trip", generate_thumbnails=False)
    monkeypatch.setattr(door.turnstile, "call", no_worker)
    problem = door.get("/api/library/thumbnail", 503, params={"path": "photos/trip/shore.jpg"})
    assert problem["cause"] == "workers_cannot_start"


def test_a_film_shows_its_poster_size_and_length(open_door, tmp_path):
    pytest.importorskip("av", reason="PyAV is not installed")
    root = tmp_path / "root"
    film(root / "dunes.mp4", [landscape("dunes", (96, 64), seed) for seed in range(16)])
    (root / "broken.mp4").write_bytes((root / "dunes.mp4").read_bytes()[:2000])
    settled(root / "broken.mp4")
    door = open_door(root)
    session = door.whole()["session_id"]
    params = {"path": "photos/dunes.mp4"}
    file = door.get("/api/library/file", params=params)
    assert (file["width"], file["height"], file["duration_seconds"], file["frame_rate"]) == (96, 64, 2, 8)
    assert (file["video_codec"], file["audio_codec"], file["kind"]) == ("mjpeg", None, "video")
    assert (file["taken_at"], file["taken_at_rule"]) == ("2026-07-04T00:00:00+00:00", "video creation_time")
    assert file["sources"]["taken_at"] == "video"
    poster = door.client.get("/api/library/thumbnail", params=params)
    with Image.open(io.BytesIO(poster.content)) as picture:
        assert (poster.status_code, picture.size) == (200, (96, 64))
    shutil.rmtree(door.state / "thumbnails")
    (door.state / "thumbnails").mkdir()
    assert door.client.get("/api/library/thumbnail", params=params).content == poster.content
    assert door.client.get("/api/library/thumbnail", params={"path": "photos/broken.mp4"}).status_code == 404
    listed = door.get(f"/api/ingest/sessions/{session}/files")["files"]
    assert {file["path"]: (file["outcome"], file["has_thumbnail"]) for file in listed} == {
        "photos/broken.mp4": ("added", False),
        "photos/dunes.mp4": ("added", True),
    }


def test_a_live_photo_shows_its_other_half_and_a_motion_photo_the_size_of_its_video(open_door, tmp_path):
    pytest.importorskip("av", reason="PyAV is not installed")
    root = tmp_path / "root"
    write_many(root, 3)
    photo(root / "IMG_1.jpg", size=(64, 48))
    moving = film(root / "IMG_1.mov", [landscape("dunes", (96, 64), seed) for seed in range(16)])
    behind = photo(root / "MVIMG_2.jpg", size=(64, 48), seed=2)
    camera = "http://ns.google.com/photos/1.0/camera/"
    xmp = f'<x xmlns:G="{camera}"><r:RDF xmlns:r="{RDF}"><r:Description G:{CLAIM}/></r:RDF></x>'
    with Image.open(behind) as picture:
        picture.save(behind, xmp=xmp.format(moving.stat().st_size).encode())
    behind.write_bytes(behind.read_bytes() + moving.read_bytes())
    settled(behind)
    door = open_door(root)
    door.whole()

    def file(name):
        return door.get("/api/library/file", params={"path": f"photos/{name}"})

    assert file("IMG_1.jpg")["pair"] == {"path": "photos/IMG_1.mov", "kind": "live_photo"}
    assert file("IMG_1.mov")["pair"] == {"path": "photos/IMG_1.jpg", "kind": "live_photo"}
    assert (file("MVIMG_2.jpg")["embedded_video_bytes"], file("MVIMG_2.jpg")["pair"]) == (moving.stat().st_size, None)
    assert file("IMG_1.jpg")["embedded_video_bytes"] is None
    moving.unlink()
    door.whole()
    assert (file("IMG_1.jpg")["pair"], file("IMG_1.mov")["pair"]) == (None, None)


def test_where_no_thumbnail_can_be_made_the_answer_says_so(open_door, tmp_path):
    root = tmp_path / "root"
    photo(root / "changed.jpg", size=(64, 48))
    photo(root / "gone.jpg", size=(64, 48), seed=2)
    headers, _, _ = photo(root / "cut.jpg").read_bytes().partition(b"\xff\xda")
    (root / "cut.jpg").write_bytes(headers)
    settled(root / "cut.jpg")
    door = open_door(root)
    door.whole(pattern="changed.jpg|gone.jpg")
    door.whole(generate_thumbnails=False)
    shutil.rmtree(door.state / "thumbnails")
    (door.state / "thumbnails").mkdir()
    (root / "gone.jpg").unlink()
    photo(root / "changed.jpg", size=(48, 64), seed=9)
    for name in ("changed", "gone", "cut"):
        problem = door.get("/api/library/thumbnail", 404, params={"path": f"photos/{name}.jpg"})
        assert problem["cause"] == "no_thumbnail", name


def test_the_summary_counts_the_library(open_door, tmp_path):
    root = tmp_path / "root"
    paths = write_many(root, 3)
    door = open_door(root)
    empty = dict.fromkeys(("images", "videos", "files", "bytes", "sessions", "missing"), 0)
    summary = door.get("/api/summary")
    assert summary | empty | {"prompts": {}, "updated_at": None} == summary
    status = door.whole()
    summary = door.get("/api/summary")
    assert summary | {"images": 3, "videos": 0, "files": 3, "sessions": 1} == summary
    assert summary["bytes"] == sum(path.stat().st_size for path in paths)
    assert status["started_at"] <= summary["updated_at"] <= status["ended_at"]


def test_a_file_taken_in_without_a_thumbnail_gets_one_when_it_is_looked_at(open_door, tmp_path):
    photo(tmp_path / "root" / "a.jpg", size=(64, 48))
    door = open_door(tmp_path / "root")
    door.whole(generate_thumbnails=False)
    answer = door.client.get("/api/library/thumbnail", params={"path": "photos/a.jpg"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
