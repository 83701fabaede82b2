"""The regions of a file are written with it, on both engines."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.library.regions.keeping import kept_of
from app.library.regions.tables import DETECTIONS
from app.media import Outcome, Place, Stage
from app.regions import Region, RegionKind, Regions, RegionSource
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, found, without

FACE = Region("Ada", RegionKind.FACE, 0.2, 0.7, 0.2, 0.3, RegionSource.XMP)
CAT = Region("cat\0", RegionKind.OBJECT, 0.5, 0.5, 0.2, 0.3, RegionSource.YOLO, 0.5, "yolo")
MARKED = Regions((FACE,))
LABELLED = Regions((CAT,), frozenset({RegionSource.YOLO}))


@pytest.fixture
def commit(library):
    """Commits a result; `lost` are the paths that are gone from disk."""
    sessions = iter([SESSION, OTHER_SESSION, "00000000-0000-4000-8000-000000000003"])

    def write(regions, *lost, file=None, **others):
        result = replace(analysis(file or found(), **others), regions=regions)
        look = without(*lost)
        return library.commit_single_file_to_database(next(sessions), result, nsfw_threshold=0.8, look=look)

    return write


def kept(library, path=b"a.jpg"):
    row = library.file(Place("m", path))
    return library._engines.read(lambda connection: kept_of(connection, row["id"]))


def test_regions_come_with_the_row_and_texts_are_cleaned(library, commit):
    commit(Regions((FACE, CAT), frozenset({RegionSource.YOLO})))
    known = kept(library)
    assert [(region.label, region.x, region.confidence, region.model) for region in known.regions] == [
        ("Ada", 0.2, None, None),
        ("cat", 0.5, 0.5, "yolo"),
    ]
    assert set(known.looked) == {"yolo"}


def test_what_is_read_anew_takes_the_place_of_what_was_read_before(library, commit):
    commit(MARKED)
    first = kept(library)
    assert commit(MARKED).outcome == Outcome.UNCHANGED
    assert kept(library) == first  # with their times
    assert commit(Regions()).outcome == Outcome.UPDATED
    assert kept(library).regions == {}


def test_a_region_that_stays_keeps_its_place_in_the_list(library, commit):
    commit(Regions((FACE, CAT), frozenset({RegionSource.YOLO})))
    before = kept(library).ids
    dog = replace(CAT, label="dog")
    commit(Regions((dog, FACE), frozenset({RegionSource.YOLO})))
    after = kept(library)
    assert after.ids[FACE] == before[FACE]
    assert after.ids[dog] > max(before.values())
    assert [region.label for region in after.regions] == ["Ada", "dog"]


def test_a_stage_that_did_not_run_keeps_regions_on_the_same_bytes_alone(library, commit):
    commit(MARKED)
    commit(None, ran=(Stage.SCORE,))
    assert set(kept(library).regions) == {FACE}
    commit(None, ran=(Stage.SCORE,), content=b"other")
    assert kept(library).regions == {}


def test_a_file_that_moved_keeps_what_was_said_beside_it(library, commit):
    both = Regions((FACE, CAT), frozenset({RegionSource.YOLO}))
    commit(both, file=found(b"old.jpg", sidecar="txt=1:1"))
    moved = commit(MARKED, b"old.jpg", file=found(b"new.jpg", mtime_ns=9))
    assert moved.outcome == Outcome.MOVED
    known = kept(library, b"new.jpg")
    assert {region.source for region in known.regions} == {"xmp", "yolo"}
    assert set(known.looked) == {"yolo"}


def test_labels_that_are_there_in_either_place_are_not_left_behind(library, commit):
    commit(LABELLED, file=found(b"old.jpg", sidecar="txt=1:1"))
    commit(Regions(), b"old.jpg", file=found(b"new.jpg", mtime_ns=9, sidecar="labels=2:2"))
    assert kept(library, b"new.jpg").looked == {}


def test_regions_go_with_their_file(library, commit):
    commit(LABELLED)
    library.removal.undo_session(SESSION, 1)
    assert library._engines.read(lambda connection: connection.execute(select(DETECTIONS)).all()) == []
