"""The plan is what the session then does, counted by the same code."""

import os
import threading
from dataclasses import replace

import pytest

from app.errors import InvalidRequest
from app.ingest.plan.planner import ROW_BYTES, SECONDS_OF, THUMBNAIL_BYTES, Planner
from app.media import Skip
from tests.ingest.builders import WAIT_SECONDS, assert_sums_close, parameters, tree


@pytest.fixture
def place(place):
    place.recover()
    return place


@pytest.fixture
def planner(place):
    return Planner(place.folders, place.library, lambda _: place.recipe)


def plan(planner: Planner, **asked):
    return planner.plan(parameters("m", **asked))


@pytest.mark.parametrize(
    "asked", [{}, {"pattern": "*.jpg"}, {"max_files": 2}, {"recursive": False}, {"skip_existing": False}]
)
def test_the_plan_is_what_the_session_does(place, planner, asked):
    tree(place.media, "a.jpg", "b.png", "broken.jpg", "sub/c.jpg", "notes.txt", ".d.jpg", ".trash/e.jpg")
    for _ in range(2):
        planned = plan(planner, **asked)
        session = place.run(**asked)
        assert planned["pending"] == session.total_files
        assert planned["discovered"] == session.plan.discovered == planned["pending"] + sum(planned["skipped"].values())
        assert planned["skipped"] == session.plan.skipped
        assert planned["pending_by"] == session.plan.pending_by


def test_a_plan_changes_nothing(place, planner):
    tree(place.media, "a.jpg")
    plan(planner)
    assert place.reader.seen == []
    assert place.library.session_rows() == {}
    assert place.store.session_ids() == []


def test_a_plan_says_types_folders_and_the_time_it_may_take(place, planner):
    tree(place.media, "a.jpg", "b.jpeg", "sub/c.mp4")
    planned = planner.plan(parameters("m"), pace=(0.1, 2.0))
    assert (planned["by_type"], planned["folders"], planned["walking"]) == ({"jpeg": 2, "mp4": 1}, 2, False)
    assert planned["estimate_seconds"] == {"low": 0.3, "high": 6.0}
    assert planned["unavailable"] == {}


@pytest.mark.parametrize("stage", sorted(SECONDS_OF))
def test_a_file_takes_as_long_as_a_slow_stage_that_it_is_asked_for(place, stage):
    tree(place.media, "a.jpg", "b.jpeg")
    recipe = replace(place.recipe, unavailable={one: "It is not there." for one in SECONDS_OF if one is not stage})
    planner = Planner(place.folders, place.library, lambda _: recipe)
    planned = planner.plan(parameters("m", read_barcodes=True, detect_objects=True), pace=(0.001, 0.001))
    low, high = SECONDS_OF[stage]
    assert planned["estimate_seconds"] == {"low": round(2 * low, 1), "high": round(2 * high, 1)}


@pytest.mark.parametrize(("free", "warned"), [(None, False), (50_000, False), (20_000, True)])
def test_a_plan_says_what_it_takes_on_the_disk_and_warns_where_that_is_not_there(place, free, warned):
    tree(place.media, "a.jpg", "b.jpeg", "sub/c.mp4")
    planner = Planner(place.folders, place.library, lambda _: place.recipe, free=lambda: free)
    planned = planner.plan(parameters("m"))
    assert planned["space"] == {"thumbnails": 3 * THUMBNAIL_BYTES, "database": 3 * ROW_BYTES, "free": free}
    assert any("disk of the state folder" in warning for warning in planned["warnings"]) is warned
    without = planner.plan(parameters("m", generate_thumbnails=False))
    assert without["space"]["thumbnails"] == 0


def test_one_walk_serves_every_change_of_options_until_it_is_refreshed(place, planner, monkeypatch):
    tree(place.media, "a.jpg", "b.png")
    walks = []
    real = place.folders.read
    monkeypatch.setattr(place.folders, "read", lambda folder, *ignores: walks.append(folder) or real(folder, *ignores))

    def quick(**asked):
        return planner.plan(parameters("m"), wait_seconds=WAIT_SECONDS, **asked)

    assert quick()["pending"] == 2
    assert planner.plan(parameters("m", pattern="*.jpg"), wait_seconds=WAIT_SECONDS)["pending"] == 1
    assert len(walks) == 1
    tree(place.media, "c.jpg")
    assert quick()["pending"] == 2
    assert quick(refresh=True)["pending"] == 3
    assert plan(planner)["pending"] == 3
    assert len(walks) == 3


def test_a_walk_that_takes_longer_says_how_far_it_is(place, planner, monkeypatch):
    tree(place.media, "a.jpg", "sub/b.jpg")
    goes_on, real = threading.Event(), place.folders.read

    def read(folder, *ignores):
        if folder.path:
            assert goes_on.wait(WAIT_SECONDS)
        return real(folder, *ignores)

    monkeypatch.setattr(place.folders, "read", read)
    answer = planner.plan(parameters("m"), wait_seconds=0.05)
    assert answer["walking"] is True
    goes_on.set()
    assert planner.plan(parameters("m"), wait_seconds=WAIT_SECONDS)["pending"] == 2


def test_a_walk_that_a_session_has_overtaken_serves_no_more(place, planner):
    """Or it would be held against rows of files that it has not seen, and warn of a lost disk."""
    place.runner.listen(planner.hear)
    tree(place.media, "a.jpg")
    assert planner.plan(parameters("m"), wait_seconds=WAIT_SECONDS)["pending"] == 1
    tree(place.media, *(f"{number}.jpg" for number in range(12)))
    assert_sums_close(place.run())
    answer = planner.plan(parameters("m"), wait_seconds=WAIT_SECONDS)
    assert (answer["discovered"], answer["pending"], answer["warnings"]) == (13, 0, [])


def test_each_number_opens_its_list_page_by_page(place, planner):
    names = ["a-b/x.jpg", "a.jpg", "a/x.jpg", "a/y.jpg", b"caf\xe9.jpg", "n.txt", ".h.jpg"]
    tree(place.media, *names)
    for name in ("pending", *Skip):
        seen, cursor = [], None
        for _ in range(10):
            page = planner.files(parameters("m", max_files=4), str(name), cursor=cursor, limit=2)
            assert len(page["files"]) <= 2
            seen += [file["path"] for file in page["files"]]
            if (cursor := page["next"]) is None:
                break
        planned = plan(planner, max_files=4)
        assert len(set(seen)) == len(seen) == planned["skipped"].get(str(name), planned["pending"])
        if name == "pending":
            assert seen == ["m/a-b/x.jpg", "m/a.jpg", "m/a/x.jpg", "m/a/y.jpg"]


def listed(planner: Planner, name: str, cursor: str | None = None) -> list[str]:
    return [file["path"] for file in planner.files(parameters("m"), name, cursor=cursor, limit=9)["files"]]


def test_a_page_goes_on_after_its_cursor_though_that_file_left_the_class(place, planner):
    """The file at the cursor was taken in, or went away, between the two pages."""
    tree(place.media, b"a.jpg", b"a\xe9.jpg", b"b.jpg", b"b/x.jpg", b"c\xff.jpg", b"d.jpg")
    before = listed(planner, "pending")
    assert before == ["m/a.jpg", "m/a\\xe9.jpg", "m/b.jpg", "m/b/x.jpg", "m/c\\xff.jpg", "m/d.jpg"]
    place.run(pattern="b.*|c*")
    os.unlink(os.fsencode(place.media) + b"/a\xe9.jpg")
    planner.plan(parameters("m"), refresh=True)
    left = ["m/a.jpg", "m/b/x.jpg", "m/d.jpg"]
    assert listed(planner, "pending") == left
    for cursor, after in zip(before, (1, 1, 1, 2, 2, 3), strict=True):
        assert listed(planner, "pending", cursor) == left[after:], cursor
    assert listed(planner, "fresh") == ["m/b.jpg", "m/c\\xff.jpg"]
    assert listed(planner, "fresh", "m/b/x.jpg") == ["m/c\\xff.jpg"]


@pytest.mark.parametrize("cursor", ["m/\ud800.jpg", "\udcff"])
def test_a_cursor_that_no_name_can_be_is_refused(place, planner, cursor):
    tree(place.media, "a.jpg")
    with pytest.raises(InvalidRequest) as caught:
        planner.files(parameters("m"), "pending", cursor=cursor, limit=5)
    assert (caught.value.field, caught.value.cause) == ("cursor", "bad_cursor")


def test_a_list_that_does_not_exist_is_refused(place, planner):
    tree(place.media, "a.jpg")
    with pytest.raises(InvalidRequest) as caught:
        planner.files(parameters("m"), "everything", cursor=None, limit=5)
    assert caught.value.field == "list"
