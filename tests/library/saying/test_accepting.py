"""What models propose, accepted and rejected in one go and taken back, on both engines; and found until then."""

from app.export.descriptions.described import described_of
from app.library.finding.counting import Facet
from app.library.finding.finder import page
from app.library.finding.orders import Sort
from app.library.saying.editing import parse_edit
from app.library.saying.edits import Asked
from app.media import Place
from app.query.reading import read
from tests.ingest.builders import OTHER_SESSION
from tests.library.saying.test_edits import NAMES, ids, shown, take_in, taken_in  # noqa: F401 - a fixture
from tests.support.describing import describe, proposals

ALL = ["title", "caption", "keywords"]
SAID = {"title": "A red car", "description": "It stands at the quay.", "keywords": ["car", "quay"]}


def found(library, q):
    listed = library.finder.found(read(q), Sort.ADDED, descending=False, threshold=0.5)
    some, _, _ = page(listed, Sort.ADDED, descending=False, start=0, limit=9)
    return {file["path"]: file["proposed"] for file in library.finder.files(listed.snapshot, some, 0.5, read(q))}


def write(library, body, numbers):
    return library.edits.write(Asked(numbers, parse_edit(body)))


def test_all_of_a_search_is_accepted_and_taken_back_in_one_go(taken_in):  # noqa: F811
    library = taken_in
    for name in ("a", "b"):
        describe(library, f"m/{name}.jpg", **SAID)
    write(library, {"title": "mine"}, ids(library, b"b.jpg"))
    before = [shown(library, name) for name in NAMES]
    numbers, _ = library.ids_found(read("is:proposed"))
    done = write(library, {"accept": ALL}, numbers)
    assert (done.changed, dict(done.left)) == (2, {})
    a, b = library.file(Place("m", b"a.jpg")), library.file(Place("m", b"b.jpg"))
    assert (a["title"], a["caption"], a["sources"]["title"]) == (SAID["title"], SAID["description"], "person")
    assert (b["title"], b["caption"]) == ("mine", SAID["description"])
    assert {(word["text"], word["source"]) for word in a["keywords"]} >= {("car", "person"), ("quay", "person")}
    assert found(library, "is:proposed") == {}
    describe(library, "m/a.jpg", **SAID)  # what was judged is not proposed again
    assert found(library, "is:proposed") == {}
    library.edits.undo(done.undo)
    assert [shown(library, name) for name in NAMES] == before
    assert found(library, "proposed:none").keys() == {"m/c.jpg"}


def test_what_is_rejected_is_not_proposed_again_until_it_is_taken_back(taken_in):  # noqa: F811
    library = taken_in
    describe(library, "m/a.jpg", **SAID)
    done = write(library, {"reject": ALL}, ids(library))
    assert (done.changed, set(proposals(library).values())) == (1, {"rejected"})
    describe(library, "m/a.jpg", **SAID, keywords_too="other")
    assert found(library, "proposed:car or is:proposed") == {}
    assert library.edits.listed(1)[0]["sentence"] == "A person rejected the proposed title, caption and keywords."
    library.edits.undo(done.undo)
    assert set(proposals(library).values()) == {"open"}


def test_proposals_are_found_at_once_in_free_words_too_and_told_apart(taken_in):  # noqa: F811
    library = taken_in
    describe(library, "m/a.jpg", **SAID)
    describe(library, "m/b.jpg", title="Boat", keywords=["quay"])
    write(library, {"add_keywords": ["car"]}, ids(library, b"c.jpg"))
    assert found(library, "car") == {"m/a.jpg": True, "m/c.jpg": False}
    assert found(library, "stands a.jpg") == {"m/a.jpg": True}
    assert found(library, "a.jpg or stands") == {"m/a.jpg": False}
    assert found(library, 'proposed:"car red"') == {}  # a phrase
    assert found(library, "proposed:car proposed:red") == {"m/a.jpg": True}
    assert found(library, 'proposed="quay"').keys() == {"m/a.jpg", "m/b.jpg"}
    assert found(library, "-is:described").keys() == {"m/c.jpg"}
    counts = library.finder.counts(read(""), [Facet.PROPOSED], 0.5, 9)[Facet.PROPOSED]
    assert counts == [{"value": "quay", "files": 2}, {"value": "car", "files": 1}, {"value": None, "files": 1}]
    assert [one["value"] for one in library.finder.values_like("proposed", "qu", 9)] == ["quay"]
    write(library, {"accept": ["keywords"]}, ids(library, b"a.jpg"))
    assert found(library, "car") == {"m/a.jpg": False, "m/c.jpg": False}
    assert found(library, "red car") == {"m/a.jpg": True}  # its title waits still
    take_in(library, b"a.jpg", OTHER_SESSION, content=b"another picture")
    assert found(library, "red car") == {}


def test_what_was_written_at_once_and_a_person_removed_never_comes_back(taken_in):  # noqa: F811
    library, place = taken_in, Place("m", b"a.jpg")

    def words():
        return {word["text"] for word in library.file(place)["keywords"] if word["source"] == "model"}

    describe(library, "m/a.jpg", direct=True, **SAID)
    before = shown(library, b"a.jpg")
    assert (words(), found(library, "is:proposed")) == ({"car", "quay"}, {})
    done = write(library, {"remove_keywords": ["Car"], "title": None}, ids(library, b"a.jpg"))
    assert (words(), dict(done.left)) == ({"quay"}, {})
    told = described_of(library.described.file(place, "s"))
    assert (told.title, told.keywords) == (None, ("quay",))
    describe(library, "m/a.jpg", direct=True, title="A red car", keywords=["CAR", "boat"])
    assert (words(), library.file(place)["title"]) == ({"boat"}, None)
    describe(library, "m/a.jpg", title="Another", keywords=["car"])
    assert (words(), found(library, "proposed:car")) == ({"boat"}, {})
    describe(library, "m/a.jpg", direct=True, **SAID)
    library.edits.undo(done.undo)
    assert (shown(library, b"a.jpg"), words()) == (before, {"car", "quay"})
    describe(library, "m/a.jpg", direct=True, **SAID)
    assert words() == {"car", "quay"}


def test_who_removes_a_keyword_that_was_accepted_is_not_proposed_it_again(taken_in):  # noqa: F811
    library = taken_in
    describe(library, "m/a.jpg", **SAID)
    write(library, {"accept": ["keywords"]}, ids(library, b"a.jpg"))
    done = write(library, {"remove_keywords": ["car"]}, ids(library, b"a.jpg"))
    assert proposals(library)["keyword", "car"] == "rejected"
    describe(library, "m/a.jpg", direct=True, keywords=["car"])
    assert found(library, "keyword:car") == {}
    library.edits.undo(done.undo)
    assert proposals(library)["keyword", "car"] == "accepted"


def test_another_picture_under_a_name_is_proposed_what_was_written_for_the_first(taken_in):  # noqa: F811
    library = taken_in
    describe(library, "m/a.jpg", direct=True, **SAID)
    take_in(library, b"a.jpg", OTHER_SESSION, content=b"another picture")
    describe(library, "m/a.jpg", **SAID)
    assert found(library, "proposed:car").keys() == {"m/a.jpg"}
