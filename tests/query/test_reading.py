"""Queries as people write them: what they mean, and which sentence points at what cannot be read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import QueryError
from app.query.fields import FIELDS
from app.query.printing import written
from app.query.reading import MAX_CHARACTERS, MAX_NESTING, MAX_TERMS, read
from app.query.tree import EVERYTHING, And, Has, Near, Node, Not, Nothing, Or, Run, Whole, Within, Words
from tests.support.clock import at_most


def word(*words: str, field: str = "", prefix: bool = False) -> Words:
    return Words(field, (Run(words, prefix),), "")


def whole(field: str, *pieces: str) -> Whole:
    return Whole(field, pieces, "")


A, B, C = word("a"), word("b"), word("c")

TREES: list[tuple[str, Node]] = [
    ("", EVERYTHING),
    (" \t\n", EVERYTHING),
    ("a", A),
    ("a b", And((A, B))),
    ("a AND b aNd c", And((A, B, C))),
    ("a or b c", Or((A, And((B, C))))),
    ("(a OR b) c", And((Or((A, B)), C))),
    ("not a or b", Or((Not(A), B))),
    ("-a b", And((Not(A), B))),
    ("not (a b)", Not(And((A, B)))),
    ("not(a)or(b)", Or((Not(A), B))),
    ("-(a or b)", Not(Or((A, B)))),
    ("--a", Not(Not(A))),
    ("(a b) (c)", And((A, B, C))),
    ("a or (b or c)", Or((A, B, C))),
    ('"a""b"c', And((A, B, C))),
    ('"or" "not"', And((word("or"), word("not")))),
    ("order android notice", And((word("order"), word("android"), word("notice")))),
    ('"red dress"', word("red", "dress")),
    ('"say \\"hi\\" \\\\ C:\\x"', word("say", "hi", "c", "x")),
    ("red-dress", Words("", (Run(("red",)), Run(("dress",))), "")),
    ("cat*", word("cat", prefix=True)),
    ("name:*.jpg", word("jpg", field="name")),
    ('prompt:"red dr*"', word("red", "dr", field="prompt", prefix=True)),
    ("TITLE:Café", word("cafe", field="title")),
    ("title=x", word("x", field="title")),
    # -- whole values
    ("keyword:Cat", whole("keyword", "cat")),
    ("keyword:*cat*", whole("keyword", "", "cat", "")),
    ('keyword:"Red *"', whole("keyword", "red ", "")),
    ("keyword:a\\*b", whole("keyword", "a*b")),
    ('keyword:"a\\*\\"\\\\"', whole("keyword", 'a*"\\')),
    ("keyword:a..b", whole("keyword", "a..b")),
    ('keyword:"none"', whole("keyword", "none")),
    ("seed:-1", whole("seed", "-1")),
    ("format:jpg", whole("format", "jpeg")),
    ("format:JP*", whole("format", "jp", "")),
    ("nsfw:Unknown", whole("nsfw", "unknown")),
    ("nsfw:none", whole("nsfw", "unknown")),
    ("nsfw:*", whole("nsfw", "", "")),
    ("-is:missing", Not(whole("is", "missing"))),
    ("title:none", Nothing("title")),
    ("Taken:NONE", Nothing("taken")),
    ("has:position", Has("position")),
    ("folder:/Photos//2024/", Within("photos/2024", "")),
    ('folder:"photos/a b"', Within("photos/a b", "")),
    ("near:41.9,-12.5,10km", Near(41.9, -12.5, 10, "")),
    ('near:"41.9, 12.5, 500 m"', Near(41.9, 12.5, 0.5, "")),
    # -- what looks like a field and is none
    ("http://x", Words("", (Run(("http",)), Run(("x",))), "")),
    ("name://x", Words("", (Run(("name",)), Run(("x",))), "")),
    ("12:30", Words("", (Run(("12",)), Run(("30",))), "")),
    ("C:\\photos", Words("", (Run(("c",)), Run(("photos",))), "")),
    ("f:/photos", Words("", (Run(("f",)), Run(("photos",))), "")),
    ("sha1:ab", Words("", (Run(("sha1",)), Run(("ab",))), "")),
    ('"width:x"', word("width", "x")),
]


@pytest.mark.parametrize(("q", "tree"), TREES)
def test_a_query_means(q, tree):
    assert read(q) == tree


def seconds(*of: int) -> float:
    return datetime(*of, tzinfo=UTC).timestamp()


BOUNDS = [
    ("score:4", "[", 4, 4, "]"),
    ("score=4", "[", 4, 4, "]"),
    ("score>=-1", "[", -1, None, ")"),
    ("score>4", "(", 4, None, ")"),
    ("score<4", "(", None, 4, ")"),
    ("score<=4", "(", None, 4, "]"),
    ("score:3..5", "[", 3, 5, "]"),
    ("score:3..", "[", 3, None, ")"),
    ("score:..5", "(", None, 5, "]"),
    ('iso:"800"', "[", 800, 800, "]"),
    ("pixels>=12MP", "[", 12_000_000, None, ")"),
    ("pixels<=1.5mp", "(", None, 1_500_000, "]"),
    ("size>10MB", "(", 10_000_000, None, ")"),
    ("size:1kB..1.5GiB", "[", 1_000, 1_610_612_736, "]"),
    ("size<2tb", "(", None, 2e12, ")"),
    ("size:512", "[", 512, 512, "]"),
    ("duration:90s", "[", 90, 91, ")"),
    ("duration:90", "[", 90, 91, ")"),
    ("duration:1:30", "[", 90, 91, ")"),
    ("duration:1:02:03", "[", 3_723, 3_724, ")"),
    ("duration>2m", "[", 121, None, ")"),
    ("duration<1h30min", "(", None, 5_400, ")"),
    ("duration:0.5s", "[", 0.5, 0.5, "]"),
    ("duration:1m..2m", "[", 60, 121, ")"),
    ("nsfw>=0.5", "[", 0.5, None, ")"),
    ("nsfw:0.5..1", "[", 0.5, 1, "]"),
    ("taken:2024", "[", seconds(2024, 1, 1), seconds(2025, 1, 1), ")"),
    ("taken:2024-02", "[", seconds(2024, 2, 1), seconds(2024, 3, 1), ")"),
    ("taken:1969-12", "[", seconds(1969, 12, 1), 0, ")"),
    ("taken:2024-05-03", "[", seconds(2024, 5, 3), seconds(2024, 5, 4), ")"),
    ("taken:2024-05-03T18:30", "[", seconds(2024, 5, 3, 18, 30), seconds(2024, 5, 3, 18, 31), ")"),
    ('taken:"2024-05-03 18:30:05"', "[", seconds(2024, 5, 3, 18, 30, 5), seconds(2024, 5, 3, 18, 30, 6), ")"),
    ("taken>=2024-05", "[", seconds(2024, 5, 1), None, ")"),
    ("taken>2024-05", "[", seconds(2024, 6, 1), None, ")"),
    ("taken<2024-05", "(", None, seconds(2024, 5, 1), ")"),
    ("taken<=2024-05", "(", None, seconds(2024, 6, 1), ")"),
    ("added:2024-05..2024-06-02", "[", seconds(2024, 5, 1), seconds(2024, 6, 3), ")"),
    ("taken:9999", "[", seconds(9999, 1, 1), seconds(9999, 12, 31) + 86_400, ")"),
]


@pytest.mark.parametrize(("q", "opening", "low", "high", "closing"), BOUNDS)
def test_a_comparison_goes_by_the_stretch_that_the_value_stands_for(q, opening, low, high, closing):
    leaf = read(q)
    assert (leaf.low, leaf.high) == (low, high)
    assert (leaf.low is not None and not leaf.low_open) == (opening == "[")
    assert (leaf.high is not None and not leaf.high_open) == (closing == "]")


@pytest.mark.parametrize(
    ("q", "value"),
    [
        ("f:1.78", 1.7799999713880652),
        ("f>=1.78", 1.7799999713880652),
        ("exposure:1/250", 0.004000000189989805),
        ("exposure:0.004s", 1 / 250),
        ("focal:5.7mm", 5.699999809),
    ],
)
def test_what_a_camera_rounds_is_found_by_what_is_shown(q, value):
    assert read(q).holds(value)
    assert not read(q.replace(":", ">").replace(">=", ">")).holds(value)


@pytest.mark.parametrize(("q", "value"), [("f:2.8", 2.9), ("exposure:1/250", 1 / 240), ("focal:50", 50.2)])
def test_and_not_by_what_is_another_value(q, value):
    assert not read(q).holds(value)


def test_bounds_hold_what_lies_between():
    assert [number for number in range(-1, 6) if read("score:1..3").holds(number)] == [1, 2, 3]
    assert [number for number in range(-1, 6) if read("score>1").holds(number)] == [2, 3, 4, 5]
    assert [number for number in range(-1, 6) if read("score<1").holds(number)] == [-1, 0]


@pytest.mark.parametrize(
    ("q", "holds", "fails"),
    [
        ("keyword:cat", ["cat"], ["cats", "a cat"]),
        ("keyword:*cat*", ["cat", "a cat", "cats"], ["dog"]),
        ("keyword:ca*at", ["caat", "ca at"], ["cat"]),
        ("keyword:a*b*c", ["abc", "a b bc"], ["acb", "ab"]),
    ],
)
def test_a_star_is_any_text_and_everything_else_the_whole_value(q, holds, fails):
    leaf = read(q)
    assert all(map(leaf.holds, holds))
    assert not any(map(leaf.holds, fails))


_PLACE = "A place is latitude, longitude and distance, between commas alone: near:41.9,12.5,10km."
FAULTS = [
    ("keywrd:cat", 0, "There is no field 'keywrd': did you mean 'keyword'?"),
    ("a Rating>=4", 2, "There is no field 'rating': did you mean 'score'?"),
    ("nsfw_probability>1", 0, "There is no field 'nsfw_probability': did you mean 'nsfw'?"),
    ("zzz:1", 0, "There is no field 'zzz': put it in quotes to search for the text."),
    ("is:mising", 3, "is:mising is not known: did you mean 'missing'?"),
    ("kind:foto", 5, "kind:foto is not known: there are image and video."),
    ("a title:", 2, "title: needs a value directly behind it."),
    ('keyword:" "', 0, "keyword: needs a value directly behind it."),
    ("title=none", 0, "'none' goes with ':' alone: write title:none."),
    ("score>none", 0, "'none' goes with ':' alone: write score:none."),
    ("is:none", 3, "'is' cannot be none: write is:missing."),
    ("keyword>cat", 0, "'keyword' has no order: write keyword:\"red dress\"."),
    ("score!=4", 0, "'!=' is not known: write -score:4."),
    ("score >= 4", 6, "Write field, sign and value without spaces between them: score>=4."),
    ("score:four", 6, "'four' is no whole number: write score:4."),
    ("score:3..x", 9, "'x' is no whole number: write score:4."),
    ("score:>=3", 6, "'>=3' is no whole number: write score:4."),
    ("score:..", 6, "A range has one end at least: score:4.."),
    ("score:5..3", 6, "The range ends before it begins: '5' is more than '3'."),
    ("taken:2023-02-29", 6, "'2023-02-29' is no date: write taken:2024-05."),
    ("taken:2024-05-03T24:00", 6, "'2024-05-03T24:00' is no date: write taken:2024-05."),
    ("taken:0000", 6, "'0000' is no date: write taken:2024-05."),
    ("size>10XB", 5, "'10XB' is no size: write size:10MB."),
    ("size:" + "9" * 99, 5, "'" + "9" * 40 + "...' is no size: write size:10MB."),
    ("exposure:fast", 9, "'fast' is no exposure time: write exposure:1/250."),
    ("exposure:1/0", 9, "'1/0' is no exposure time: write exposure:1/250."),
    ("duration:1:75", 9, "'1:75' is no length: write duration:1:30."),
    ("duration:1:75:00", 9, "'1:75:00' is no length: write duration:1:30."),
    ("nsfw>=80", 6, "'80' is no probability from 0 to 1: write nsfw:0.5..0.8."),
    ("pixels:manyMP", 7, "'manyMP' is no number of pixels: write pixels:12MP."),
    ("f:wide", 2, "'wide' is no number: write f:2.8."),
    ("near:41.9,12.5", 5, _PLACE),
    ("near:41.9 12.5 10km", 5, _PLACE),
    ("a near:41.9,12.5,10 km", 17, "The distance needs km or m directly behind it: near:41.9,12.5,10km."),
    ('near:"41.9,12.5, 10"', 17, "The distance needs km or m directly behind it: near:41.9,12.5,10km."),
    ("near:41.9, 12.5, 10km", 5, "A space ends the place: write near:41.9,12.5,10km without any, or put it in quotes."),
    ("near:91,0,1km", 5, "A latitude lies between -90 and 90, a longitude between -180 and 180."),
    ("has:title", 4, "has:title is not known: write -title:none."),
    ("has:wings", 4, "has:wings is not known: only has:position is."),
    ("folder:/", 7, "A folder is written ROOT/relative: folder:photos/2024."),
    ("a &", 2, "'&' has no letter or digit to search for."),
    ("title:*", 6, "'*' alone is no word: write -title:none."),
    ("name:img_*cat", 9, "Among words, '*' stands only at the end of one: cat*."),
    ('"a\\* b* c"', 6, "In a phrase, '*' stands only at its end."),
    ('a "b', 2, "This quote is not closed."),
    ('title:"b\\"', 6, "This quote is not closed."),
    ("a (b", 2, "This '(' is not closed."),
    ("((", 1, "This '(' is not closed."),
    ("a) b", 1, "This ')' closes nothing."),
    (")", 0, "This ')' closes nothing."),
    ("a ()", 2, "There is nothing between these parentheses."),
    ("or a", 0, "'or' needs something before it."),
    ("a and or b", 6, "'or' needs something before it."),
    ("(and a)", 1, "'and' needs something before it."),
    ("a or", 2, "'or' needs something behind it."),
    ("(a and) b", 3, "'and' needs something behind it."),
    ("a NOT", 2, "'not' needs something behind it."),
    ("a - b", 2, "'-' needs something directly behind it."),
    ("(-)", 1, "'-' needs something directly behind it."),
    ("x" * (MAX_CHARACTERS + 1), MAX_CHARACTERS, "A search has at most 4,096 characters."),
    ("a " * (MAX_TERMS + 1), 2 * MAX_TERMS, "A search has at most 200 terms."),
    ("-" * (MAX_NESTING + 1) + "a", MAX_NESTING, "A search is at most 50 levels deep."),
]


@pytest.mark.parametrize(("q", "position", "sentence"), FAULTS)
def test_a_fault_is_one_sentence_and_points_at_the_place(q, position, sentence):
    with pytest.raises(QueryError) as raised:
        read(q)
    assert (raised.value.sentence, raised.value.position) == (sentence, position)


def test_every_field_can_be_asked_as_its_example_says():
    for field in FIELDS.values():
        assert written(read(f"{field.name}:{field.example}")) == f"{field.name}:{field.example}"


PIECES = st.sampled_from(
    (
        *(f"{name}{sign}" for name in FIELDS for sign in (":", ">=")),
        *['()-"*\\', ".", ":", "<", "=", ">", ".."],
        *(
            "and",
            "OR",
            "not",
            "none",
            "x:",
            "a",
            "4",
            "2024-05",
            "1/250",
            "10MB",
            "1:30",
            "yes",
            "missing",
            "\0",
            "\ud800",
        ),
    )
)


def outcome(q: str) -> Node | QueryError:
    try:
        return read(q)
    except QueryError as fault:
        return fault


@given(st.one_of(st.text(max_size=60), st.lists(st.one_of(PIECES, st.just(" ")), max_size=30).map("".join)))
def test_any_text_is_a_query_that_is_read_the_same_again_or_a_fault_with_a_place_in_it(q):
    tree = outcome(q)
    if isinstance(tree, QueryError):
        assert 0 <= tree.position < len(q)
        assert "\n" not in tree.sentence
    else:
        assert read(written(tree)) == tree
        assert written(read(written(tree))) == written(tree)


PIECE = ["(", ")", "-", '"', "\\", '\\"', "*", "a*", "*a", "a ", '"a" ', "not ", "1 ", ".", "犬", "a:", "(a or ", "é*_"]


@pytest.mark.parametrize("before", ["", '"', 'keyword:"', "duration:", 'duration:"1h', 'near:"1,', "taken:", "zzz"])
def test_no_text_takes_long(before):
    for piece in PIECE:
        q = (before + piece * MAX_CHARACTERS)[: MAX_CHARACTERS - 1] + '"'
        with at_most(0.1):
            outcome(q)
