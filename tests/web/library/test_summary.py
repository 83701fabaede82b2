"""The summary is what the lists say, whatever happens to the files meanwhile."""

import shutil

from app.query.reading import read
from tests.library.finding.test_summing import numbers_of
from tests.samples import photo, unidentifiable


def total(door, q):
    """The `total` of the list of a search, without asking for the list."""
    library = door.house.records.library
    return library.finder.mask(read(q), library.nsfw_threshold())[1].sum()


def agrees(door, root="", q=""):
    """The summary, of which each number is the total of its search or list."""
    summary = door.get("/api/summary", params={"root": root, "q": q})
    where = f"({q})" * bool(q) + f" root:{root}" * bool(root)
    wrong = [(search, number) for search, number in numbers_of(summary) if total(door, f"{where} {search}") != number]
    assert not wrong
    of_root = {"root": root} if root else {}
    if summary["failures"] is not None:
        listed = door.get("/api/ingest/failures", params={"state": "open", **of_root})
        assert list(summary["failures"].items()) == [(each["cause"], each["files"]) for each in listed["causes"]]
    sessions = door.get("/api/ingest/sessions", params={"limit": 100, **of_root})["sessions"]
    assert summary["sessions"] == len(sessions)
    return summary


def test_each_number_is_that_of_its_list_while_files_come_go_fail_and_are_edited(open_door, photos, tmp_path):
    root = tmp_path / "photos"
    shutil.copytree(photos, root)
    other = tmp_path / "other"
    photo(other / "a.jpg", keywords=["Sea"], rating=4)
    door = open_door(root, ingest_media_roots={"photos": root, "other": other})
    assert agrees(door)["files"] == 0
    door.whole()
    first = agrees(door)
    assert (first["failures"], first["nsfw"]["unknown"]) == ({"truncated_image": 1}, first["files"])
    assert (first["by_root"]["photos"]["failures"], first["mean_score"]) == (first["failures"], 3)

    door.whole("other")
    unidentifiable(root / "later.jpg")
    (root / "plain" / "000.jpg").unlink(missing_ok=True)
    (root / "trip" / "shore.jpg").unlink()
    door.whole()
    edit = {"score": 5, "keywords": ["SEA", "dune"]}
    answer = door.client.patch("/api/library/file", params={"path": "photos/made/lake.png"}, json=edit)
    assert answer.status_code == 200
    door.post("/api/ingest/failures", {"cause": "truncated_image", "state": "reviewed"})
    after = agrees(door)
    assert (after["missing"] > 0, after["by_root"]["other"]["files"], after["failures"]) == (True, 1, {})
    assert {"value": "Sea", "files": 2} in after["keywords"] or {"value": "SEA", "files": 2} in after["keywords"]

    for narrowed in ({"root": "other"}, {"q": "sea or is:missing"}, {"root": "photos", "q": "score>=4"}):
        agrees(door, **narrowed)
    of_root = door.get("/api/summary", params={"root": "other"})
    assert (list(of_root["by_root"]), of_root["files"], of_root["sessions"]) == (["other"], 1, 1)
    assert door.get("/api/summary", params={"q": "sea"})["failures"] is None
    assert door.get("/api/summary", params={"root": "nowhere"})["files"] == 0


def test_nothing_that_costs_money_has_run_yet(door):
    summary = door.get("/api/summary")
    assert (summary["runs"], summary["spent_usd"], summary["average_usd"], summary["currencies"]) == (0, 0, None, [])


def test_a_search_that_cannot_be_read_is_refused_at_its_place(door):
    problem = door.get("/api/summary", 422, params={"q": "cat colour:red"})
    assert (problem["cause"], problem["position"]) == ("bad_query", 4)
    assert door.get("/api/summary", 422, params={"roots": "x"})["cause"] == "unknown_parameter"
    nowhere = door.get("/api/summary", params={"root": "unknown"})  # as lists of files, sessions and failures
    assert (nowhere["files"], nowhere["runs"], nowhere["sessions"], nowhere["by_root"]) == (0, 0, 0, {})
