"""Which models ran when, on both engines; and what a detector found outside any session."""

from dataclasses import replace

import pytest

from app.errors import NotDetected, UnknownFile
from app.library.regions import versions
from app.library.values import now
from app.media import Place, Stage
from app.models import ModelVersion
from app.regions import NO_REGIONS, Region, RegionKind, Regions, RegionSource
from tests.ingest.builders import EVERY_STAGE, OTHER_SESSION, SESSION, analysis, failure, found

MODEL = ModelVersion("detect", "red.onnx 0123", "0" * 64, ("cat", "red"))
DETECT = (Stage.IDENTIFY, Stage.DETECT)
RED = Region("red", RegionKind.OBJECT, 0.5, 0.5, 0.2, 0.2, RegionSource.DETECTOR, 0.75, MODEL.name)
FACE = Region("Ada", RegionKind.FACE, 0.1, 0.1, 0.1, 0.1, RegionSource.XMP)


def commit(library, result, session=SESSION, models=()):
    return library.commit_single_file_to_database(session, result, nsfw_threshold=0.8, models=models)


def detected(*regions, **options):
    return replace(analysis(ran=DETECT, **options), regions=Regions(regions, frozenset({RegionSource.DETECTOR})))


def test_a_model_is_noted_with_a_file_and_once_a_minute(library, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(versions.time, "monotonic", lambda: clock[0])
    commit(library, analysis(found(b"a.jpg")), models=[MODEL])
    (first,) = library.models.all()
    assert (first["stage"], first["name"], first["sha256"]) == (MODEL.stage, MODEL.name, MODEL.sha256)
    assert first["labels"] == ["cat", "red"]
    assert first["first_used_at"] == first["last_used_at"] <= now()
    clock[0] += versions.AGAIN_SECONDS - 1
    commit(library, analysis(found(b"b.jpg"), content=b"b"), models=[MODEL])
    assert library.models.all() == [first]
    clock[0] += 1
    monkeypatch.setattr(versions, "now", lambda: "2100-01-01T00:00:00.000+00:00")
    other = ModelVersion("nsfw", "open")
    commit(library, analysis(found(b"c.jpg"), content=b"c"), models=[MODEL, other])
    told = {model["stage"]: model for model in library.models.all()}
    assert told["detect"] == first | {"last_used_at": "2100-01-01T00:00:00.000+00:00"}
    assert (told["nsfw"]["labels"], told["nsfw"]["sha256"]) == ([], None)


def test_what_can_be_detected_are_the_labels_of_the_detector_that_was_used_last(library):
    assert library._engines.read(versions.detectable) == frozenset()
    commit(library, analysis(), models=[MODEL, ModelVersion("nsfw", "open", None, ("elsewhere",))])
    assert library._engines.read(versions.detectable) == {"cat", "red"}
    commit(
        library, analysis(found(b"b.jpg"), content=b"b"), models=[replace(MODEL, name="new", labels=("STRASSE", ""))]
    )
    assert library._engines.read(versions.detectable) == {versions.fold("strasse"), "1"}


def test_a_write_that_did_not_go_through_notes_nothing(library, monkeypatch):
    def fail(*_args):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(versions, "_note", fail)
        with pytest.raises(RuntimeError):
            commit(library, analysis(), models=[MODEL])
    assert library.models.all() == []
    assert library.file(Place("m", b"a.jpg")) is None
    commit(library, analysis(), models=[MODEL])
    assert len(library.models.all()) == 1


def test_what_a_detector_found_outside_a_session_takes_the_place_of_what_it_found_before(library):
    commit(library, replace(analysis(), regions=Regions((FACE,), frozenset())))
    commit(library, analysis(ran=DETECT, failed={Stage.DETECT: "damaged_image"}), OTHER_SESSION)
    place = Place("m", b"a.jpg")
    before = library.file(place)
    assert before["stages"]["detect"]["status"] == "failed"
    library.detected(detected(RED), [MODEL])
    row = library.file(place)
    assert [(one["label"], one["source"]) for one in row["regions"]] == [("Ada", "xmp"), ("red", "detector")]
    assert row["stages"]["detect"] == {"status": "done", "version": "1"}
    assert row["updated_at"] >= before["updated_at"]
    kept = ("session_id", "sha256", "camera_make", "phash", "size", "mtime_ns")
    assert [row[name] for name in kept] == [before[name] for name in kept]
    library.detected(detected(RED), [MODEL])
    assert library.file(place)["updated_at"] == row["updated_at"], "nothing is different"
    library.detected(detected(), [MODEL])
    assert [one["label"] for one in library.file(place)["regions"]] == ["Ada"]
    assert [event.kind for event in library.events("")] == ["detected"] * 3
    assert [event.kind for event in library.history.events(place)] == ["file_complete"] * 2 + ["detected"] * 3
    assert library.known(Place("m"))[b"a.jpg"].failures == ()


def test_what_is_not_the_row_s_is_not_written(library):
    with pytest.raises(UnknownFile):
        library.detected(detected(RED), [MODEL])
    commit(library, analysis())
    with pytest.raises(NotDetected):
        library.detected(detected(RED, content=b"other"), [MODEL])
    assert library.file(Place("m", b"a.jpg"))["regions"] == []
    assert library.models.all() == []


def test_a_failure_of_the_detector_is_over_even_if_it_cost_the_file_more(library):
    commit(library, analysis())
    commit(library, failure(stage=Stage.DETECT, cause="decoder_timeout"), OTHER_SESSION)
    assert list(library.failures.counts()) == ["decoder_timeout"]
    library.detected(detected(RED), [MODEL])
    assert library.failures.counts() == {}


def test_a_row_that_is_marked_missing_is_not_written(library):
    commit(library, analysis())
    library.presence.mark_missing("m", [b"a.jpg"])
    with pytest.raises(UnknownFile) as refused:
        library.detected(detected(RED), [MODEL])
    assert refused.value.cause == "file_gone"
    assert library.file(Place("m", b"a.jpg"))["regions"] == []


def test_stages_that_did_not_run_leave_what_the_detector_found(library):
    commit(library, analysis(ran=EVERY_STAGE))
    library.detected(detected(RED), [MODEL])
    place = Place("m", b"a.jpg")
    commit(library, replace(analysis(ran={Stage.METADATA}), regions=NO_REGIONS), OTHER_SESSION)
    assert [one["label"] for one in library.file(place)["regions"]] == ["red"]
    commit(library, analysis(content=b"other bytes"), "00000000-0000-4000-8000-000000000003")
    row = library.file(place)
    assert (row["regions"], "detect" in row["stages"]) == ([], False)
