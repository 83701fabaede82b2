"""What a person says of a file, over HTTP and on the command line."""

import json
import sqlite3
import threading
from contextlib import closing

import pytest

from tests.samples import photo, xmp_packet
from tests.web.test_bad_input import refusal

SHORE = {"path": "photos/trip/shore.jpg"}


def patched(door, body, params=None, **options):
    return door.client.patch("/api/library/file", params=params or SHORE, json=body, **options)


@pytest.fixture
def known(door):
    door.whole("photos/trip", recursive=False)
    return door


def test_the_answer_is_the_file_as_it_is_shown(known):
    answer = patched(known, {"score": 1, "title": "The shore", "keywords": ["mine"]})
    assert answer.status_code == 200, answer.text
    file = answer.json()
    assert file == known.get("/api/library/file", params=SHORE)
    assert (file["score"], file["title"]) == (1, "The shore")
    assert (file["sources"]["score"], file["sources"]["title"]) == ("person", "person")
    assert {"text": "mine", "source": "person", "weight": None} in file["keywords"]
    assert {word["text"] for word in file["keywords"]} == {"mine", "sea", "sand"}


def test_a_person_can_say_that_there_is_nothing_and_give_it_back(known):
    said = patched(known, {"score": None}).json()
    assert (said["score"], said["sources"]["score"]) == (None, "person")
    back = patched(known, {"release": ["score"]}).json()
    assert (back["score"], "score" in back["sources"], "score" in back["stages"]) == (None, False, False)
    plan = known.post("/api/ingest/plan", {"directory": "photos/trip", "recursive": False})
    assert (plan["pending"], plan["pending_by"]) == (1, {"new_stages": 1})
    status = known.whole("photos/trip", recursive=False)
    file = known.get("/api/library/file", params=SHORE)
    assert (file["score"], file["sources"]["score"], status["stats"]["scores_imported"]) == (4, "xmp", 1)


def test_no_session_overwrites_it_whatever_it_reads(open_door, tmp_path):
    picture, params = tmp_path / "root" / "a.jpg", {"path": "photos/a.jpg"}
    photo(picture, size=(64, 48), rating=2, title="embedded", keywords=["sea"])
    door = open_door(tmp_path / "root")
    door.whole()
    patched(door, {"score": 5, "title": "mine", "keywords": ["own"]}, params)

    def is_mine(where=params):
        file = door.get("/api/library/file", params=where)
        words = {word["text"] for word in file["keywords"] if word["source"] == "person"}
        return (file["score"], file["title"], words) == (5, "mine", {"own"})

    picture.with_suffix(".xmp").write_bytes(xmp_packet(rating=3, title="sidecar", keywords=["tree"]))
    status = door.whole()
    assert (status["outcomes"]["updated"], status["stats"]["scores_imported"]) == (1, 0)
    assert is_mine()
    photo(picture, size=(48, 64), seed=3, rating=1, title="other bytes")
    assert door.whole()["outcomes"]["updated"] == 1
    assert is_mine()
    assert door.whole(skip_existing=False)["outcomes"]["unchanged"] == 1
    assert is_mine()
    picture.rename(picture.with_name("b.jpg"))
    assert door.whole()["outcomes"]["moved"] == 1
    assert is_mine({"path": "photos/b.jpg"})


def test_the_history_of_the_path_tells_it_and_the_streams_of_sessions_do_not(known):
    patched(known, {"score": 1, "title": "The shore"})
    answer = known.get("/api/ingest/explain", params=SHORE)
    event = answer["events"][-1]
    assert (event["outcome"], event["session_id"], event["reason"]) == ("edited", None, "A person set score and title.")
    assert (answer["verdict"], event["at"][:4]) == ("ingested", "2026")
    assert "by a person" in answer["sentence"]
    session = known.get("/api/ingest/active-session")["session_id"]
    with known.events(session) as frames:
        assert "edited" not in {frame.event for frame in frames}


def test_a_request_during_a_session_is_served_and_the_session_keeps_it(open_door, tmp_path):
    for number in range(3):
        photo(tmp_path / "root" / f"{number}.jpg", size=(64, 48), seed=number, rating=2)
    door = open_door(tmp_path / "root")
    door.whole()
    door.turnstile.hold()
    session = door.begin(skip_existing=False)
    door.turnstile.let(1)
    door.wait_until(session, lambda status: status["processed_files"] == 1)
    for number in range(3):
        assert patched(door, {"score": 5}, {"path": f"photos/{number}.jpg"}).status_code == 200
    door.turnstile.open()
    assert door.wait_for(session, "completed")["stats"]["scores_imported"] == 1
    scores = [door.get("/api/library/file", params={"path": f"photos/{n}.jpg"})["score"] for n in range(3)]
    assert scores == [5, 5, 5]


def test_while_another_program_holds_the_database_it_is_busy_after_a_second(known):
    with closing(sqlite3.connect(known.folder / "library.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refusal(patched(known, {"score": 1}), 503, "database_busy")
        other.execute("ROLLBACK")
    assert patched(known, {"score": 1}).status_code == 200


def test_two_at_once_both_count(known):
    bodies = [{"title": "one"}, {"caption": "two"}, {"label": "three"}, {"creator": "four"}]
    threads = [threading.Thread(target=patched, args=(known, body)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = known.get("/api/library/file", params=SHORE)
    assert {name: file[name] for body in bodies for name in body} == {k: v for body in bodies for k, v in body.items()}


def test_what_cannot_be_set_is_refused_and_nothing_is_changed(known):
    before = known.everything()
    for body, field in (
        ({"score": 9}, "score"),
        ({"title": []}, "title"),
        ({"keywords": [""]}, "keywords"),
        ({"score": 1, "release": ["score"]}, "score"),
    ):
        refusal(patched(known, body), 422, "invalid_parameter", field)
    for name in ("sha256", "\ud800"):
        answer = known.client.patch(
            "/api/library/file",
            params=SHORE,
            content=json.dumps({name: 1}),
            headers={"Content-Type": "application/json"},
        )
        refusal(answer, 422, "unknown_parameter", name.replace("\ud800", "\ufffd"))
    refusal(patched(known, {"score": 1}, {"path": "photos/nowhere.jpg"}), 404, "unknown_file")
    refusal(patched(known, {"score": 1}, {"path": "/etc/passwd"}), 422, "outside_roots", "path")
    refusal(known.client.patch("/api/library/file", json={}), 422, "invalid_parameter", "path")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refusal(known.client.patch("/api/library/file", params=SHORE, content=b"score=1", headers=form), 415)
    refusal(patched(known, {"score": 1}, headers={"Origin": "http://elsewhere.example"}), 403, "cross_origin")
    assert known.everything() == before
