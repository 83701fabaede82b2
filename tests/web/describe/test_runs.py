"""What descriptions cost, over HTTP: the sums, the list, and the bar that pages have once anything was asked for."""

from collections import Counter

from app.descriptions import RunStatus
from app.media import Place
from tests.ingest.builders import OTHER_SESSION, SESSION
from tests.support.runs import run


def add(door, *runs, root="photos", session=SESSION):
    door.house.records.library.runs.add(runs, session_id=session, place=Place(root, b"trip/a.jpg"))


def has_bar(door):
    return 'id="spending"' in door.client.get("/library").text


def test_sums_of_money_are_told_of_the_whole_and_of_each_root_in_both_currencies(open_door):
    door = open_door(ingest_currency="INR:88.86")
    assert not has_bar(door)
    add(door, *(run(number) for number in range(25)))
    add(door, run(25, None), root="gone")
    whole = door.get("/api/summary")
    rupees = {"code": "INR", "symbol": "₹", "rate": 88.86, "spent": 0.8886, "average": 0.035544}
    assert (whole["runs"], whole["unpriced_runs"], whole["spent_usd"], whole["average_usd"]) == (26, 1, 0.01, 0.0004)
    assert whole["currencies"] == [rupees] == whole["by_root"]["photos"]["currencies"]
    gone = door.get("/api/summary", params={"root": "gone"})
    assert (gone["runs"], gone["spent_usd"], gone["average_usd"], gone["files"]) == (1, None, None, 0)
    assert gone["currencies"] == [rupees | {"spent": None, "average": None}]
    assert door.get("/api/summary", params={"q": "name:nothing"})["runs"] == 0
    assert has_bar(door)

    bar = door.client.get("/api/describe/spending").text
    for told in (
        "$0.0100 <small>₹0.89</small>",
        "$0.0004 <small>₹0.0355</small>",
        "1 run of unknown cost",
        "1 USD = ₹88.86",
    ):
        assert told in bar
    of_root = door.client.get("/api/describe/spending", params={"root": "photos"}).text
    assert '<option value="photos" selected>' in of_root
    assert "unknown cost" not in of_root
    dashboard = door.client.get("/dashboard").text
    assert "$0.0100 <small>₹0.89</small>" in dashboard


def test_runs_are_listed_page_by_page_and_what_is_not_known_is_refused(door):
    add(door, *(run(number) for number in range(5)))
    add(door, run(5, None, status=RunStatus.UNKNOWN), session=OTHER_SESSION)
    found, cursor = [], None
    while cursor is not None or not found:
        page = door.get("/api/describe/runs", params={"limit": 4} | ({"cursor": cursor} if cursor else {}))
        found, cursor = found + page["runs"], page["next"]
    assert [int(one["run"][:8], 16) for one in found] == [5, 4, 3, 2, 1, 0]
    assert (found[0]["cost_usd"], found[0]["output"], found[0]["path"]) == (None, None, "photos/trip/a.jpg")
    assert len(door.get("/api/describe/runs", params={"path": "photos/trip", "session": SESSION})["runs"]) == 5
    refused = Counter(
        door.get("/api/describe/runs", 422, params=asked)["cause"]
        for asked in ({"root": "x"}, {"cursor": "x"}, {"session": "x"}, {"path": "elsewhere/x"})
    )
    assert refused == dict.fromkeys(("unknown_parameter", "bad_cursor", "bad_session_id", "outside_roots"), 1)


def test_the_bar_is_there_before_the_first_run_where_a_provider_is_named(open_door):
    assert has_bar(open_door(ingest_describe_base_url="http://127.0.0.1:9/v1"))


def test_a_page_lists_the_runs_of_a_root_that_is_no_more_too(door):
    add(door, *(run(number) for number in range(101)))
    add(door, run(101, None, status=RunStatus.UNKNOWN), root="gone", session=OTHER_SESSION)
    assert 'href="/runs"' in door.client.get("/api/describe/spending").text
    page = door.client.get("/runs").text
    assert "cost unknown" in page
    assert "Unknown: The answer is not JSON." in page
    assert "1,000 tokens in, 100 out" in page
    assert page.count("<li>") - door.client.get("/runs?cursor=3").text.count("<li>") == 98
    assert 'href="/runs?cursor=3" rel="next"' in page
    gone = door.client.get("/runs", params={"path": "gone", "session": OTHER_SESSION})
    assert (gone.status_code, gone.text.count("gone/trip/a.jpg</a>")) == (200, 1)
    assert len(door.get("/api/describe/runs", params={"path": "gone/trip"})["runs"]) == 1
    assert door.client.get("/runs", params={"session": "x"}).status_code == 422
