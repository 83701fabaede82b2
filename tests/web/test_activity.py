"""The pages of what happened, as they are read without a script; and why a page is not shown."""

import re
from html import unescape

import pytest

from app.ingest.session.parameters import SessionRequest, parse_parameters
from app.media import Outcome
from app.web.activity import outcome_bar, standing
from app.web.templating import asked, size, when

UNKNOWN = "00000000-0000-4000-8000-000000000000"
HTML = {"Accept": "text/html,*/*"}


def read(door, address, code=200):
    answer = door.client.get(address, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (code, "text/html; charset=utf-8")
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", answer.text.partition("<main>")[2])))
    return answer.text, text


def status_of(state="completed", pending=0, **outcomes):
    counts = {outcome.value: 0 for outcome in Outcome} | outcomes
    committed = counts["added"] + counts["updated"] + counts["moved"]
    answered = {"committed_files": committed, "processed_files": sum(counts.values())}
    return {"status": state, "outcomes": counts, "pending": pending, **answered}


@pytest.mark.parametrize(
    ("status", "word", "tone"),
    [
        (status_of(added=3), "Completed", "good"),
        (status_of(added=3, failed=1), "Completed with failures", "warn"),
        (status_of(unchanged=3, failed=1), "Nothing taken in", "warn"),
        (status_of(unchanged=3), "Nothing taken in", "quiet"),
        (status_of(failed=2), "Nothing taken in", "bad"),
        (status_of(), "Nothing taken in", "quiet"),
        (status_of("cancelled", added=1, pending=3), "Cancelled", "quiet"),
        (status_of("processing", added=1, pending=3), "Processing", "busy"),
        (status_of("attention"), "Needs attention", "warn"),
    ],
)
def test_a_session_comes_to_one_of_three_ends_or_stands_somehow(status, word, tone):
    assert standing(status)[:2] == (word, tone)


def test_the_pieces_of_an_outcome_bar_fill_it():
    pieces = outcome_bar(status_of(added=2, failed=1, pending=1))
    assert [piece[:2] for piece in pieces] == [("added", 2), ("failed", 1), ("pending", 1)]
    assert [(piece.start, piece.width) for piece in pieces] == [(0, 50), (50, 25), (75, 25)]
    assert outcome_bar(status_of()) == []


def test_a_time_says_its_year_where_it_is_another_one():
    assert when("2020-11-20T10:42:00.000+00:00") == "Nov 20 2020, 10:42 UTC"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (123_456_789, "123 MB"), (10**19, "10000 PB")],
)
def test_a_size_has_three_digits_and_a_unit(count, shown):
    assert size(count) == shown


def test_the_history_tells_what_was_asked_otherwise_and_is_narrowed_by_its_address(door):
    first = door.whole("photos/trip", pattern="*.jpg", enable_nsfw_detection=False)["session_id"]
    second = door.whole("photos/broken")["session_id"]
    html, text = read(door, "/sessions")
    assert html.index(second) < html.index(first)
    assert "*.jpg" in text
    assert "without NSFW" in text
    assert "Nothing taken in" in text
    assert "2 added" in text
    assert "1 failed" in text
    assert "No session is like that" in read(door, "/sessions?status=paused")[1]
    assert first in read(door, "/sessions?status=&root=photos")[0]
    assert "No session is like that" in read(door, "/sessions?root=elsewhere")[1]
    assert [
        each["session_id"] for each in door.get("/api/ingest/sessions?status=completed&root=photos")["sessions"]
    ] == [
        second,
        first,
    ]
    assert door.get("/api/ingest/sessions?root=elsewhere")["sessions"] == []


def test_an_empty_history_says_so_and_leads_on(door):
    assert 'href="/ingest-v2"' in read(door, "/sessions")[0]
    assert "No session yet" in read(door, "/sessions")[1]
    assert "Nothing failed" in read(door, "/failures")[1]


def test_a_session_has_an_address_where_its_sums_and_reports_can_be_read(door):
    session_id = door.whole()["session_id"]
    html, text = read(door, f"/sessions/{session_id.upper()}")
    assert 'src="/static/page/ingest.js"' in html
    assert "Completed with failures" in text
    assert "17 added" in text
    assert "truncated image" in text
    for format_ in ("csv", "xlsx", "json", "jsonl"):
        assert f"/api/ingest/sessions/{session_id}/report?format={format_}" in html


def test_failures_are_read_by_cause_and_then_by_file(door):
    door.whole()
    html, text = read(door, "/failures")
    assert "1 Truncated image" in text
    assert "/failures?state=open&amp;cause=truncated_image" in html
    html, text = read(door, "/failures?cause=truncated_image")
    assert "photos/broken/cut.jpg" in text
    assert "/api/ingest/failures/report?state=open&amp;cause=truncated_image&amp;format=csv" in html
    door.post("/api/ingest/failures", {"cause": "truncated_image", "state": "ignored"})
    assert "Nothing is left to look at" in read(door, "/failures?root=")[1]
    assert "Truncated image" in read(door, "/failures?state=ignored")[1]


@pytest.mark.parametrize(
    ("address", "code", "sentence"),
    [
        (f"/sessions/{UNKNOWN}", 404, f"There is no session {UNKNOWN}."),
        ("/sessions/x", 404, "There is no such session."),
        ("/nowhere", 404, "There is nothing at /nowhere."),
        ("/sessions?sort=size", 422, "There is no parameter named 'sort'."),
        ("/sessions?cursor=x", 422, "The cursor is not one that this list gave."),
        ("/failures?state=new", 422, "state "),
    ],
)
def test_a_page_that_is_not_there_says_so_and_leads_back(door, address, code, sentence):
    html, text = read(door, address, code)
    assert sentence in text
    assert 'href="/sessions"' in html
    assert door.client.get(address).headers["content-type"] == "application/problem+json"  # a program gets an answer


OTHERWISE = {
    "recursive": (False, "without folders inside"),
    "pattern": ("*.jpg", "*.jpg"),
    "min_bytes": (5_000, "at least 5,000 bytes"),
    "max_bytes": (1, "at most 1 byte"),
    "enable_nsfw_detection": (False, "without NSFW"),
    "nsfw_threshold": (0.5, "NSFW from 0.5"),
    "extract_metadata": (False, "without metadata"),
    "extract_keywords": (False, "without keywords"),
    "import_scores": (False, "without scores"),
    "generate_thumbnails": (False, "without thumbnails"),
    "read_barcodes": (True, "with barcodes"),
    "detect_objects": (True, "with detection"),
    "describe": ({"template": "caption"}, "with descriptions"),
    "skip_existing": (False, "everything anew"),
    "max_files": (1, "at most 1 file"),
    "workers": (2, "2 workers"),
}


def test_whatever_was_asked_otherwise_than_by_default_is_told():
    assert {"directories", "q", *OTHERWISE} == set(SessionRequest.model_fields)
    assert asked(parse_parameters({"q": "name:cat"}).as_json) == ["found by name:cat"]
    assert asked(parse_parameters({"directory": "m"}).as_json) == []
    for name, (value, words) in OTHERWISE.items():
        assert asked(parse_parameters({"directory": "m", name: value}).as_json) == [words]
