"""What became of a path: the decision over made-up facts, and every kind of text over a real folder and library."""

from dataclasses import replace
from typing import Any

import pytest

from app.facts import Facts, OnDisk, judged
from app.ingest.session.state import Status
from app.library.values import Event
from app.media import Place
from tests.ingest.builders import (
    AT,
    OTHER_SESSION,
    SESSION,
    parameters,
    plan_of,
    session_of,
)

LATER = "2026-11-20T11:30:00.000+00:00"
FILE = OnDisk("file", 100, 5)
ROW = {
    "sha256": "ab" * 32, "size": 100, "mtime_ns": 5, "sidecar": "", "format": "jpeg", "ingested_at": AT,
    "updated_at": AT, "missing_at": None, "session_id": SESSION, "stages": {"identify": {"status": "done"}},
}  # fmt: skip
FAILURE = {
    "stage": "thumbnail", "cause": "truncated_image", "reason": "It ends too soon.", "attempts": 3,
    "fingerprint": "100:5:", "at": LATER, "fatal": True, "version": "1", "session_id": OTHER_SESSION,
    "state": "open",
}  # fmt: skip


def facts(path: bytes = b"a/b.jpg", disk: OnDisk | None = FILE, **others: Any) -> Facts:
    return Facts(Place("m", path), disk, **others)


def answer(outcome: str, *, session_id: str = SESSION, number: int = 1, **others: Any) -> Event:
    return Event(number, session_id, AT, "file_complete", b"m/a/b.jpg", outcome, **others)


def asked(status: Status = Status.COMPLETED, *, directory: str = "m", session_id: str = SESSION, **asked_for: Any):
    return session_of(status, session_id=session_id, parameters=parameters(directory, **asked_for))


def says(what: Facts, verdict: str, *words: str) -> None:
    """That the verdict follows, in one sentence with these words."""
    got, sentence = judged(what)
    assert got == verdict, sentence
    assert [word for word in words if word not in sentence] == [], sentence
    assert sentence.endswith((".", ".)", "tmp")) or "line" in sentence
    assert ".." not in sentence, sentence


# -- the decision ------------------------------------------------------------------------------------------------


def test_what_nobody_knows_is_not_found():
    says(facts(disk=None), "not_found", "nothing at m/a/b.jpg")


def test_a_disk_that_cannot_be_asked_is_named_with_what_the_library_knows():
    says(facts(disk=None, trouble="The media root 'm' is not there.", row=ROW), "unreadable", "root 'm'", SESSION)


def test_a_file_that_is_gone_says_since_when_that_is_known():
    says(facts(disk=None, row=ROW), "missing", "next session", "2026-11-20 10:00:00 UTC", SESSION)
    says(facts(disk=None, row=ROW | {"missing_at": LATER}), "missing", "known since 2026-11-20 11:30:00 UTC")
    gone = facts(disk=None, events=(answer("failed", reason="It ends too soon."),))
    says(gone, "missing", "'failed'", SESSION, "It ends too soon.")
    says(facts(disk=None, failures=(FAILURE,)), "missing", "it failed on 2026-11-20 11:30:00 UTC")


def test_a_file_that_was_moved_away_says_where_to():
    moved = replace(answer("moved", number=5), path=b"m/new.jpg")
    says(facts(disk=None, moved_to=moved, events=(answer("added"),)), "moved", "moved to m/new.jpg", SESSION)
    met_again = facts(disk=None, moved_to=moved, events=(answer("vanished", number=9),))
    says(met_again, "missing", "'vanished'")


def test_a_folder_says_how_to_ask():
    says(facts(disk=replace(FILE, kind="folder")), "folder", "ask about a file in it")
    hidden = facts(disk=replace(FILE, kind="folder"), ignored="m/a is hidden.")
    says(hidden, "folder", "All of it is left out: m/a is hidden.")


def test_a_file_that_is_left_out_says_by_which_rule():
    rule = "m/a/b.jpg is left out by line 2 of m/.ingestignore: *.tmp"
    says(facts(ignored=rule), "ignored", rule)
    says(facts(ignored=rule, row=ROW), "ignored", rule, "In the library all the same", SESSION)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (facts(disk=replace(FILE, kind="link")), "is a link"),
        (facts(disk=replace(FILE, kind="special")), "special file"),
        (facts(b"a/b.txt"), "the suffix .txt"),
        (facts(b"a/b"), "no suffix"),
        (facts(b"a/boxes.json"), "annotations are called _annotations.coco.json"),
        (facts(b"a/instances.json"), "is read with the pictures it lists"),
        (facts(b"a/b.xmp", speaks_for=("m/a/b.jpg",)), "sidecar and counts with what it speaks for: m/a/b.jpg"),
        (facts(b"a/b.xmp"), "no picture beside it"),
        (facts(b"a/" * 1300 + b".jpg.jpg"), "2,610 bytes, and no more than 2,600"),
    ],
)
def test_what_is_not_supported_says_what_it_is(what, words):
    says(what, "unsupported", words)


def test_a_failure_says_with_what_when_how_often_and_what_to_do():
    words = ("3 times", "2026-11-20 11:30:00 UTC", OTHER_SESSION, "thumbnail (truncated_image): It ends too soon;")
    says(facts(failures=(FAILURE,)), "failed", *words, "leave it out until it changes. Copy the file again")
    says(facts(failures=(FAILURE | {"cause": "unheard_of"},)), "failed", "leave it out until it changes.")
    says(facts(failures=(FAILURE | {"attempts": 1},), row=ROW), "failed", "failed once on")
    changed = facts(disk=replace(FILE, size=7), failures=(FAILURE,))
    says(changed, "failed", "has changed since, so the next session tries it again")
    passing = FAILURE | {"cause": "unreadable"}
    says(facts(failures=(passing,)), "failed", "(unreadable): ", "; the next session tries it again.", "the right")
    says(
        facts(failures=(passing | {"state": "ignored"},)), "failed", "(unreadable): ", "leave it out until it changes."
    )
    passing = facts(events=(answer("failed", cause="unreadable", reason="It cannot be read."),))
    says(passing, "failed", "(unreadable): It cannot be read; the next session tries it again.", "the right")


def test_what_a_person_set_is_no_answer_of_a_session():
    edited = Event(2, "", LATER, "edited", b"m/a/b.jpg", "edited")
    says(
        facts(row=ROW | {"updated_at": LATER}, events=(answer("added"), edited)), "ingested", "11:30:00 UTC by a person"
    )
    later = LATER.replace("11:30", "12:30")
    says(facts(row=ROW | {"updated_at": later}, events=(answer("added"), edited)), "ingested", f"by session {SESSION}")
    says(facts(disk=None, events=(answer("failed"), edited)), "missing", f"session {SESSION} answered 'failed'")


def test_what_a_detector_found_outside_sessions_is_no_answer_of_one():
    detected = Event(2, "", LATER, "detected", b"m/a/b.jpg", "detected")
    looked = facts(row=ROW | {"updated_at": LATER}, events=(answer("added"), detected))
    says(looked, "ingested", "11:30:00 UTC by the detector")
    assert looked.last.kind == "file_complete"


def test_a_file_that_was_taken_in_says_when_and_by_which_session():
    says(facts(row=ROW), "ingested", "2026-11-20 10:00:00 UTC", SESSION, "has not changed since")
    says(facts(row=ROW | {"updated_at": LATER}), "ingested", "last updated on 2026-11-20 11:30:00 UTC")
    mark = {"nsfw": {"status": "failed", "cause": "damaged_image", "reason": "x"}}
    not_fatal = FAILURE | {"fatal": False, "stage": "nsfw"}
    says(facts(row=ROW | {"stages": mark}, failures=(not_fatal,)), "ingested", "without nsfw (damaged_image)")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (facts(row=ROW | {"size": 7}), "its size changed"),
        (facts(row=ROW | {"mtime_ns": 7}), "its time of change changed"),
        (facts(row=ROW, sidecar="xmp=1:2"), "its sidecar changed"),
        (facts(row=ROW | {"missing_at": LATER}), "is there again"),
    ],
    ids=["size", "time", "sidecar", "back"],
)
def test_a_file_that_changed_since_it_was_taken_in_says_what_did(what, words):
    says(what, "changed", words, "the next session")


def test_where_no_session_looked_the_file_is_just_not_ingested():
    says(facts(), "not_ingested", "no session has looked at its folder yet")


@pytest.mark.parametrize(
    ("session", "verdict", "words"),
    [
        (asked(pattern="*.png"), "not_matching", "does not match the pattern '*.png'"),
        (
            asked(min_bytes=101),
            "not_matching",
            "its 100 bytes are fewer than the 101 (min_bytes) of the newest session",
        ),
        (asked(recursive=False), "not_recursive", "looked at m without the folders below"),
        (asked(Status.CANCELLED), "not_ingested", "was cancelled before"),
        (asked(), "not_ingested", "was not there yet when session"),
        (replace(asked(max_files=2), plan=plan_of(2, beyond_max_files=1)), "beyond_max_files", "to take in 2 files"),
        (asked(Status.QUEUED), "pending", "which is queued, comes to it."),
        (asked(Status.PAUSED, max_files=9), "pending", "once it is resumed, if it is among the first 9 files"),
        (replace(asked(Status.PROCESSING), current_file="m/a/a.jpg"), "pending", "which is processing"),
        (replace(asked(Status.PROCESSING), current_file="m/a/c.jpg"), "not_ingested", "was not there yet"),
        (asked(Status.PROCESSING, pattern="*.png"), "not_matching", "'*.png'"),
        (asked(directory="m/a", recursive=False), "not_ingested", "was not there yet"),
    ],
)
def test_a_file_without_a_row_or_a_failure_says_why_not(session, verdict, words):
    says(facts(sessions=(session,)), verdict, words, SESSION)


def test_the_newest_session_decides_unless_an_older_one_will_come_to_it():
    newest = asked(pattern="*.png", session_id=OTHER_SESSION)
    says(facts(sessions=(newest, asked())), "not_matching", OTHER_SESSION)
    says(facts(sessions=(newest, asked(Status.QUEUED))), "pending", SESSION)


def test_a_retry_of_what_failed_looks_at_no_other_file():
    again = replace(asked(Status.QUEUED), parameters=parameters().retrying(SESSION, None, ()))
    says(facts(sessions=(again,)), "not_ingested", "no session has looked")
    says(facts(sessions=(again, asked(pattern="*.png", session_id=OTHER_SESSION))), "not_matching", OTHER_SESSION)


def test_a_file_that_was_gone_at_its_turn_and_is_back_says_so():
    what = facts(sessions=(asked(),), events=(answer("vanished"),))
    says(what, "not_ingested", "was gone when its turn came", "is there again")
    says(replace(what, sessions=(asked(Status.PAUSED),)), "not_ingested", "was gone when its turn came")


def test_a_file_whose_row_is_no_more_says_what_became_of_that():
    taken_in = facts(sessions=(asked(),), events=(answer("added", number=3),))
    says(taken_in, "not_ingested", "was taken in on", "a person had its row removed since")
    moved = replace(answer("moved", number=5), path=b"m/new.jpg")
    says(replace(taken_in, moved_to=moved), "not_ingested", "the file that was here is m/new.jpg", "another one")
