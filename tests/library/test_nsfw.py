"""NSFW probabilities in the library, on both engines: stored once, labelled when they are read."""

from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import inspect, select, text, update

from app.library.engine import Engines
from app.library.library import Library
from app.library.migrations import bring_to_head, config_for
from app.library.tables import FAILURES, MEDIA
from app.library.values import FOLLOWS, NsfwKnown, as_file, is_nsfw
from app.media import Nsfw, Place, Stage
from app.query.reading import read
from tests.ingest.builders import EVERY_STAGE, OTHER_SESSION, SESSION, analysis, failure, found


@pytest.fixture
def put(library):
    """Takes a file in with a probability, or without one."""

    def taken_in(path, probability=None, *, root="m"):
        ran = EVERY_STAGE if probability is not None else EVERY_STAGE - {Stage.NSFW}
        result = analysis(found(path, root=root), content=path, ran=ran, probability=probability)
        return library.commit_single_file_to_database(SESSION, result, nsfw_threshold=0.8)

    return taken_in


def begin(library, threshold):
    """A session with this threshold, started after all others."""
    library.append(f"session with {threshold}", "session", {"parameters": {"nsfw_threshold": threshold}})


# ------------------------------------------------------------------------------------------------------- the label


@pytest.mark.parametrize(
    ("probability", "threshold", "label"),
    [
        (0.8, 0.8, True), (0.79, 0.8, False), (0.0, 0.0, True), (1.0, 1.0, True), (0.99, 1.0, False),
        (None, 0.8, None), (None, 0.0, None), (0.9, None, None), (None, None, None),
    ],
)  # fmt: skip
def test_the_label_is_derived_and_what_is_not_known_is_never_safe(probability, threshold, label):
    assert is_nsfw(NsfwKnown(None, probability), threshold) is label
    assert is_nsfw(NsfwKnown(True, probability), threshold) is True, "a person's word stands above it"
    assert is_nsfw(NsfwKnown(False, probability), threshold) is False


# ------------------------------------------------------------------------------------------------------- the spread


def test_an_empty_library_has_an_empty_spread(library):
    assert library.nsfw_spread() == {"threshold": 0.8, "checked": 0, "detected": 0, "unknown": 0, "bins": [0] * 100}


def test_every_probability_is_in_one_of_a_hundred_bins_and_both_ends_count(library, put):
    for number, probability in enumerate([0.0, 0.005, 0.0099, 0.5, 0.994, 0.996, 1.0]):
        put(b"%d.jpg" % number, probability)
    put(b"unknown.jpg")
    spread = library.nsfw_spread()
    assert {at: count for at, count in enumerate(spread["bins"]) if count} == {0: 3, 50: 1, 99: 3}
    assert (spread["checked"], spread["unknown"]) == (7, 1)


def test_an_exact_hundredth_opens_its_own_bin(library, put):
    for percent in range(100):
        put(b"%d.jpg" % percent, percent / 100)
    assert library.nsfw_spread()["bins"] == [1] * 100


def test_detected_are_those_that_the_label_calls_so(library, put):
    probabilities = [0.0, 0.3, 0.8, 0.8000001, 1.0]
    for number, probability in enumerate(probabilities):
        put(b"%d.jpg" % number, probability)
    put(b"unknown.jpg")
    assert library.nsfw_spread()["detected"] == 3, "by the settings, as long as nobody says otherwise"
    for threshold, detected in ((0.8, 3), (0.0, 5), (1.0, 1), (0.81, 1)):
        begin(library, threshold)
        spread = library.nsfw_spread()
        assert (spread["threshold"], spread["detected"], spread["checked"]) == (threshold, detected, 5)
        assert detected == sum(is_nsfw(NsfwKnown(None, probability), threshold) for probability in probabilities)


def test_a_session_that_gave_no_threshold_does_not_set_back_what_a_person_set_meanwhile(library):
    begin(library, 0.6)
    library.set_nsfw_threshold(0.5)
    library.append("late", "session", {"parameters": {"nsfw_threshold": 0.6}}, outcome=FOLLOWS)
    library.append("late", "session", {"parameters": {"nsfw_threshold": 0.6}, "status": "completed"})
    assert library.nsfw_threshold() == 0.5


def test_the_threshold_is_what_a_person_or_a_new_session_gave_last(library, put):
    put(b"a.jpg", 0.5)
    labels = []
    for give in (
        lambda: begin(library, 0.6),
        lambda: library.set_nsfw_threshold(0.5),
        lambda: library.append(
            "session with 0.6", "session", {"parameters": {"nsfw_threshold": 0.6}, "status": "paused"}
        ),
        lambda: library.set_nsfw_threshold(0.0),
        lambda: begin(library, 0.9),
    ):
        give()
        known = as_file(library.file(Place("m", b"a.jpg")), library.nsfw_threshold())
        found, _ = library.ids_found(read("nsfw:yes"))
        assert known["is_nsfw"] == bool(found) == bool(library.nsfw_spread()["detected"])
        labels.append((library.nsfw_threshold(), known["is_nsfw"]))
    assert labels == [(0.6, False), (0.5, True), (0.5, True), (0.0, True), (0.9, False)]
    assert library.sessions_known() == 2, "a setting is no session"


def test_files_that_are_missing_are_left_out(library, put):
    put(b"here.jpg", 0.5)
    put(b"gone.jpg", 0.5)
    put(b"unknown.jpg")
    gone = update(MEDIA).where(MEDIA.c.path.in_([b"gone.jpg", b"unknown.jpg"])).values(missing_at="2026-11-20")
    library._engines.write(lambda connection: connection.execute(gone))
    spread = library.nsfw_spread()
    assert (spread["checked"], spread["unknown"], sum(spread["bins"])) == (1, 0, 1)


# ----------------------------------------------------------------------------------------- probabilities of a list


def test_the_probabilities_of_a_list_come_by_path_whatever_bytes_it_has(library, put):
    put(b"caf\xe9/\xff.jpg", 0.25)
    put(b"a.jpg", 0.5)
    put(b"a.jpg", 0.75, root="other")
    put(b"unknown.jpg")
    paths = [b"m/caf\xe9/\xff.jpg", b"m/a.jpg", b"other/a.jpg", b"m/unknown.jpg", b"m/none.jpg", b"nowhere/a.jpg"]
    assert library.nsfw_known(paths) == {
        b"m/caf\xe9/\xff.jpg": (None, 0.25),
        b"m/a.jpg": (None, 0.5),
        b"other/a.jpg": (None, 0.75),
        b"m/unknown.jpg": (None, None),
    }
    assert library.nsfw_known([]) == {}


def test_a_page_of_a_thousand_files_is_asked_at_once(library, put):
    put(b"0999.jpg", 0.5)
    assert library.nsfw_known(b"m/%04d.jpg" % number for number in range(1_000)) == {b"m/0999.jpg": (None, 0.5)}


def test_a_stage_that_did_not_run_keeps_the_older_probability_and_other_bytes_do_not(library, put):
    put(b"a.jpg", 0.7)
    without = analysis(found(b"a.jpg"), content=b"a.jpg", ran=EVERY_STAGE - {Stage.NSFW})
    library.commit_single_file_to_database(OTHER_SESSION, without, nsfw_threshold=0.8)
    row = library.file(Place("m", b"a.jpg"))
    assert [row[name] for name in ("nsfw_probability", "nsfw_mean", "nsfw_frames", "nsfw_model")] == [
        0.7, 0.7, 1, "fake",
    ]  # fmt: skip
    library.commit_single_file_to_database("third", replace_content(without), nsfw_threshold=0.8)
    assert library.nsfw_known([b"m/a.jpg"]) == {b"m/a.jpg": (None, None)}


def replace_content(result):
    return replace(result, identity=analysis(content=b"other").identity)


def test_a_model_that_could_not_be_run_keeps_the_older_probability_and_its_mark(library, put):
    put(b"a.jpg", 0.7)
    before = library.file(Place("m", b"a.jpg"))
    unusable = analysis(
        found(b"a.jpg"), content=b"a.jpg", failed={Stage.NSFW: "model_unusable"}, version="1:other weights"
    )
    library.commit_single_file_to_database(OTHER_SESSION, unusable, nsfw_threshold=0.8)
    after = library.file(Place("m", b"a.jpg"))
    assert (after["nsfw_probability"], after["stages"]["nsfw"]) == (0.7, before["stages"]["nsfw"])


def test_a_damaged_film_keeps_what_was_found_beside_its_failure(library):
    result = analysis(failed={Stage.NSFW: "damaged_image"}, version="1:0123456789abcdef")
    result = replace(result, nsfw=Nsfw(0.9, 0.4, 5, "model", bytes(range(128))))
    event = library.commit_single_file_to_database(SESSION, result, nsfw_threshold=0.8)
    row = library.file(Place("m", b"a.jpg"))
    assert (row["nsfw_probability"], row["nsfw_mean"], row["nsfw_frames"]) == (0.9, 0.4, 5)
    assert row["features"] == bytes(range(128))
    assert "features" not in as_file(row, 0.8), "bytes that say nothing to a person"
    assert row["stages"]["nsfw"]["cause"] == "damaged_image"
    assert event.cause == "damaged_image"


# ------------------------------------------------------------------------------------------------------- migration


def test_the_migration_to_0002_and_back_keeps_rows_and_failures(fresh_url):
    engines = Engines(fresh_url, foreign_keys=False)  # as the program and the `alembic` command migrate
    bring_to_head(fresh_url)
    library = Library(fresh_url)
    library.commit_single_file_to_database(SESSION, analysis(found(b"a.jpg"), probability=0.6), nsfw_threshold=0.8)
    library.commit_single_file_to_database(SESSION, failure(found(b"b.jpg")), nsfw_threshold=0.8)
    of_weights = failure(found(b"c.jpg"), stage=Stage.NSFW, version="1:0123456789abcdef")
    library.commit_single_file_to_database(SESSION, of_weights, nsfw_threshold=0.8)
    library.close()

    engines.write(lambda connection: command.downgrade(config_for(connection), "0001"))
    columns = engines.read(lambda c: {column["name"] for column in inspect(c).get_columns("media_files")})
    assert {"nsfw_probability", "nsfw_model"} <= columns
    assert not {"nsfw_mean", "nsfw_frames"} & columns
    kept = engines.read(lambda c: c.execute(text("SELECT path, version FROM file_failures")).all())
    assert [(bytes(path), version) for path, version in kept] == [(b"b.jpg", 1)], "no number can name its weights"

    bring_to_head(fresh_url)
    kept = engines.read(lambda c: c.execute(select(FAILURES.c.path, FAILURES.c.version)).all())
    assert [tuple(row) for row in kept] == [(b"b.jpg", "1")]
    engines.close()
    library = Library(fresh_url)
    row = library.file(Place("m", b"a.jpg"))
    assert (row["nsfw_probability"], row["nsfw_mean"], row["nsfw_frames"]) == (0.6, None, None)
    assert [keyword["text"] for keyword in row["keywords"]] == ["sea"]
    (remembered,) = library.known(Place("m"))[b"b.jpg"].failures
    assert remembered.version == "1"
    library.close()


def test_the_files_of_a_list_that_have_a_thumbnail_are_told(library, put):
    put(b"a.jpg", 0.5)
    without = analysis(found(b"b.mp4"), content=b"b", ran=EVERY_STAGE - {Stage.THUMBNAIL})
    library.commit_single_file_to_database(OTHER_SESSION, without, nsfw_threshold=0.8)
    assert library.pictured([b"m/a.jpg", b"m/b.mp4", b"m/none.jpg", b"nowhere/a.jpg"]) == {b"m/a.jpg"}
