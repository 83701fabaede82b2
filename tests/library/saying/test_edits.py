"""A person's edits over many files: one transaction, one event a file, one undo; and the undo of single ones."""

import pytest
from sqlalchemy import func, select

from app.errors import AlreadyUndone, DatabaseBusy, InvalidRequest, NewerWordsStand, UnknownEdit
from app.library.library import Library
from app.library.saying import edits as edits_module
from app.library.saying.editing import parse_edit
from app.library.saying.edits import Asked
from app.library.tables import EDITED_FILES, EDITS, EVENTS
from app.media import Metadata, Place, Stage
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, found, without

READ = Metadata(
    title="of the file",
    taken_at="2001-02-03T04:05:06",
    taken_at_rule="exif DateTimeOriginal",
    sources={"title": "exif", "taken_at": "exif"},
)
NAMES = [b"a.jpg", b"b.jpg", b"c.jpg"]


@pytest.fixture
def taken_in(library):
    """A library with three files of which nobody said anything."""
    for name in NAMES:
        take_in(library, name)
    return library


def take_in(library, name, session_id=SESSION, **others):
    read = {"metadata": READ, "content": name, "score": 2, **others}
    result = analysis(found(name, sidecar=read.pop("sidecar", "")), **read)
    return library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8, look=without())


def places(*names):
    return [Place("m", name) for name in names]


def ids(library, *names):
    return [*library.edits.ids_of(places(*(names or NAMES))).values()]


def write(library, body, *names):
    return library.edits.write(Asked(ids(library, *names), parse_edit(body)))


def shown(library, name=b"a.jpg"):
    row = library.file(Place("m", name))
    return {key: value for key, value in row.items() if key != "updated_at"}


def all_shown(library):
    return [shown(library, name) for name in NAMES]


def count(library, table):
    return library._engines.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())


EVERYTHING = {
    "score": 5,
    "title": "mine",
    "caption": "mine, too",
    "creator": None,
    "copyright": "I",
    "label": "Red",
    "taken_at": "2020-05-06T07:08:09+02:00",
    "nsfw": True,
    "add_keywords": ["sea", "holiday"],
}


def test_an_edit_of_many_files_is_written_in_all_and_undone_in_all(taken_in):
    before = all_shown(taken_in)
    done = write(taken_in, EVERYTHING)
    assert (done.changed, done.causes) == (3, [])
    for name in NAMES:
        row = shown(taken_in, name)
        assert {field: row[field] for field in ("score", "title", "creator", "label", "nsfw_said")} == {
            "score": 5, "title": "mine", "creator": None, "label": "Red", "nsfw_said": True,
        }  # fmt: skip
        assert {"text": "holiday", "source": "person", "weight": None} in row["keywords"]
    assert taken_in.edits.undo(done.undo).changed == 3
    assert all_shown(taken_in) == before


def test_each_file_has_an_event_of_the_edit_and_of_its_undo(taken_in):
    done = write(taken_in, {"score": 4, "add_keywords": ["sea"]})
    taken_in.edits.undo(done.undo)
    for name in NAMES:
        told = [(event.kind, event.reason) for event in taken_in.history.events(Place("m", name))][1:]
        assert told == [
            ("edited", "A person set score and added 'sea'."),
            ("edited", "A person took back what they had said of score and keywords."),
        ]


def test_what_changes_nothing_leaves_no_trace(taken_in):
    write(taken_in, {"score": 4}, b"a.jpg")
    again = write(taken_in, {"score": 4}, b"a.jpg")
    assert (again.changed, again.undo, count(taken_in, EDITS)) == (0, None, 1)
    some = write(taken_in, {"score": 4})
    assert (some.changed, count(taken_in, EDITED_FILES)) == (2, 3)
    assert [(edit["files"], edit["undone_at"]) for edit in taken_in.edits.listed()] == [(2, None), (1, None)]


def test_each_file_may_be_told_its_own(taken_in):
    numbers = ids(taken_in)
    before = all_shown(taken_in)
    of_each = {number: parse_edit({"score": score}) for score, number in enumerate(numbers, start=1)}
    done = taken_in.edits.write(Asked(numbers, of_each))
    assert [shown(taken_in, name)["score"] for name in NAMES] == [1, 2, 3]
    taken_in.edits.undo(done.undo)
    assert all_shown(taken_in) == before


def test_a_preview_says_what_would_change_and_changes_nothing(taken_in):
    write(taken_in, {"add_keywords": ["own"]}, b"a.jpg")
    before, rows = all_shown(taken_in), count(taken_in, EVENTS)
    asked = Asked(ids(taken_in), parse_edit({"shift_taken_at": 3600, "remove_keywords": ["OWN", "sea"]}))
    done = taken_in.edits.preview(asked)
    assert (done.changed, done.undo) == (3, None)
    assert done.shown[0] == {
        "path": "m/a.jpg",
        "before": {"taken_at": "2001-02-03T04:05:06", "keywords": ["own"]},
        "after": {"taken_at": "2001-02-03T05:05:06", "keywords": []},
    }
    assert done.causes == [{"cause": "keyword_of_the_file", "files": 3}]
    assert (all_shown(taken_in), count(taken_in, EVENTS)) == (before, rows)


def test_an_undo_is_refused_whole_where_newer_words_stand(taken_in):
    first = write(taken_in, {"score": 4, "title": "mine"})
    newer = write(taken_in, {"score": 5}, b"b.jpg")
    before = all_shown(taken_in)
    with pytest.raises(NewerWordsStand, match=r"m/b\.jpg"):
        taken_in.edits.undo(first.undo)
    assert all_shown(taken_in) == before
    taken_in.edits.undo(newer.undo)
    assert taken_in.edits.undo(first.undo).changed == 3


def test_newer_words_of_another_field_stay(taken_in):
    first = write(taken_in, {"score": 4, "add_keywords": ["a"]})
    write(taken_in, {"title": "mine", "add_keywords": ["b"]})
    taken_in.edits.undo(first.undo)
    row = shown(taken_in)
    assert (row["score"], row["title"]) == (2, "mine")
    assert [word["text"] for word in row["keywords"] if word["source"] == "person"] == ["b"]


def test_an_edit_is_undone_once(taken_in):
    done = write(taken_in, {"score": 4})
    taken_in.edits.undo(done.undo)
    with pytest.raises(AlreadyUndone):
        taken_in.edits.undo(done.undo)
    with pytest.raises(UnknownEdit):
        taken_in.edits.undo(done.undo + 1)
    assert taken_in.edits.listed()[0]["undone_at"] is not None


def test_only_the_last_edits_are_kept_and_their_files_with_them(taken_in, monkeypatch):
    oldest = select(EDITS.c.id).order_by(EDITS.c.id.desc()).offset(3).limit(1).scalar_subquery()
    monkeypatch.setattr(edits_module, "_KEPT", oldest)
    numbers = [write(taken_in, {"title": str(number)}).undo for number in range(5)]
    assert [edit["id"] for edit in taken_in.edits.listed()] == numbers[:1:-1]
    assert count(taken_in, EDITED_FILES) == 9
    with pytest.raises(UnknownEdit):
        taken_in.edits.undo(numbers[0])


@pytest.mark.parametrize(
    ("again", "title", "pending"),
    [
        ({}, "of the file", False),
        ({"version": "2"}, None, True),
        ({"sidecar": "xmp=9:9"}, None, True),
        ({"content": b"edited in place"}, None, True),
    ],
    ids=["as it was", "a newer stage", "a sidecar", "other bytes"],
)
def test_an_undo_gives_back_what_the_file_said_only_while_that_is_true(taken_in, again, title, pending):
    done = write(taken_in, {"title": "mine"}, b"a.jpg")
    take_in(taken_in, b"a.jpg", OTHER_SESSION, **again)
    assert shown(taken_in)["title"] == "mine"
    taken_in.edits.undo(done.undo)
    row = shown(taken_in)
    assert row["title"] == title
    assert (Stage.METADATA.value not in row["stages"]) == pending
    take_in(taken_in, b"a.jpg", "third", **again)
    assert shown(taken_in)["title"] == "of the file"


def test_an_undo_gives_back_what_the_person_said_before(taken_in):
    write(taken_in, {"title": "first", "taken_at": "1999-01-01", "nsfw": False})
    before = all_shown(taken_in)
    released = write(taken_in, {"release": ["title", "nsfw"], "shift_taken_at": 1, "score": None})
    assert released.causes == [{"cause": "no_clock", "files": 3}]
    taken_in.edits.undo(released.undo)
    pending = [
        {**row, "stages": {name: row["stages"][name] for name in row["stages"] if name != "metadata"}} for row in before
    ]
    assert all_shown(taken_in) == pending, "the stage of what was released runs once more"


def test_an_undo_follows_a_file_that_was_moved(taken_in):
    done = write(taken_in, {"title": "mine"})
    moved = analysis(found(b"new/a.jpg"), metadata=READ, content=b"a.jpg", score=2)
    look = without(b"a.jpg")
    taken_in.commit_single_file_to_database(OTHER_SESSION, moved, nsfw_threshold=0.8, look=look)
    assert taken_in.edits.undo(done.undo).changed == 3
    assert taken_in.file(Place("m", b"new/a.jpg"))["title"] == "of the file"


def test_an_undo_leaves_out_what_is_gone(taken_in):
    done = write(taken_in, {"title": "mine"})
    taken_in.removal.forget_root("m", 3)
    for _ in range(2):  # it is not used up
        undone = taken_in.edits.undo(done.undo)
        assert (undone.changed, undone.causes) == (0, [{"cause": "gone", "files": 3}])
    assert taken_in.edits.listed()[0]["undone_at"] is None


def test_an_undo_leaves_another_picture_alone_that_came_under_the_name(taken_in):
    write(taken_in, {"title": "theirs"}, b"b.jpg")
    both = write(taken_in, {"score": 5}, b"a.jpg", b"c.jpg")
    same = write(taken_in, {"title": "theirs"}, b"a.jpg")
    take_in(taken_in, b"a.jpg", OTHER_SESSION, content=b"b.jpg")  # another picture, of which the same was said
    before = shown(taken_in)
    assert (before["title"], before["score"]) == ("theirs", 2)
    assert (taken_in.edits.undo(same.undo).changed, shown(taken_in)) == (0, before)
    undone = taken_in.edits.undo(both.undo)
    assert (undone.changed, undone.causes, shown(taken_in)) == (1, [{"cause": "gone", "files": 1}], before)
    assert shown(taken_in, b"c.jpg")["score"] == 2


def test_an_undo_reaches_the_original_no_more_once_it_is_restored(taken_in):
    write(taken_in, {"title": "of the original"}, b"a.jpg")
    take_in(taken_in, b"a.jpg", OTHER_SESSION, content=b"edited in place")
    later = write(taken_in, {"title": "of the edited one"}, b"a.jpg")
    take_in(taken_in, b"a.jpg", "third")
    assert shown(taken_in)["title"] == "of the original"
    assert taken_in.edits.undo(later.undo).causes == [{"cause": "gone", "files": 1}]
    assert shown(taken_in)["title"] == "of the original"


def test_an_edit_of_too_many_files_is_refused(taken_in, monkeypatch):
    monkeypatch.setattr(edits_module, "MAX_FILES", 2)
    with pytest.raises(InvalidRequest, match="at most 2"):
        write(taken_in, {"score": 1})
    with pytest.raises(InvalidRequest):
        taken_in.edits.preview(Asked(ids(taken_in), parse_edit({"score": 1})))


def test_an_edit_over_several_slices_is_one(taken_in, monkeypatch):
    monkeypatch.setattr(edits_module, "_SLICE", 2)
    before = all_shown(taken_in)
    done = write(taken_in, EVERYTHING)
    assert (done.changed, taken_in.edits.listed()[0]["files"]) == (3, 3)
    assert taken_in.edits.undo(done.undo).changed == 3
    assert all_shown(taken_in) == before


def test_nothing_is_left_of_an_edit_that_cannot_be_written(taken_in, monkeypatch):
    before, events = all_shown(taken_in), count(taken_in, EVENTS)

    def fails(*_):
        raise RuntimeError("the power went")

    monkeypatch.setattr(edits_module, "_forget_old", fails)
    with pytest.raises(RuntimeError):
        write(taken_in, EVERYTHING)
    assert (all_shown(taken_in), count(taken_in, EVENTS), count(taken_in, EDITS)) == (before, events, 0)


def test_until_an_edit_is_committed_others_see_nothing_of_it_and_wait_to_write(taken_in, library_url, monkeypatch):
    before, other, forget = all_shown(taken_in), Library(library_url), edits_module._forget_old

    def look(connection):
        forget(connection)
        assert all_shown(other) == before
        with pytest.raises(DatabaseBusy):
            other.edit(Place("m", b"a.jpg"), parse_edit({"score": 1}))

    monkeypatch.setattr(edits_module, "_forget_old", look)
    try:
        write(taken_in, EVERYTHING)
        assert all_shown(other) == all_shown(taken_in) != before
    finally:
        other.close()
