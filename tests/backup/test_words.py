"""Words as JSON Lines: what a line must be, and what becomes of one that is none."""

import errno
import hashlib
import io
import json

import pytest

from app.backup import words
from app.backup.words import lines_of, receive
from app.errors import InvalidRequest, NeedsAttention
from app.library.saying.carried import Fate
from app.library.saying.editing import parse_edit
from app.media import Place
from tests.ingest.builders import SESSION, analysis, found

SHA = hashlib.sha256(b"a").hexdigest()
FIRST = {"media_ingest_words": 1}


@pytest.fixture
def taken_in(library):
    library.commit_single_file_to_database(SESSION, analysis(found(b"a.jpg"), content=b"a"), nsfw_threshold=0.8)
    return library


def file_of(*lines):
    return io.BytesIO(
        b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    )


def test_a_file_of_words_has_a_line_for_the_format_and_one_for_each_file(taken_in, tmp_path):
    taken_in.edit(Place("m", b"a.jpg"), parse_edit({"score": 5, "keywords": ["Meer", "Ä\U0001f600"]}))
    first, line = map(json.loads, lines_of(taken_in, tmp_path / "state"))
    assert first.keys() == {"media_ingest_words", "written_at", "by"}
    assert line["said_at"].keys() == {"score", "keywords"}
    assert {name: line[name] for name in ("sha256", "words", "keywords", "path")} == {
        "sha256": SHA,
        "words": {"score": 5},
        "keywords": ["Meer", "Ä\U0001f600"],
        "path": "m/a.jpg",
    }


def test_a_full_disk_is_said_before_the_first_line_leaves(taken_in, tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, _content):
            raise OSError(errno.ENOSPC, "No space left on device")

    asked = []
    monkeypatch.setattr(words, "TemporaryFile", lambda **where: asked.append(where) or Full())
    with pytest.raises(NeedsAttention, match=r"The disk that holds .* is full") as caught:
        lines_of(taken_in, tmp_path)
    assert (caught.value.cause, asked) == ("disk_full", [{"dir": tmp_path}])


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (b"", "no file of words"),
        (b"\xff\xd8\xff", "no file of words"),
        (b"[1]", "no file of words"),
        ({"sha256": SHA}, "no file of words"),
        ({"media_ingest_words": 2}, "format 2, and this program reads 1: update"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(taken_in, first, sentence):
    with pytest.raises(InvalidRequest, match=sentence):
        receive(taken_in, file_of(first, {"sha256": SHA, "words": {"score": 5}}))
    assert taken_in.carrying.hand_out(list) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        ([], "it names no SHA-256"),
        ({"sha256": "A" * 64}, "it names no SHA-256"),
        ({"sha256": SHA, "words": []}, "its words are no fields"),
        ({"sha256": SHA, "words": {"release": ["score"]}}, "its words are no fields"),
        ({"sha256": SHA, "words": {"keywords": ["sea"]}}, "its words are no fields"),
        ({"sha256": SHA, "words": {"add_keywords": ["sea"]}}, "its words are no fields"),
        ({"sha256": SHA, "words": {"shift_taken_at": 60}}, "its words are no fields"),
        ({"sha256": SHA, "words": {"score": 6}}, "score must be at most 5"),
        ({"sha256": SHA, "words": {"path": "x"}}, "There is no field named 'path'"),
        ({"sha256": SHA, "keywords": "sea"}, "keywords"),
        ({"sha256": SHA, "words": {"score": 1}, "said_at": {"score": "yesterday"}}, "Invalid isoformat"),
        ({"sha256": SHA, "words": {"score": 1}, "said_at": {"score": "2026-01-01T00:00:00"}}, "ISO 8601 with a zone"),
        ({"sha256": SHA, "words": {"score": 1}, "said_at": {"score": "0001-01-01T00:00:00+10:00"}}, "out of range"),
        ({"sha256": SHA, "words": {"score": 1}, "said_at": {"score": "9999-12-31T23:59:59-10:00"}}, "out of range"),
    ],
)
def test_a_line_that_cannot_be_read_is_counted_and_named_and_the_others_are_taken(taken_in, line, why):
    received = receive(taken_in, file_of(FIRST, line, b"", {"sha256": SHA, "words": {"title": "x"}, "colour": 1}))
    assert (received.fates, received.unreadable) == ({Fate.GIVEN: 1}, 1)
    assert received.named[0].startswith("line 2: ")
    assert why in received.named[0]
    assert received.sentence == "1 file with your words: 1 given to files of the library; 1 line could not be read."
    assert received.as_json() == {"lines": 2, "given": 1, "there": 0, "kept": 0, "newer": 0, "unreadable": 1}


def test_a_line_that_is_too_long_is_passed_over_to_its_end(taken_in, monkeypatch):
    monkeypatch.setattr(words, "MAX_LINE_BYTES", 150)
    long = {"sha256": SHA, "words": {"title": "x" * 400}}
    received = receive(taken_in, file_of(FIRST, long, {"sha256": SHA, "words": {"score": 1}}))
    assert (received.fates, received.unreadable) == ({Fate.GIVEN: 1}, 1)


def test_a_time_to_come_is_not_later_than_now(taken_in):
    line = {"sha256": SHA, "words": {"score": 1}, "said_at": {"score": "2999-01-01T00:00:00+00:00"}, "path": "\ud800"}
    assert receive(taken_in, file_of(FIRST, line)).fates == {Fate.GIVEN: 1}
    taken_in.edit(Place("m", b"a.jpg"), parse_edit({"score": 2}))
    (carried,) = taken_in.carrying.hand_out(list)
    assert carried.said_at["score"] < "2999"
    assert receive(taken_in, file_of(FIRST)).sentence == "0 files with your words: nothing to do."
