"""A person's word on NSFW: above the model wherever a file is labelled, and kept whatever is read."""

import pytest

from app.library.finding.counting import Facet
from app.library.finding.orders import Sort
from app.library.saying.editing import parse_edit
from app.library.values import as_file
from app.media import Place
from app.query.reading import read
from tests.ingest.builders import EVERY_STAGE, OTHER_SESSION, SESSION, Stage, analysis, found

PROBABILITIES = {b"high.jpg": 0.9, b"low.jpg": 0.1, b"unknown.jpg": None, b"other.jpg": 0.2}
THRESHOLD = 0.8


def take_in(library, name, session_id=SESSION):
    probability = PROBABILITIES[name]
    ran = EVERY_STAGE - ({Stage.NSFW} if probability is None else set())
    result = analysis(found(name), content=name, ran=ran, probability=probability or 0.0)
    return library.commit_single_file_to_database(session_id, result, nsfw_threshold=THRESHOLD)


@pytest.fixture
def said(library):
    """A library in which a person says the contrary of the model, and something where it says nothing."""
    parameters = {"nsfw_threshold": THRESHOLD}
    library.append(SESSION, "session", {"status": "queued", "parameters": parameters}, outcome="queued")
    for name in PROBABILITIES:
        take_in(library, name)
    for name, nsfw in ((b"high.jpg", False), (b"low.jpg", True), (b"unknown.jpg", True)):
        library.edit(Place("m", name), parse_edit({"nsfw": nsfw}))
    return library


def names(library, q):
    finder = library.finder
    result = finder.found(read(q), Sort.NAME, descending=False, threshold=library.nsfw_threshold())
    return [path.removeprefix("m/") for path in finder.paths(result.ids.tolist())]


def test_it_is_the_label_wherever_a_file_is_found_and_counted(said):
    assert names(said, "nsfw:yes") == ["low.jpg", "unknown.jpg"]
    assert names(said, "nsfw:no") == ["high.jpg", "other.jpg"]
    assert names(said, "nsfw:unknown") == []
    assert names(said, "nsfw>=0.5") == ["high.jpg"], "the probability is the model's"
    assert names(said, "is:person") == ["high.jpg", "low.jpg", "unknown.jpg"]
    counts = said.finder.counts(read(""), [Facet.NSFW], THRESHOLD, 10)[Facet.NSFW]
    assert {one["value"]: one["files"] for one in counts if one["files"]} == {"yes": 2, "no": 2}
    sums = said.finder.sums(read(""), THRESHOLD)["nsfw"]
    assert (sums["yes"], sums["no"], sums["unknown"]) == (2, 2, 0)
    assert sum(tenth["files"] for tenth in sums["spread"]) == 3
    without_threshold = said.finder.sums(read(""), None)["nsfw"]
    assert (without_threshold["yes"], without_threshold["no"], without_threshold["unknown"]) == (2, 1, 1)


def test_it_is_the_label_of_each_file_that_is_shown(said):
    snapshot = said.finder.snapshot()
    listed = said.finder.files(snapshot, sorted(snapshot.ids.tolist()), THRESHOLD)
    labels = {file["path"].removeprefix("m/"): file["is_nsfw"] for file in listed}
    assert labels == {"high.jpg": False, "low.jpg": True, "unknown.jpg": True, "other.jpg": False}
    shown = as_file(said.file(Place("m", b"low.jpg")), THRESHOLD)
    assert (shown["is_nsfw"], shown["nsfw_probability"], shown["sources"]["is_nsfw"]) == (True, 0.1, "person")
    exported = said.finder.rows(sorted(snapshot.ids.tolist()))
    assert [as_file(row, THRESHOLD)["is_nsfw"] for row in exported] == [False, True, True, False]
    assert said.nsfw_known([b"m/low.jpg", b"m/other.jpg"]) == {b"m/low.jpg": (True, 0.1), b"m/other.jpg": (None, 0.2)}


def test_a_session_that_looks_again_counts_by_it_and_leaves_it(said):
    detected = {name: take_in(said, name, OTHER_SESSION).detail["stats"]["nsfw_detected"] for name in PROBABILITIES}
    assert detected == {b"high.jpg": 0, b"low.jpg": 1, b"unknown.jpg": 0, b"other.jpg": 0}
    assert names(said, "nsfw:yes") == ["low.jpg", "unknown.jpg"]


@pytest.mark.parametrize("body", [{"nsfw": None}, {"release": ["nsfw"]}])
def test_taken_back_the_models_word_holds_again(said, body):
    said.edit(Place("m", b"high.jpg"), parse_edit(body))
    row = said.file(Place("m", b"high.jpg"))
    assert (as_file(row, THRESHOLD)["is_nsfw"], Stage.NSFW.value in row["stages"]) == (True, True)
    assert names(said, "is:person") == ["low.jpg", "unknown.jpg"]
