"""What stands beside a file in a search: its page leads through the same files, in the same order, as the list."""

import pytest

from tests.samples import photo, write_many


@pytest.fixture
def door(open_door, tmp_path):
    root = tmp_path / "root"
    photo(root / "trip" / "rated.jpg", size=(96, 64), rating=4)
    write_many(root / "plain", 5)
    door = open_door(root)
    door.whole()
    return door


def beside(door, path, code=200, **asked):
    return door.get("/api/library/neighbours", code, params={"path": path, **asked})


@pytest.mark.parametrize("asked", [{}, {"q": "folder:photos/plain", "sort": "name", "order": "asc"}, {"sort": "score"}])
def test_next_and_previous_lead_through_the_list(door, asked):
    listed = [file["path"] for file in door.get("/api/library/files", params=asked)["files"]]
    for place, path in enumerate(listed):
        answer = beside(door, path, **asked)
        assert (answer["position"], answer["total"], answer["nsfw_checked"]) == (place, len(listed), 0)
        assert answer["previous"] == (listed[place - 1] if place else None)
        assert answer["next"] == (listed[place + 1] if place + 1 < len(listed) else None)


def test_a_file_that_the_search_does_not_find_has_no_place_in_it(door):
    answer = beside(door, "photos/trip/rated.jpg", q="folder:photos/plain")
    assert answer == {"previous": None, "next": None, "position": None, "total": 5, "pairs": [], "nsfw_checked": 0}
    assert beside(door, "photos/nothing.jpg", 404)["cause"] == "unknown_file"
    assert beside(door, "photos/trip/rated.jpg", 422, q="score>")["cause"] == "bad_query"
