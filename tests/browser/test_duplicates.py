"""The page of duplicates: groups side by side, kept and undone by keyboard, narrowed by a slider, and planned."""

import csv
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import in_both_schemes, looks_well
from tests.browser.words.test_words import call
from tests.samples import landscape, photo
from tests.support.server import Server

pytestmark = pytest.mark.browser
CUT = """[...document.querySelectorAll(".alike-picture img")]
    .filter((image) => image.offsetHeight > image.parentElement.clientHeight).length"""
TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose library holds a picture with two copies, in two lossless files, and smaller; and one other."""
    folder = tmp_path_factory.mktemp("duplicates")
    root, dunes, forest = folder / "photos", landscape("dunes", (640, 400), 1), landscape("forest", (320, 480), 8)
    photo(root / "trip" / "one.jpg", picture=dunes)
    (root / "old disk").mkdir()
    for name in ("one.jpg", "a name that is as long as names of pictures get once they were sent around twice.jpg"):
        shutil.copy2(root / "trip" / "one.jpg", root / "old disk" / name)
    photo(root / "trip" / "smaller.jpg", picture=dunes.resize((320, 200)), quality=60)
    forest.save(root / "trip" / "wood.png")
    forest.save(root / "trip" / "packed.png", compress_level=1)
    shutil.copy2(root / "trip" / "wood.png", root / "old disk" / "wood.png")
    photo(root / "late" / "late.jpg", scene="night", seed=3)
    with Server(folder / "server", {"photos": root}) as running:
        for name, thumbnails in (("trip", True), ("old disk", True), ("late", False)):
            running.wait_for(running.begin(f"photos/{name}", generate_thumbnails=thumbnails), "completed")
        running.client.patch(
            "/api/library/files",
            json={"paths": ["photos/old disk/one.jpg"], "set": {"score": 4}, "add_keywords": ["sea", "sand"]},
        )
        yield running


def planned(page: Page) -> list[dict[str, str]]:
    """The lines of the plan as CSV."""
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    return list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()))


def known(server: Server, path: str) -> tuple[int | None, set[str]]:
    told = server.get("/api/library/file", params={"path": path}).json()
    return told["score"], {word["text"] for word in told["keywords"] if word["source"] == "person"}


def test_one_of_a_group_is_kept_by_a_key_undone_and_the_rest_is_planned(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/library")
    page.get_by_role("navigation", name="Library").get_by_role("link", name="Duplicates").click()
    expect(page.locator("#groups-found")).to_have_text("2 groups of 5 files")
    tabs = page.get_by_role("navigation", name="Kinds of duplicates").get_by_role("link")
    expect(tabs).to_have_text(["Same bytes 2", "Same picture 1", "Similar by hash 1", "Similar by features 0"])
    first, second = page.locator(".group").nth(0), page.locator(".group").nth(1)
    expect(first.locator(".group-same")).to_contain_text(f"all JPEG · 640 {TIMES} 400")
    expect(first.locator(".alike-most")).to_have_count(1)
    expect(first.locator(".alike.stays .alike-name")).to_have_text("one.jpg")
    expect(first.locator(".alike.stays dl")).to_have_text(re.compile("Score★ 4Wordssand, sea"))
    assert (page.evaluate(CUT), looks_well(page)) == (0, True), "a tall picture, too, is shown whole"

    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("1")  # the first of it, which is not the one that is worth most
    expect(page.locator("#toast-text")).to_have_text("Kept one.jpg: ★ 4, +sand, +sea")
    expect(second).to_be_focused()
    expect(first.locator(".alike").first).to_contain_text("✓ Kept")
    assert known(server, "photos/trip/one.jpg") == (4, {"sea", "sand"})
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#toast-text")).to_have_text("Kept wood.png. It has all that the others have.")
    page.keyboard.press("Space")
    expect(page.locator("#plan-of")).to_have_text("Plan of 1 ticked group")
    assert in_both_schemes(page) == []
    page.reload()  # what was kept and ticked stays
    expect(page.locator("#plan-of")).to_have_text("Plan of 1 ticked group")
    page.keyboard.press("Control+z")  # nor is it forgotten how it came about
    expect(page.locator("#toast-text")).to_have_text("Undone: Unticked wood.png")
    page.keyboard.press("Control+z")  # a keep that handed nothing on, and no edit of the library
    expect(page.locator("#toast-text")).to_contain_text("Undone: Kept wood.png")
    expect(second).not_to_contain_text("✓ Kept")
    assert known(server, "photos/trip/one.jpg") == (4, {"sea", "sand"})
    lines = planned(page)
    assert {line["path"] for line in lines if line["action"] == "keep"} == {"photos/trip/one.jpg"}
    assert len([line for line in lines if line["action"] == "move"]) == 2
    page.get_by_role("button", name="Untick").click()
    expect(page.locator("#plan-of")).to_have_text("Plan of all 2 groups")
    expect(first).not_to_contain_text("✓ Kept")
    with page.expect_download() as download:
        page.get_by_role("button", name="Shell script").click()
    assert re.fullmatch(r"quarantine-[\d-]+\.sh", download.value.suggested_filename)
    assert download.value.path().read_text().count("\nif same") == 3

    steps_are_undone(page, server)
    the_focus_stays_while_the_library_indexes(page)
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()
    assert in_both_schemes(page) == []


def steps_are_undone(page: Page, server: Server) -> None:
    """What was judged of the first group is undone step by step, from before and after the page was loaded."""
    first = page.locator(".group").nth(0)
    first.get_by_role("button", name="Keep this one: a name").click()
    expect(page.locator("#toast-text")).to_contain_text("Kept a name")
    page.locator("#toast-undo").click()
    expect(page.locator("#toast-text")).to_contain_text("Undone: Kept a name")
    expect(first).not_to_contain_text("✓ Kept")
    page.keyboard.press("Control+z")
    expect(page.locator("#toast-text")).to_have_text("Undone: Unticked 1 group")
    expect(first.locator(".alike").first).to_contain_text("✓ Kept")
    page.keyboard.press("Control+z")  # what was done before the page was loaded
    expect(page.locator("#toast-text")).to_have_text("Undone: Kept one.jpg: ★ 4, +sand, +sea")
    expect(first.locator(".alike").first.locator("dl")).to_contain_text("Scorenone")
    expect(first).not_to_contain_text("✓ Kept")
    assert known(server, "photos/trip/one.jpg") == (None, set())
    second = page.locator(".group").nth(1)
    second.get_by_role("button", name="Keep this one: wood.png").first.click()
    expect(page.locator("#toast-text")).to_have_text("Kept wood.png. It has all that the others have.")
    page.locator("#toast-undo").click()  # though it is no edit of the library
    expect(page.locator("#toast-text")).to_contain_text("Undone: Kept wood.png")
    expect(second).not_to_contain_text("✓ Kept")


def the_focus_stays_while_the_library_indexes(page: Page) -> None:
    """Groups that are asked for again give the focus back to where it was, and to no other group."""
    changes: list[str] = []

    def indexing(route: Route) -> None:
        answer = route.fetch().json()
        answer["coverage"]["missing"]["indexing"] = 1
        if "words" in changes:
            answer["groups"][0]["files"][0]["file"]["title"] = "New"
            answer["groups"][0]["differs"].append("title")
        if "gone" in changes:
            del answer["groups"][0]
        route.fulfill(json=answer)

    page.route("**/api/library/duplicates?by=bytes", indexing)
    page.reload()
    first, button = page.locator(".group").nth(0), page.get_by_role("button", name="Keep this one: a name")
    button.focus()
    changes.append("words")
    expect(first).to_contain_text("New")
    expect(button).to_be_focused()
    changes.append("gone")
    expect(page.locator(".group")).to_have_count(1)
    expect(page.locator(":focus")).to_have_count(0)
    page.unroute("**/api/library/duplicates?by=bytes")


def test_a_slider_narrows_the_similar_and_the_rest_can_be_made(page: Page, server: Server, said: list[str]) -> None:
    sessions = len(server.get("/api/ingest/sessions").json()["sessions"])
    page.goto(f"{server.address}/duplicates?by=phash&max_distance=1024")
    expect(page.locator("#groups-found")).to_have_text("1 group of 2 files")
    expect(page.locator("#distance-said")).to_have_text("At most 4 of 64 bits differ")
    names = page.locator(".group .alike-name")
    expect(names).to_have_text(["one.jpg", "smaller.jpg"])
    expect(page.locator(".alike dd.best").first).to_have_text(f"640 {TIMES} 400")
    page.get_by_label("Distance").press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"by=phash&max_distance=3$"))
    page.locator(".group").get_by_role("checkbox").check()
    page.reload()
    expect(page.locator("#plan-of")).to_have_text("Plan of 1 ticked group")
    page.get_by_role("link", name="Similar by hash").click()  # at another distance groups are others
    expect(page.locator("#plan-of")).to_have_text("Plan of the group")
    page.get_by_label("Distance").press("Home")
    expect(page.locator("#distance-said")).to_have_text("No bit differs")
    page.reload()
    expect(page.get_by_label("Distance")).to_have_value("0")
    expect(page.locator("#coverage-said")).to_have_text("Hashes of 7 of 8 files.")
    assert looks_well(page)

    told = server.get("/api/library/duplicates", params={"limit": 1}).json()
    page.goto(f"{server.address}/duplicates?cursor={told['next']}")
    expect(page.locator(".group .alike-name").first).to_have_text("wood.png")
    page.get_by_role("link", name="First page").click()
    expect(page.locator(".group")).to_have_count(2)
    page.goto(f"{server.address}/file?path=photos/old%20disk/wood.png")
    page.get_by_role("link", name="Side by side").click()
    expect(page.locator("#groups-of")).to_have_text("photos/old disk/wood.png")
    expect(page.locator(".group .alike-name")).to_have_text(["wood.png", "wood.png"])

    page.route(
        "**/api/library/duplicates?by=features", lambda route: route.fulfill(status=503, json={"detail": "Later."})
    )
    page.get_by_role("link", name="Similar by features").click()
    expect(page.locator("#groups-error")).to_have_text("Later.")
    page.unroute("**/api/library/duplicates?by=features")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#coverage-said")).to_have_text("Features of 0 of 8 files.")
    expect(page.locator("#groups-none")).to_have_text("Nothing of this kind is known of any file yet.")
    said[:] = [line for line in said if "503" not in line]  # the browser notes the refusal itself
    assert looks_well(page)
    page.get_by_role("button", name="Make the rest").click()
    expect(page.locator("#coverage-rest")).to_contain_text("weights")  # there are none here

    assert len(server.get("/api/ingest/sessions").json()["sessions"]) == sessions, "nothing ran by any of this"
    page.goto(f"{server.address}/duplicates?by=phash")
    page.get_by_role("button", name="Make the rest").click()
    expect(page.locator("#confirm-text")).to_contain_text("1 of 8 files")
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile(r"/sessions/[\da-f-]{36}$"))
    server.wait_for(page.url.rpartition("/")[2], "completed")
    page.goto(f"{server.address}/duplicates?by=phash")
    expect(page.locator("#groups-found")).to_have_text("1 group of 2 files")
    expect(page.locator("#groups-coverage")).to_be_hidden()


def alike(path: str, **fields: Any) -> dict[str, Any]:
    """A file of a group as the server tells it, as far as the page looks."""
    nothing = dict.fromkeys(("width", "height", "duration_seconds", "taken_at", "score", "title", "camera", "lens"))
    file = {"path": path, "format": "jpeg", "size": 1_000, "keywords": [], **nothing, **fields}
    said = dict.fromkeys(("caption", "creator", "copyright", "label")) | {"regions": 0}
    return {"file": file, "said": said, "distance": 0}


def test_what_is_shown_of_a_group_and_asked_of_the_server(page: Page, server: Server) -> None:
    def answer(function: str, *arguments: object) -> Any:
        return call(page, server, "duplicates/groups.js", function, [[*arguments]])[0]

    files = [
        alike("m/a", width=40, height=30, keywords=["x", *"abcdefgh"], title="A"),
        alike("m/b", width=80, height=60, keywords=["x"], score=-1, title="A"),
    ]
    group = {"files": files, "number": 2, "keep": "m/b", "differs": ["width", "height", "keywords", "score"]}
    assert answer("inCommon", group) == ["JPEG", "1.0 kB"]
    assert answer("linesOf", group) == [
        {"label": "Pixels", "texts": [f"40 {TIMES} 30", f"80 {TIMES} 60"], "best": [False, True]},
        {"label": "Score", "texts": ["", "Rejected"], "best": [True, False]},
        {"label": "Words", "texts": ["a, b, c, d, e, f and 2 more", ""], "best": [False, False]},
    ]
    files[1]["said"] |= {"caption": "At the sea", "label": "Red", "regions": 2}
    assert answer("linesOf", group | {"differs": ["caption", "label", "regions"]}) == [
        {"label": "Caption", "texts": ["", "At the sea"], "best": [False, False]},
        {"label": "Regions", "texts": ["", "2"], "best": [False, True]},
        {"label": "Label", "texts": ["", "Red"], "best": [False, False]},
    ]
    handed = {"score": 4, "caption": "Dunes"}
    assert answer("saidAfter", files[1]["said"], handed) == files[1]["said"] | {"caption": "Dunes"}
    nothing: dict[str, Any] = {"kept": {}, "ticked": []}
    kept = {"kept": {"m/z": "m/y", "m/a": "m/a"}, "ticked": ["m/a"]}
    changed = [{**group, "number": 3}]
    assert [answer("sameGroups", [group], others) for others in ([{**group}], changed, [])] == [True, False, False]
    assert (answer("staying", group, kept), answer("staying", group, nothing)) == (["m/a"], ["m/b"])
    asked = answer("askedBy", "?by=phash&max_distance=3&cursor=c", 4)
    assert asked == {"by": "phash", "max_distance": 3, "cursor": "c", "path": None}
    assert answer("addressOf", asked) == "/duplicates?by=phash&max_distance=3&cursor=c"
    assert answer("askedBy", "?by=taste&max_distance=3")["by"] == "bytes"
    said = [answer("askedBy", f"?by=phash&max_distance={number}", 4)["max_distance"] for number in (0, 4, 50, 99999)]
    assert said == [0, None, None, None], "no more than the slider"
    assert answer("askedBy", "?by=bytes&max_distance=0")["max_distance"] is None
    assert answer("planAsked", asked, kept, "csv") == {
        "by": "phash",
        "format": "csv",
        "max_distance": 3,
        "keepers": ["m/z", "m/a"],
        "groups_of": ["m/a"],
    }
    assert answer("planAsked", {**asked, "by": "bytes", "max_distance": None}, nothing, "sh") == {
        "by": "bytes",
        "format": "sh",
    }
    similar = {"by": "features"}
    plans = [(similar, nothing), (similar, kept), (similar, kept | {"ticked": []}), ({"by": "phash"}, nothing)]
    assert [answer("canPlan", *one) for one in plans] == [False, True, True, True]
    assert [answer("planInWords", *one, 5) for one in plans] == [
        "Tick groups or keep files first: similar is no proof",
        "Plan of 1 ticked group",
        "Plan of the groups of 2 kept files",
        "Plan of all 5 groups",
    ]
    assert answer("distanceInWords", "features", 120) == "At most 120 of 1,024 bits differ"
    covered = {"searched": 212_000, "of": 300_000, "missing": {"nsfw_not_run": 88_000}}
    assert answer("coverageInWords", "features", covered) == "Features of 212,000 of 300,000 files"
    many = {"searched": 0, "of": 300_000, "missing": {"too_many": 212_000}}
    assert answer("coverageInWords", "features", many) == "Features of 212,000 of 300,000 files"
    asked_for = [(covered, False), (covered, True), (many, False), ({"searched": 0, "of": 0, "missing": {}}, False)]
    assert [answer("noneInWords", *one) for one in asked_for] == [
        "No files are alike in this way.",
        "It is in no group of this kind.",
        "So many files are not grouped in this way.",
        "The library is empty.",
    ]


def test_a_step_of_judging_is_taken_back_whatever_came_after_it(page: Page, server: Server) -> None:
    def answer(function: str, *arguments: object) -> Any:
        return call(page, server, "duplicates/steps.js", function, [[*arguments]])[0]

    group = {"files": [alike("m/a"), alike("m/b")], "number": 2, "keep": "m/b", "differs": []}
    other = {"files": [alike("m/c"), alike("m/d")], "number": 2, "keep": "m/c", "differs": []}
    began = {"kept": {"m/b": "m/a", "m/hidden": "m/a", "m/z": "m/y"}, "ticked": ["m/y"]}
    first = answer("keeping", began, group, "m/a")
    assert first == {"kept": {"m/z": "m/y", "m/a": "m/a"}, "ticked": ["m/y", "m/a"]}
    steps = answer("withStep", [], began, first, {"edit": None, "sentence": "Kept a"})
    second = answer("ticking", first, other, True)
    steps = answer("withStep", steps, first, second, {"edit": 7, "sentence": "Kept c"})
    assert answer("withStep", steps, second, second, {"edit": None, "sentence": "Nothing"}) == steps
    assert [(step["edit"], step["sentence"]) for step in steps] == [(None, "Kept a"), (7, "Kept c")]
    assert [answer("changes", step, one) for step in steps for one in (group, other)] == [True, False, False, True]
    assert answer("takenBack", second, steps[1]) == first
    assert answer("takenBack", first, steps[0]) == began
    assert answer("takenBack", second, steps[0]) == began | {"ticked": ["m/y", "m/c"]}
    assert answer("unticking", second, []) == {"kept": {}, "ticked": []}
    kept_elsewhere = {"kept": {"m/d": "m/other", "m/z": "m/y"}, "ticked": ["m/c"]}
    assert answer("unticking", kept_elsewhere, [other]) == {"kept": {"m/z": "m/y"}, "ticked": []}
    ticked = answer("withStep", steps, second, answer("ticking", second, other, False), {"edit": None, "sentence": ""})
    assert answer("atOtherDistance", {"judged": second, "steps": ticked}) == {
        "judged": {"kept": second["kept"], "ticked": []},
        "steps": [step | {"ticked": {}} for step in steps],
    }
    many = [steps[0] | {"edit": number} for number in range(100)]
    assert [step["edit"] for step in answer("withStep", many, began, first, {"edit": 100, "sentence": ""})] == [
        *range(1, 101)
    ]
