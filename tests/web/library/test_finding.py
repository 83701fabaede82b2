"""Finding files over HTTP: pages of what a search finds, what they are counted by, and what may be typed."""

from datetime import datetime

import pytest

from app.library.finding.counting import Facet
from tests.samples import ai_image, photo, truncated, unidentifiable, write_many

FILES = "/api/library/files"
PATCH = "/api/library/file"
TAKEN = datetime(2024, 5, 3, 18, 30)  # noqa: DTZ001 - the clock of a camera


@pytest.fixture
def found(open_door, tmp_path):
    """A door on a root with pictures of which something is known, and seven of which nothing is."""
    root = tmp_path / "root"
    photo(root / "2024/harbour.jpg", size=(96, 64), keywords=["sea", "sea wall"], make="Maker", taken_at=TAKEN)
    ai_image(root / "ai/robot.png")
    write_many(root / "plain", 7)
    unidentifiable(root / "2024/cut.jpg", size=(96, 64))
    door = open_door(root)
    door.whole()
    return door


def paths(door, q="", **more):
    return [file["path"] for file in door.get(FILES, params={"q": q, **more})["files"]]


def test_a_file_is_listed_with_what_a_list_shows(found):
    (file,) = found.get(FILES, params={"q": "harbour"})["files"]
    known = found.get("/api/library/file", params={"path": "photos/2024/harbour.jpg"})
    for name in ("kind", "format", "width", "height", "taken_at", "size", "score", "nsfw_probability", "is_nsfw"):
        assert file[name] == known[name], name
    assert (file["has_thumbnail"], file["incomplete"], file["missing"]) == (True, False, False)
    assert file["thumbnail_cause"] is None
    assert file["added_at"] == known["ingested_at"]
    assert (file["camera"], file["lens"], file["keywords"]) == ("Maker", None, ["sea", "sea wall"])
    (made,) = found.get(FILES, params={"q": "robot"})["files"]
    known = found.get("/api/library/file", params={"path": "photos/ai/robot.png"})
    for name in ("model", "sampler", "seed"):
        told = known["generation"].get(name)
        assert made[name] == (told and str(told)), name
    assert made["seed"] is not None
    assert made["session_id"] == known["session_id"]


def test_a_file_without_a_picture_says_why(open_door, tmp_path):
    for name, share in {"half": 0.5, "begun": 0.05}.items():
        truncated(tmp_path / "root" / f"{name}.jpg", share=share, size=(640, 480))
    door = open_door(tmp_path / "root")
    door.whole()
    told = {file["path"]: (file["has_thumbnail"], file["thumbnail_cause"]) for file in door.get(FILES)["files"]}
    assert told == {"photos/half.jpg": (True, "truncated_image"), "photos/begun.jpg": (False, "truncated_image")}


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["taken", "added", "name", "size", "score", "nsfw"])
def test_pages_follow_each_other_by_cursor_and_by_number(found, sort, order):
    whole = paths(found, sort=sort, order=order)
    walked, cursor = [], None
    while cursor is not None or not walked:
        answer = found.get(
            FILES, params={"sort": sort, "order": order, "limit": 4} | ({"cursor": cursor} if cursor else {})
        )
        assert answer["total"] == len(whole) == 9
        walked += [file["path"] for file in answer["files"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert walked == whole
    assert paths(found, sort=sort, order=order, offset=3, limit=2) == whole[3:5]


def test_a_cursor_holds_for_the_sort_that_it_was_given_with(found):
    cursor = found.get(FILES, params={"sort": "name", "limit": 2})["next"]
    for wrong in ({"sort": "size"}, {"sort": "name", "order": "asc"}, {"sort": "name", "cursor": "x"}):
        problem = found.get(FILES, 422, params={"cursor": cursor, **wrong})
        assert problem["cause"] == "bad_cursor"


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_no_calendar_has_in_utc_is_one_before_or_behind_all(found, until):
    answer = found.get(FILES, params={"until": until})
    assert (answer["total"], answer["new_files"]) == ((0, 9) if until < "1970" else (9, 0))
    assert found.get(FILES, params={"until": answer["until"]})["total"] == answer["total"]


def test_a_search_that_cannot_be_read_is_answered_with_its_place(found):
    problem = found.get(FILES, 422, params={"q": "cat colour:red"})
    assert (problem["cause"], problem["field"], problem["position"]) == ("bad_query", "q", 4)


def test_words_of_a_file_are_found_at_once_however_they_came(found):
    assert paths(found, "plain", limit=1) != []
    assert paths(found, "lighthouse") == []
    edited = found.client.patch(PATCH, json={"title": "Lighthouse"}, params={"path": "photos/2024/harbour.jpg"})
    assert edited.status_code == 200
    assert paths(found, "lighthouse") == paths(found, "is:person") == ["photos/2024/harbour.jpg"]


def test_the_list_stays_as_it_is_while_files_come(found, tmp_path):
    before = found.get(FILES, params={"limit": 3})
    assert before["new_files"] == 0
    write_many(tmp_path / "root/later", 2)
    found.whole("photos/later")
    after = found.get(FILES, params={"limit": 3, "until": before["until"]})
    assert (after["files"], after["total"], after["new_files"]) == (before["files"], before["total"], 2)
    assert found.get(FILES)["total"] == before["total"] + 2


def test_files_that_are_gone_are_found_only_by_who_asks_for_them(found, tmp_path):
    (tmp_path / "root/2024/harbour.jpg").unlink()
    found.whole()
    assert paths(found, "harbour") == []
    assert paths(found, "harbour is:missing") == ["photos/2024/harbour.jpg"]
    assert found.get(FILES)["total"] == 8


def test_the_answer_says_of_how_many_files_it_speaks(found):
    answer = found.get(FILES, params={"q": "nsfw:yes"})
    assert answer["coverage"] == {"searched": 0, "of": 9, "missing": {"nsfw_not_run": 9}}
    assert answer["coverage_in_words"] == "0 of 9 searched; 9 not, because NSFW was not checked"
    assert found.get(FILES, params={"q": "harbour"})["coverage"] == {"searched": 9, "of": 9, "missing": {}}


def test_each_count_of_a_facet_is_the_number_of_files_that_its_term_finds(found):
    facets = found.get("/api/library/facets")
    assert facets.keys() == set(Facet)
    kinds = {one["value"]: one["files"] for one in facets["format"]}
    assert kinds == {"png": 8, "jpeg": 1}
    for facet in ("format", "folder", "keyword", "camera", "generator", "session"):
        for one in facets[facet]:
            sign = "=" if facet == "camera" else ":"
            term = f"{facet}:none" if one["value"] is None else f'{facet}{sign}"{one["value"]}"'
            assert found.get(FILES, params={"q": term})["total"] == one["files"], term
    some = found.get("/api/library/facets", params={"q": "format:png", "fields": "kind,year"})
    assert some == {"kind": [{"value": "image", "files": 8}], "year": [{"value": None, "files": 8}]}
    assert found.get("/api/library/facets", 422, params={"fields": "kind,colour"})["field"] == "fields"


def test_folders_are_counted_level_by_level_and_page_by_page(found):
    def inside(**asked):
        return found.get("/api/library/folders", params=asked)

    assert inside()["folders"] == [{"path": "photos", "files": 9, "opens": True}]
    first = inside(inside="photos", limit=2)
    assert first["folders"] == [
        {"path": "photos/2024", "files": 1, "opens": False},
        {"path": "photos/ai", "files": 1, "opens": False},
    ]
    assert (first["next"], first["total"]) == ("photos/ai", 3)
    rest = inside(inside="photos", limit=2, cursor=first["next"])
    assert rest == {"folders": [{"path": "photos/plain", "files": 7, "opens": False}], "next": None, "total": 3}
    assert inside(inside="photos", q="harbour")["total"] == 1
    assert inside(inside="nowhere")["folders"] == []


def test_the_timeline_counts_by_month_and_has_files_without_a_date_last(found):
    months = found.get("/api/library/timeline")
    assert months == [{"at": "2024-05", "files": 1}, {"at": None, "files": 8}]
    assert found.get("/api/library/timeline", params={"by": "day"})[0] == {"at": "2024-05-03", "files": 1}


def test_fields_and_values_of_the_library_are_offered(found):
    def offered(q):
        return [one["text"] for one in found.get("/api/library/completions", params={"q": q, "at": len(q)})["values"]]

    assert "camera:" in offered("cam")
    assert offered("kind:vi") == ["video"]
    assert "AUTOMATIC1111" in offered("generator:auto")
    assert offered("sky keyword:se") == ["sea", '"sea wall"']
