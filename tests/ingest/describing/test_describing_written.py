"""Sessions that describe: the files that they write, and what a crash kept from being written."""

import json

import pytest

from app.descriptions import Run, RunStatus
from app.errors import InvalidRequest
from app.export.descriptions.outputs import session_outputs
from app.media import Place
from tests.ingest.builders import parameters
from tests.ingest.describing.models import DESCRIBE, describe, pictures


@pytest.fixture
def url(library_url: str) -> str:
    return library_url


@pytest.fixture
def outputs(place, tmp_path):
    place.outputs_of = lambda library: session_outputs(tmp_path / "out", place.folders, library, place.store)
    place.restart()
    return place.ingestor.outputs


def test_a_session_writes_what_was_said_of_each_picture_and_catches_up_after_a_crash(place, model, outputs, tmp_path):
    pictures(place, "a", "b")
    session = describe(place, write=["json"])
    folder = tmp_path / "out" / session.session_id
    assert sorted(path.name for path in folder.glob("*.json")) == ["a.jpg.json", "b.jpg.json"]
    (folder / "a.jpg.json").unlink()
    list(outputs.catch_up(session.session_id, ["json"]))
    assert json.loads((folder / "a.jpg.json").read_text("utf-8"))["title"] == "Title of a"


def test_what_was_said_of_a_picture_that_is_not_committed_yet_is_written_with_its_commit(
    place, model, outputs, tmp_path
):
    pictures(place, "a")
    session = describe(place, write=["json"])
    said = Run("1", "b" * 64, "p", "m", "t", "c" * 64, RunStatus.ANSWERED, "t", output={"title": "Title of b"})
    place.library.runs.add([said], session_id=session.session_id, place=Place("m", b"b.jpg"))  # as after a crash
    list(outputs.catch_up(session.session_id, ["json"]))
    assert [path.name for path in (tmp_path / "out" / session.session_id).glob("*.json")] == ["a.jpg.json"]


def test_a_folder_of_descriptions_inside_a_media_root_is_refused_before_anything_is_paid(place, model):
    place.outputs_of = lambda library: session_outputs(place.media / "out", place.folders, library, place.store)
    place.restart()
    pictures(place, "a")
    with pytest.raises(InvalidRequest) as refused:
        place.runner.start(parameters("m", describe=DESCRIBE | {"write": ["json"]}))
    assert refused.value.cause == "outputs_unwritable"
