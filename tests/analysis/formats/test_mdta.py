"""Tables of named texts in MP4 and QuickTime files: where there are two, each value keeps its own name."""

import io
import json

import pytest

from app.analysis.formats.films.mdta import merge_tables, read_mdta
from app.analysis.pictures.container import read_film_header
from app.media import Keyword
from tests.analysis.pictures.films import analysed, boxed, told
from tests.analysis.pictures.films import flag_film as made
from tests.analysis.prompts.graphs import sampled
from tests.samples import box
from tests.support.clock import at_most

APPLE = "com.apple.quicktime."
EDITED = {f"{APPLE}title": "my fox", f"{APPLE}description": "for a friend", f"{APPLE}keywords": "fox, snow"}
MADE = {"title": "Waves", "comment": "at sea", "artist": "Zoë"}
TEXT, NUMBER = 1, 21


def keys(*names, space=b"mdta"):
    listed = ((len(name) + 8).to_bytes(4, "big") + space + name for name in map(str.encode, names))
    return box(b"keys", bytes(4), len(names).to_bytes(4, "big"), *listed)


def entry(number, value, kind=TEXT):
    return box(number.to_bytes(4, "big"), box(b"data", kind.to_bytes(4, "big"), bytes(4), value))


def meta(*boxes, handler=b"mdta", version=b""):
    return box(b"meta", version, box(b"hdlr", bytes(8), handler, bytes(12)), *boxes)


def table(texts, **options):
    entries = (entry(number, text.encode()) for number, text in enumerate(texts.values(), 1))
    return meta(keys(*texts), box(b"ilst", *entries), **options)


def inside(content, more, *path):
    """The film with one more box at the end of the box at `path`, which stands behind its pictures."""
    content, way = bytearray(content), boxed(content, *path)
    end = way[-1] + int.from_bytes(content[way[-1] : way[-1] + 4], "big")
    for at in way:
        content[at : at + 4] = (int.from_bytes(content[at : at + 4], "big") + len(more)).to_bytes(4, "big")
    return bytes(content[:end] + more + content[end:])


def film(*boxes):
    """A film whose `moov` ends with these boxes; that of its muxer for texts is free."""
    return inside(made("mov").replace(b"udta", b"free"), b"".join(boxes), b"moov")


def test_how_an_ai_video_was_made_is_known_after_its_title_was_edited(tmp_path):
    graph = json.dumps(sampled())
    content = made("mp4", tags={"prompt": graph, "workflow": '{"nodes": []}'})
    result = analysed(tmp_path, inside(content, table(EDITED), b"moov"), "a.mp4")
    assert result.metadata.prompt == "a boat"
    assert (result.metadata.title, result.metadata.caption) == ("my fox", "for a friend")
    assert {Keyword("fox", "video"), Keyword("snow", "video")} < set(result.keywords)


@pytest.mark.parametrize("version", [b"", bytes(4)], ids=["quicktime", "iso"])
@pytest.mark.parametrize(
    "content",
    [
        lambda first, second: film(box(b"udta", first), second),
        lambda first, second: film(first, box(b"udta", second)),
        lambda first, second: film(first) + second,
        film,
    ],
    ids=["user first", "movie first", "file last", "movie twice"],
)
def test_each_of_two_tables_names_its_own_values(content, version):
    found = told(content(table(MADE), table(EDITED, version=version))).tags
    assert {name: found.get(name) for name in (*MADE, *EDITED)} == MADE | EDITED


@pytest.mark.parametrize("texts", [MADE, EDITED, {"a": "b\0c", "Odd": " \xff ", "twice": "x"}])
def test_one_table_is_told_as_libav_tells_it(texts, monkeypatch):
    content = film(table(texts))
    found = told(content).tags
    assert {name.lower(): text.partition("\0")[0] for name, text in texts.items()}.items() <= found.items()
    assert merge_tables(read_mdta(io.BytesIO(content))).items() <= found.items()
    monkeypatch.setattr("app.analysis.pictures.container.read_mdta", lambda _: ())
    assert told(content).tags == found


def test_a_number_in_one_of_two_tables_has_no_wrong_name():
    numbers = meta(keys("a", "b"), box(b"ilst", entry(1, bytes(4), NUMBER), entry(2, b"text")))
    found = told(film(table({"title": "Waves", "comment": "at sea"}), numbers)).tags
    assert (found["title"], found["comment"], found["b"]) == ("Waves", "at sea", "text")
    assert "a" not in found
    found = told(film(numbers, table({"title": "Waves"}))).tags
    assert (found["title"], found["b"]) == ("Waves", "text")
    assert "a" not in found


def test_of_equal_names_the_first_text_counts():
    tables = ({"title": "", "artist": "Ada"}, {"title": "Waves", "artist": "Ben"})
    assert merge_tables(tables) == {"title": "Waves", "artist": "Ada"}


def test_a_table_is_read_where_libav_refuses_the_film():
    assert read_film_header(io.BytesIO(film(table(EDITED))), "mov").tags == EDITED


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (table(MADE, handler=b"mdir"), ()),
        (meta(keys("a")), ()),
        (meta(box(b"ilst", entry(1, b"x"))), ()),
        (meta(keys("a", space=b"udta"), box(b"ilst", entry(1, b"x"))), ()),
        (meta(keys("a"), box(b"ilst", entry(0, b"x"), entry(2, b"x"), entry(1 << 31, b"x"))), ({"a": ""},)),
        (meta(keys("a"), box(b"ilst", box(b"\0\0\0\1"), box(b"\0\0\0\1", box(b"data")))), ({"a": ""},)),
        (meta(keys("a", "b")[:-1], box(b"ilst", entry(1, b"x"))), ()),
        (meta(box(b"keys", bytes(8), b"\xff" * 8), box(b"ilst", entry(1, b"x"))), ()),
        (
            meta(keys("a", "b"), box(b"ilst", entry(1, b"x" * (1 << 24)), entry(2, b"x"))),
            ({"a": "x" * (1 << 24), "b": ""},),
        ),
        (meta(keys("a", "b"), box(b"ilst", entry(1, b"x" * (1 + (1 << 24))), entry(2, b"x"))), ({"a": "", "b": "x"},)),
        (meta(keys("k" * 40_000, "l" * 40_000), box(b"ilst", entry(2, b"x"))), ({"k" * 40_000: ""},)),
    ],
    ids=range(11),
)
def test_what_is_no_table_or_too_long_is_passed_over(content, found):
    assert read_mdta(io.BytesIO(box(b"moov", content))) == found


@pytest.mark.parametrize(
    "content",
    [
        lambda: table({str(number): "x" for number in range(2000)}) * 200,
        lambda: meta(keys("a"), box(b"ilst", entry(1, bytes(1 << 20)) * 20)) * 2,
        lambda: meta(keys("a"), box(b"ilst", box(b"\0\0\0\1", box(b"free") * 200) * 5000)),
        lambda: box(b"free") * 20_000,
        lambda: box(b"meta") * 20_000,
    ],
    ids=["tables", "values", "boxes", "empty", "metas"],
)
def test_many_tables_are_read_in_a_moment(content):
    stream = io.BytesIO(box(b"moov", content()) + content())
    with at_most(1):
        assert len(read_mdta(stream)) <= 10
