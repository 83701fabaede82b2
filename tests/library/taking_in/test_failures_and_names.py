"""Files that failed, as their rows say, and every text and name that a database may not like."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.library.failures import Which
from app.library.library import Library
from app.library.tables import FAILURES
from app.library.values import FailureState
from app.media import Keyword, Metadata, Outcome, Place, Stage, storable_ns
from tests.ingest.builders import EVERY_STAGE, OTHER_SESSION, SESSION, analysis, failure, found
from tests.library.taking_in.test_library import counted

NAUGHTY = Path(__file__).parents[4] / "shared" / "corpus" / "minimaxir+big-list-of-naughty-strings" / "blns.json"
WITHOUT_NSFW = EVERY_STAGE - {Stage.NSFW}


def failures_in(library: Library) -> list[dict[str, Any]]:
    rows = library._engines.read(lambda c: c.execute(select(FAILURES).order_by(FAILURES.c.id)).mappings().all())
    return [dict(row) for row in rows]


# -- failures ----------------------------------------------------------------------------------------------------


def test_a_failure_writes_no_row_and_is_remembered_with_its_fingerprint(library, commit):
    file = found(sidecar="xmp=1:2")
    event = commit(failure(file))
    assert (event.outcome, event.cause, event.reason) == ("failed", "truncated_image", "It ends too soon.")
    assert event.detail["failures"] == [["thumbnail", "truncated_image", "It ends too soon."]]
    assert {stage: end[0] for stage, end in event.detail["stages"].items()} == {
        **dict.fromkeys(Stage, "not_reached"),
        "identify": "done",
        "thumbnail": "failed",
    }
    assert library.file(Place("m", b"a.jpg")) is None
    [remembered] = failures_in(library)
    assert (remembered["stage"], remembered["fingerprint"]) == ("thumbnail", file.fingerprint)
    assert (remembered["attempts"], remembered["fatal"]) == (1, True)
    known = library.known(Place("m"))[b"a.jpg"]
    assert (known.size, known.failures[0].fingerprint, known.failures[0].version) == (None, file.fingerprint, "1")


def test_an_older_row_stays_when_the_file_fails(library, commit):
    commit(analysis())
    before = library.file(Place("m", b"a.jpg"))
    commit(failure(found(size=7)), OTHER_SESSION)
    assert library.file(Place("m", b"a.jpg")) == before
    known = library.known(Place("m"))[b"a.jpg"]
    assert (known.size, [failed.fingerprint for failed in known.failures]) == (100, ["7:5:"])


def test_attempts_count_up_on_the_same_bytes_and_start_again_on_others(library, commit):
    attempts = []
    for number, file in enumerate((found(), found(), found(size=7))):
        commit(failure(file), f"session {number}")
        attempts.append([row["attempts"] for row in failures_in(library)])
    assert attempts == [[1], [2], [1]]


def test_success_clears_the_failure(library, commit):
    commit(failure())
    commit(analysis(), OTHER_SESSION)
    assert failures_in(library) == []
    assert library.known(Place("m"))[b"a.jpg"].failures == ()


def test_a_failed_stage_beside_a_row_is_remembered_but_not_fatal(library, commit):
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}))
    [remembered] = failures_in(library)
    assert (remembered["stage"], remembered["fatal"]) == ("metadata", False)
    assert library.known(Place("m"))[b"a.jpg"].failures == ()
    assert library.failed_paths(Place("m"), below=True) == {}


def test_a_stage_that_did_not_run_again_keeps_its_failure(library, commit):
    """As long as the row says that a stage failed, `file_failures` says so too."""
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}, ran=WITHOUT_NSFW))
    commit(analysis(ran={Stage.NSFW}), OTHER_SESSION)
    assert library.file(Place("m", b"a.jpg"))["stages"]["metadata"]["status"] == "failed"
    assert [row["stage"] for row in failures_in(library)] == ["metadata"]


def test_a_vanished_file_is_answered_for_and_is_no_error(library, commit):
    commit(analysis())
    event = commit(failure(cause="vanished", stage=Stage.IDENTIFY), OTHER_SESSION)
    assert event.outcome == "vanished"
    assert {end[0] for end in event.detail["stages"].values()} == {"not_reached"}
    assert failures_in(library) == []
    assert library.file(Place("m", b"a.jpg")) is not None


@pytest.mark.parametrize("cause", ["unreadable", "still_changing"])
def test_what_may_be_otherwise_next_time_is_found_and_holds_no_file_back(library, commit, cause):
    for session in (SESSION, OTHER_SESSION):
        commit(failure(cause=cause, stage=Stage.IDENTIFY), session)
    assert [(row["cause"], row["attempts"], row["fatal"]) for row in failures_in(library)] == [(cause, 2, True)]
    assert library.failures.counts() == {cause: {"open": 1, "reviewed": 0, "ignored": 0}}
    assert library.known(Place("m")) == {}
    assert library.failed_paths(Place("m"), below=True) == {}
    commit(analysis(), "third")
    assert failures_in(library) == []


def test_what_may_be_otherwise_next_time_is_held_back_where_it_is_to_be_ignored(library, commit):
    commit(failure(cause="unreadable", stage=Stage.IDENTIFY))
    library.failures.set_state(FailureState.IGNORED, Which(cause="unreadable"))
    assert [failed.ignored for failed in library.known(Place("m"))[b"a.jpg"].failures] == [True]
    assert list(library.failed_paths(Place("m"), below=True)) == [b"a.jpg"]


def test_the_last_failure_that_kept_a_file_out_is_the_one_that_stands(library, commit):
    commit(failure())
    commit(failure(cause="unreadable", stage=Stage.IDENTIFY), OTHER_SESSION)
    assert [row["cause"] for row in failures_in(library)] == ["unreadable"]


def test_a_file_that_vanished_keeps_what_was_remembered(library, commit):
    commit(failure())
    before = failures_in(library)
    commit(failure(cause="vanished", stage=Stage.IDENTIFY), OTHER_SESSION)
    assert failures_in(library) == before


def test_a_failed_file_keeps_the_failures_of_stages_that_its_row_still_tells_of(library, commit):
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}))
    commit(failure(), OTHER_SESSION)
    assert library.file(Place("m", b"a.jpg"))["stages"]["metadata"]["status"] == "failed"
    assert [(row["stage"], row["fatal"]) for row in failures_in(library)] == [("metadata", False), ("thumbnail", True)]
    commit(failure(stage=Stage.IDENTIFY, cause="not_media"), "third")
    assert [(row["stage"], row["fatal"]) for row in failures_in(library)] == [("metadata", False), ("identify", True)]


def test_the_first_and_the_last_time_that_can_be_stored_come_back(library, commit):
    for name, mtime_ns in ((b"past.jpg", -(10**30)), (b"far.jpg", 10_413_792_000 * 10**9)):
        commit(analysis(found(name, mtime_ns=storable_ns(mtime_ns))))
        assert library.known(Place("m"))[name].mtime_ns == storable_ns(mtime_ns)
    assert library.stamps(Place("m"), below=True)[b"far.jpg"] == (100, 2**63 - 1)
    assert storable_ns(5) == 5


# -- text and names ----------------------------------------------------------------------------------------------

HOSTILE = "a\0b\ud800c\udfffd\u202ee"
CLEAN = "ab\ufffdc\ufffdd\u202ee"


def test_text_that_one_engine_would_refuse_is_cleaned_for_both(library, commit):
    metadata = Metadata(
        camera_make=HOSTILE,
        prompt=HOSTILE,
        generation={HOSTILE: HOSTILE},
        raw={HOSTILE: [HOSTILE, math.nan, math.inf, b"\xff\0", {"deep": {HOSTILE}}], "number": 1.5},
        latitude=math.nan,
    )
    commit(analysis(metadata=metadata, keywords=(HOSTILE,), failed={Stage.SCORE: "damaged_sidecar"}))
    row = library.file(Place("m", b"a.jpg"))
    assert (row["camera_make"], row["prompt"], row["generation"]) == (CLEAN, CLEAN, {CLEAN: CLEAN})
    assert row["raw"] == {CLEAN: [CLEAN, None, None, "ff00", {"deep": [CLEAN]}], "number": 1.5}
    assert row["latitude"] is None
    assert [keyword["text"] for keyword in row["keywords"]] == [CLEAN]


def test_reasons_are_cleaned_too(library, commit):
    event = commit(failure(reason=HOSTILE))
    assert event.reason == CLEAN
    assert event.detail["failures"][0][2] == CLEAN
    assert library.events(SESSION) == [event]
    assert failures_in(library)[0]["reason"] == CLEAN


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_weight_or_probability_that_is_no_number_is_not_known(library, commit, number):
    commit(analysis(keywords=(Keyword("sea", "prompt", number),), probability=number))
    row = library.file(Place("m", b"a.jpg"))
    assert row["keywords"] == [{"text": "sea", "source": "prompt", "weight": None}]
    assert row["nsfw_probability"] is None
    assert json.dumps(row["keywords"], allow_nan=False)


def test_what_a_picture_was_not_to_show_is_kept_as_such(library, commit):
    commit(analysis(keywords=(Keyword("fog", "negative_prompt", 1.4), Keyword("fog", "xmp"))))
    keywords = sorted(library.file(Place("m", b"a.jpg"))["keywords"], key=lambda keyword: keyword["source"])
    assert keywords == [
        {"text": "fog", "source": "negative_prompt", "weight": 1.4},
        {"text": "fog", "source": "xmp", "weight": None},
    ]


def test_keywords_are_trimmed_and_the_first_of_equals_wins(library, commit):
    words = (
        Keyword("  sea ", "xmp", 1.0),
        Keyword("sea", "xmp", 2.0),
        Keyword(" \0 ", "xmp"),
        Keyword("\u00e9" * 900, "xmp"),
    )
    commit(analysis(keywords=words))
    keywords = library.file(Place("m", b"a.jpg"))["keywords"]
    assert {(keyword["text"], keyword["weight"]) for keyword in keywords} == {("sea", 1.0), ("\u00e9" * 250, None)}


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.jpg",
        b"new\nline.jpg",
        b"back\\xe9slash.jpg",
        b"back\\x5cslash.jpg",
        "caf\u00e9.jpg".encode(),
        "cafe\u0301.jpg".encode(),
        b"%s'\";--.jpg",
        b"\xff\xfe\x01.jpg",
        "\U0001f680 \u202e.jpg".encode(),
        b" . .jpg",
    ],
    ids=ascii,
)
def test_every_name_comes_back_as_it_was(library, commit, name):
    file = found(b"d\xe9r/" + name)
    event = commit(analysis(file))
    assert event.path == b"m/" + file.path
    assert library.events(SESSION) == [event]
    assert set(library.known(file.place.folder)) == {file.path}
    assert library.answered(SESSION) == {b"m/" + file.path}
    row = library.file(Place("m", file.path))
    assert (row["path"], row["folder"]) == (file.path, b"d\xe9r")
    row["name"].encode()


def test_names_that_look_alike_are_different_files(library, commit):
    for name in (b"caf\xe9.jpg", "caf\u00e9.jpg".encode(), "cafe\u0301.jpg".encode(), b"caf\\xe9.jpg"):
        assert commit(analysis(found(name))).outcome == Outcome.ADDED
    assert counted(library)["media_files"] == 4


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the list of naughty strings is not beside the project")
def test_naughty_strings_are_kept_as_keywords_prompts_and_tags(library, commit):
    naughty = json.loads(NAUGHTY.read_text("utf-8"))
    for part, chunk in enumerate((naughty[:250], naughty[250:])):
        file = found(f"{part}.png".encode())
        prompt = "\n".join(chunk)
        commit(analysis(file, keywords=chunk, metadata=Metadata(prompt=prompt, raw=dict.fromkeys(chunk, prompt[:99]))))
        row = library.file(Place("m", file.path))
        assert {keyword["text"] for keyword in row["keywords"]} == {s.strip()[:250] for s in chunk if s.strip()}
        assert row["prompt"] == prompt
        assert set(row["raw"]) == set(chunk)
    assert (
        commit(analysis(found(b"0.png"), keywords=naughty[:250]), OTHER_SESSION).detail["stats"]["keywords_added"] == 0
    )
