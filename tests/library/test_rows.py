"""From an analysis to its row: decided without a database."""

from dataclasses import replace

import pytest

from app.library.rows import keyword_links, outcome_of, row_of
from app.library.values import upright_size
from app.media import Keyword, Outcome, Stage
from tests.ingest.builders import EVERY_STAGE, analysis, found

OLD = row_of(analysis(content=b"old"), None) | {"missing_at": None}


def test_a_new_row_holds_every_section():
    assert (OLD["name"], OLD["folder"], OLD["camera_make"], OLD["phash"]) == ("a.jpg", b"", "Box", "0123456789abcdef")
    assert set(OLD["stages"]) == EVERY_STAGE


def test_a_stage_that_did_not_run_keeps_its_columns_only_on_the_same_bytes():
    kept = row_of(analysis(content=b"old", ran=()), OLD)
    assert (kept["camera_make"], kept["score"], kept["stages"]) == ("Box", 3, OLD["stages"])
    dropped = row_of(analysis(content=b"new", ran=()), OLD)
    assert (dropped["camera_make"], dropped["score"]) == (None, None)
    assert set(dropped["stages"]) == {"identify"}


def test_a_stage_that_a_changed_sidecar_speaks_of_is_pending_again_although_it_was_not_asked_for():
    told = analysis(content=b"old", ran=(Stage.SCORE,))
    row = row_of(replace(told, file=replace(told.file, sidecar="xmp=9:9")), OLD)
    assert set(row["stages"]) == EVERY_STAGE - {"metadata", "keywords"}
    assert row["camera_make"] == "Box"


@pytest.mark.parametrize(
    ("orientation", "format_", "size"),
    [
        (None, "jpeg", (40, 30)),
        (1, "jpeg", (40, 30)),
        (3, "jpeg", (40, 30)),
        (6, "jpeg", (30, 40)),
        (8, "tiff", (30, 40)),
        (6, "heic", (40, 30)),  # its decoder gives the size as seen
    ],
)
def test_a_size_is_shown_upright(orientation, format_, size):
    row = {"width": 40, "height": 30, "orientation": orientation, "format": format_}
    assert upright_size(row) == size


def test_numbers_that_no_column_holds_are_not_known():
    told = analysis()
    for side in (2**31, 2**32 - 127, 0, -5):
        row = row_of(replace(told, identity=replace(told.identity, width=side, height=64, frames=2**32)), None)
        assert (row["width"], row["height"], row["frames"]) == (None, None, 2**31 - 1)
    metadata = replace(told.metadata, iso=2**32 - 1, embedded_video_bytes=2**40)
    row = row_of(replace(told, metadata=metadata), None)
    assert (row["iso"], row["embedded_video_bytes"], row["camera_make"]) == (None, 2**40, "Box")


def test_the_name_is_shown_as_people_see_it():
    assert row_of(analysis(found(b"d/caf\xe9.jpg")), None)["name"] == "caf\\xe9.jpg"


@pytest.mark.parametrize(
    ("row", "others_changed", "outcome"),
    [
        (OLD, False, Outcome.UNCHANGED),
        (OLD | {"mtime_ns": 99, "size": 1, "sidecar": "xmp=1:1"}, False, Outcome.UNCHANGED),
        (OLD, True, Outcome.UPDATED),
        (OLD | {"width": 41}, False, Outcome.UPDATED),
    ],
)
def test_only_what_is_known_of_the_content_makes_an_update(row, others_changed, outcome):
    assert outcome_of(row, OLD, others_changed=others_changed) is outcome


def test_without_an_older_row_it_is_added():
    assert outcome_of(OLD, None, others_changed=True) is Outcome.ADDED


def test_a_row_that_was_missing_is_updated():
    assert outcome_of(OLD, OLD | {"missing_at": "2026"}, others_changed=False) is Outcome.UPDATED


def test_keywords_become_links_by_text_and_source():
    words = (Keyword("sea", "xmp"), Keyword("sea", "iptc"), Keyword(" sea", "xmp", 2.0), Keyword("\0", "xmp"))
    assert keyword_links(words) == {("sea", "xmp"): None, ("sea", "iptc"): None}


def test_a_film_that_cannot_be_looked_into_this_time_keeps_its_size():
    told = analysis(content=b"old")
    blind = replace(told, identity=replace(told.identity, width=None, height=None))
    row = row_of(blind, OLD | {"width": 40, "height": 30})
    assert (row["width"], row["height"]) == (40, 30)
    other = analysis(content=b"new")
    assert row_of(replace(other, identity=replace(other.identity, width=None, height=None)), OLD)["width"] is None
