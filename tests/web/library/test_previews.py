"""Previews over HTTP: large, upright, for what browsers cannot show; kept, and where there is none, why."""

import io

import pytest
from PIL import Image

from tests.samples import film, landscape, photo, settled, unidentifiable

HERE = "/api/library/preview"


def ask(door, name, **headers):
    return door.client.get(HERE, params={"path": f"photos/{name}"}, headers=headers)


def size_of(answer):
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp"), answer.text
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.format == "WEBP"
        return picture.size


def test_a_preview_is_large_and_upright_and_is_kept(open_door, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    large = landscape("dunes", (2600, 1300), 1)
    exif = Image.Exif()
    exif[0x0112] = 6
    large.save(root / "large.tif", exif=exif)
    large.save(root / "large.jpg", exif=exif)
    large.resize((300, 200)).save(root / "small.tif")
    for file in root.iterdir():
        settled(file)
    door = open_door(root)
    door.whole()
    assert size_of(ask(door, "large.jpg")) == (1024, 2048)
    first = ask(door, "large.tif")
    assert size_of(first) == (1024, 2048)
    assert size_of(ask(door, "small.tif")) == (300, 200)
    (root / "large.tif").unlink()
    assert ask(door, "large.tif").content == first.content, "it is kept"
    tag = first.headers["etag"]
    assert ask(door, "large.tif", **{"If-None-Match": tag}).status_code == 304
    assert len(list(door.state.glob("previews/*/*.webp"))) == 3


def test_a_film_has_a_poster(open_door, tmp_path):
    pytest.importorskip("av", reason="PyAV is not installed")
    film(tmp_path / "root" / "dunes.mp4", [landscape("dunes", (1280, 720), seed) for seed in range(4)])
    door = open_door(tmp_path / "root")
    door.whole()
    assert size_of(ask(door, "dunes.mp4")) == (1280, 720)


def test_where_no_preview_can_be_made_the_answer_says_why(open_door, tmp_path):
    root = tmp_path / "root"
    for name in ("gone", "changed", "damaged"):
        photo(root / f"{name}.jpg", size=(64, 48))
    door = open_door(root)
    door.whole()
    (root / "gone.jpg").unlink()
    photo(root / "changed.jpg", size=(48, 64), seed=9)
    unidentifiable(root / "damaged.jpg")
    whys = {"gone": "not there any more", "changed": "was changed after", "damaged": "ends before"}
    for name, why in whys.items():
        answer = ask(door, f"{name}.jpg")
        assert (answer.status_code, answer.json()["cause"]) == (404, "no_preview")
        assert why in answer.json()["detail"]
    assert ask(door, "never.jpg").json()["cause"] == "unknown_file"
