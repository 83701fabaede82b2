"""Files that are one picture, over HTTP: a list, its months and what stands beside a file go by what is asked for."""

from tests.library.finding.stock import add, link
from tests.library.finding.test_pairing import FILES


def test_a_list_and_all_that_follows_it_show_one_of_each_pair_if_asked_to(open_door, tmp_path):
    (tmp_path / "root").mkdir()
    door = open_door(tmp_path / "root")
    library = door.house.records.library
    add(library, [{**file, "root": "photos"} for file in FILES])
    link(library, 3, 4)

    def listed(**asked):
        answer = door.get("/api/library/files", params={"sort": "added", "order": "asc", **asked})
        return [int(file["path"].removeprefix("photos/")) for file in answer["files"]], answer["paired"]

    assert listed() == listed(pairs="both") == ([1, 2, 3, 4, 5, 6], 0)
    assert listed(pairs="one") == ([1, 3, 5, 6], 2)
    assert listed(pairs="one", offset=1, limit=2) == ([3, 5], 2)
    assert listed(pairs="one", q="kind:video") == ([4], 0)
    months = door.get("/api/library/timeline", params={"pairs": "one"})
    assert sum(month["files"] for month in months) == 4

    asked = {"sort": "added", "order": "asc", "pairs": "one"}
    beside = door.get("/api/library/neighbours", params={"path": "photos/1", **asked})
    assert (beside["next"], beside["position"], beside["total"]) == ("photos/3", 0, 4)
    assert beside["pairs"] == [{"path": "photos/2", "kind": "raw"}]
    of_film = door.get("/api/library/neighbours", params={"path": "photos/4", **asked})
    assert (of_film["previous"], of_film["position"]) == ("photos/1", 1)
    assert door.client.get("/api/library/export", params={"q": "is:raw or -is:raw"}).text.count("\n") == 7
    assert door.get("/api/library/files", 422, params={"pairs": "three"})["field"] == "pairs"
