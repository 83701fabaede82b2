"""What a search finds is given as a file."""

import io
import json
import zipfile

import pytest

EXPORT = "/api/library/export"


@pytest.fixture
def door(door):
    door.whole("photos/trip")
    return door


@pytest.mark.parametrize(
    ("format_", "media_type", "name"),
    [
        ("csv", "text/csv; charset=utf-8", "media-ingest.csv"),
        ("jsonl", "application/x-ndjson", "media-ingest.jsonl"),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "media-ingest.xlsx",
        ),
        ("imagefolder", "application/zip", "media-ingest.zip"),
    ],
)
def test_an_export_is_offered_as_a_file_of_its_format(door, format_, media_type, name):
    answer = door.client.get(EXPORT, params={"format": format_, "q": "score:2"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    content = answer.content
    if format_ == "xlsx":
        content = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet2.xml")
    assert b"ice.jpg" in content


def test_an_export_has_what_the_search_finds_in_its_order(door):
    asked = {"format": "jsonl", "sort": "score", "order": "asc"}
    told = [json.loads(line) for line in door.client.get(EXPORT, params=asked).text.splitlines()]
    assert [line["score"] for line in told] == [2, 4]
    file = door.get("/api/library/file", params={"path": "photos/trip/north/ice.jpg"})
    del file["raw"]
    assert told[0] == file
    assert len(door.client.get(EXPORT, params={"q": "keyword:sea"}).text.splitlines()) == 2


def test_the_originals_come_as_they_are(door, photos):
    answer = door.client.get(EXPORT, params={"format": "imagefolder"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        assert made.read("photos/trip/shore.jpg") == (photos / "trip/shore.jpg").read_bytes()
        assert sorted(made.namelist()) == ["metadata.jsonl", "photos/trip/north/ice.jpg", "photos/trip/shore.jpg"]


def test_the_originals_come_with_their_texts_if_asked(door):
    shore = {"path": "photos/trip/shore.jpg"}
    assert door.client.patch("/api/library/file", params=shore, json={"caption": "Wellen am Ufer, früh"}).is_success
    answer = door.client.get(EXPORT, params={"format": "imagefolder", "captions": "true"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        texts = {name: made.read(name).decode() for name in made.namelist() if name.endswith(".txt")}
    assert texts == {"photos/trip/shore.txt": "Wellen am Ufer, früh"}
    assert door.get(f"{EXPORT}?captions=true", 422)["field"] == "captions"


def test_an_export_that_cannot_be_is_refused_before_anything_is_sent(door, monkeypatch):
    assert door.get(f"{EXPORT}?q=colour:red", 422)["position"] == 0
    assert door.get(f"{EXPORT}?format=doc", 422)["field"] == "format"
    monkeypatch.setattr("app.reports.MAX_LINES_OF_A_SHEET", 1)
    assert door.get(f"{EXPORT}?format=xlsx", 422)["cause"] == "too_many_rows"


def test_what_people_said_comes_as_lines_behind_one_that_names_the_format(door):
    assert door.client.patch(
        "/api/library/file", params={"path": "photos/trip/shore.jpg"}, json={"score": 1}
    ).is_success
    answer = door.client.get("/api/library/words")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="media-ingest-words.jsonl"'
    first, line = map(json.loads, answer.text.splitlines())
    assert first["media_ingest_words"] == 1
    assert (line["path"], line["words"]) == ("photos/trip/shore.jpg", {"score": 1})
