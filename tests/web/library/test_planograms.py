"""What is expected in the pictures: given, taken out again, and compared with what was found."""

import pytest

from app.library.regions.expecting import compare
from tests.analysis.formats.packets import packet
from tests.analysis.regions.drawn import AREAS, SEEN, area, by_yolo, of_the_group, saved
from tests.samples import settled

HERE = "/api/planograms"


@pytest.fixture
def door(open_door, tmp_path):
    root = tmp_path / "root"
    for folder in (root / "shelf", root / "faces", root / "empty"):
        folder.mkdir(parents=True)
    by_yolo(root / "shelf", 1)
    (root / "shelf" / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n0 0.2 0.2 0.1 0.1\n")
    saved(root / "shelf" / "none.jpg", 1)
    (root / "shelf" / "none.txt").write_text("")
    saved(root / "faces" / "ada.jpg", 1, packet(of_the_group(None, area(SEEN)), AREAS))
    saved(root / "faces" / "nobody.jpg", 1)
    (root / "damaged").mkdir()
    by_yolo(root / "damaged", 1)
    (root / "damaged" / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n0 120 80 60 40\n")
    for path in root.rglob("*.*"):
        settled(path)
    door = open_door(root)
    door.whole()
    return door


def put(door, body, code=200, **headers):
    answer = door.client.put(HERE, headers=headers, **body)
    assert answer.status_code == code, answer.text
    return answer.json()


ROWS = [
    {"folder": "photos/shelf", "label": "cat", "expected": 2},
    {"q": "folder:photos/shelf not name:x", "label": "CAT", "expected": 3},
    {"folder": "photos/shelf", "label": "dog", "expected": 0},
    {"q": "folder:photos/shelf", "label": "cat", "expected": 1},
    {"folder": "photos/faces", "label": "face", "expected": 1},
    {"q": "name:ada", "label": "face", "expected": 1},
    {"folder": "photos/empty", "label": "cat", "expected": 0},
]


def test_what_was_found_is_compared_with_what_was_expected(door):
    put(door, {"json": ROWS})
    told = door.get(f"{HERE}/compare")
    assert [(one["standing"], one["found"], one["looked_at"], one["pictures"]) for one in told["planograms"]] == [
        ("met", 2, 2, 2),
        ("short", 2, 2, 2),
        ("met", 0, 2, 2),
        ("surplus", 2, 2, 2),
        ("unknown", 1, 1, 2),  # that nobody is in the other picture, nothing says
        ("met", 1, 1, 1),
        ("unknown", 0, 0, 0),
    ]
    assert told["counts"] == {"met": 3, "short": 1, "surplus": 1, "unknown": 2}


def test_the_comparison_comes_in_pages_and_by_how_it_stands(door):
    put(door, {"json": ROWS})
    whole = door.get(f"{HERE}/compare")
    assert whole["next"] is None
    pages, cursor = [], None
    while cursor is not None or not pages:
        page = door.get(f"{HERE}/compare", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        assert page["counts"] == whole["counts"]
        pages.append(page["planograms"])
        cursor = page["next"]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page] == whole["planograms"]
    met = {"standing": "met", "limit": 2}
    first = door.get(f"{HERE}/compare", params=met)
    rest = door.get(f"{HERE}/compare", params=met | {"cursor": first["next"]})
    found = [*first["planograms"], *rest["planograms"]]
    assert found == [one for one in whole["planograms"] if one["standing"] == "met"]
    assert (len(first["planograms"]), rest["next"]) == (2, None)


def test_a_picture_of_which_a_source_could_not_place_all_is_not_known(door):
    places = ({"folder": "photos/damaged"}, {"q": "folder:photos/damaged"})
    put(door, {"json": [{**place, "label": "cat", "expected": 1} for place in places]})
    told = door.get(f"{HERE}/compare")["planograms"]
    assert [(one["standing"], one["found"], one["looked_at"]) for one in told] == [("unknown", 1, 0)] * 2


def test_planograms_come_in_and_go_out_as_json_and_csv(door):
    given = put(door, {"json": ROWS[:1]})
    assert given == [{"folder": "photos/shelf", "q": None, "label": "cat", "expected": 2}]
    assert door.get(HERE) == given
    text = 'label,expected,folder,q\ncat,2,photos/shelf,\n\'=cat,1,,"name:a, name:b"\n'
    rows = put(door, {"content": text.encode()}, **{"Content-Type": "text/csv"})
    assert [(row["label"], row["folder"], row["q"]) for row in rows] == [
        ("cat", "photos/shelf", None),
        ("=cat", None, "name:a, name:b"),
    ]
    out = door.client.get(f"{HERE}.csv").content
    assert out.splitlines()[2] == b',"name:a, name:b",\'=cat,1'
    assert put(door, {"content": out}, **{"Content-Type": "text/csv"}) == rows
    apart = text.encode().replace(b",", b";").replace(b"name:a; name", b"name:a, name")
    assert put(door, {"content": apart}, **{"Content-Type": "text/csv"}) == rows
    twice = [ROWS[0], ROWS[0] | {"folder": "photos/shelf/", "label": "CAT"}]
    assert put(door, {"json": twice}) == given, "one that is given twice is kept once"
    assert put(door, {"json": []}) == []


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"label": "cat", "expected": 1}, "folder"),
        ({"folder": "photos", "q": "a", "label": "cat", "expected": 1}, "folder"),
        ({"folder": "elsewhere", "label": "cat", "expected": 1}, "folder"),
        ({"q": "taste:x", "label": "cat", "expected": 1}, "q"),
        ({"folder": "photos", "label": " ", "expected": 1}, "label"),
        ({"folder": "photos", "label": "cat", "expected": -1}, "expected"),
        ({"folder": "photos", "label": "cat", "expected": True}, "expected"),
        ({"folder": "photos", "label": "cat", "expected": 1, "shelf": 3}, "shelf"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(door, row, field):
    put(door, {"json": ROWS})
    assert put(door, {"json": [ROWS[0], row]}, 422)["field"] == field
    assert len(door.get(HERE)) == len(ROWS)
    for body in (b"{", b"{}", b"[1]"):
        put(door, {"content": body}, 422, **{"Content-Type": "application/json"})
    put(door, {"content": b"a"}, 415, **{"Content-Type": "text/plain"})
    large = b"q,label,expected\na,cat," + b"1" * 5_000
    put(door, {"content": large}, 422, **{"Content-Type": "text/csv"})
    put(door, {"content": b"name\n1"}, 422, **{"Content-Type": "text/csv"})


def test_two_that_contradict_each_other_are_refused_with_both_their_numbers(door):
    put(door, {"json": ROWS})
    text = "q,label,expected\nname:a,cat,1\nname:b,cat,2\nname:a,CAT,3\n"
    told = put(door, {"content": text.encode()}, 422, **{"Content-Type": "text/csv"})
    assert (told["cause"], told["field"]) == ("invalid_parameter", "expected")
    said = "Planogram 3: 1 of 'CAT' is expected in name:a by planogram 1, and 3 here: leave one of them out."
    assert told["detail"] == said
    assert len(door.get(HERE)) == len(ROWS)


def test_all_there_is_decides_only_once_all_was_looked_at():
    assert compare(0, 0, pictures=0, looked_at=0) == "unknown"
    assert compare(1, 5, pictures=2, looked_at=1) == "unknown"
    assert [compare(2, found, pictures=1, looked_at=1) for found in (1, 2, 3)] == ["short", "met", "surplus"]


def test_the_pages_are_read_without_a_script(door):
    put(door, {"json": [*ROWS[:1], {"q": 'name:"<b>"', "label": "<i>", "expected": 1}]})
    expected = door.client.get("/expected", params={"refresh": "30"}).text
    assert "photos/shelf" in expected
    assert ("<b>" in expected, "<i>" in expected, 'content="30"' in expected) == (False, False, True)
    assert "standing=unknown&amp;refresh=30" in expected
    short = door.client.get("/expected", params={"standing": "short"}).text
    assert "Nothing that is expected is short" in short
    put(door, {"json": [ROWS[0] | {"label": f"cat {number}"} for number in range(101)]})
    first = door.client.get("/expected", params={"refresh": "30"}).text
    assert (first.count('<th scope="row"'), "refresh=30&amp;cursor=100" in first) == (100, True)
    rest = door.client.get("/expected", params={"cursor": "100"}).text
    assert (rest.count('<th scope="row"'), "cursor=" in rest) == (1, False)
    assert "There are no more" in door.client.get("/expected", params={"cursor": "500"}).text
    regions = door.client.get("/regions", params={"label": "c*", "kind": "object"}).text
    assert regions.count('<th scope="row" title="cat">cat</th>') == 3
    assert "<td>YOLO</td>" in regions
    assert "No region is like that" in door.client.get("/regions", params={"source": "coco"}).text
    assert "/file?path=photos%2Ffaces%2Fada.jpg" in door.client.get("/regions", params={"source": "xmp"}).text
