"""Which bytes of a file a request asks for."""

import pytest

from app.web.library.ranges import NotSatisfiable, Span, is_current, knows, span_of


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        (None, None),
        ("bytes=0-", Span(0, 10)),
        ("bytes=0-0", Span(0, 1)),
        ("bytes=3-5", Span(3, 6)),
        (" Bytes = 3 - 5 ", Span(3, 6)),
        ("bytes=8-100", Span(8, 10)),
        ("bytes=-4", Span(6, 10)),
        ("bytes=-400", Span(0, 10)),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("items=0-1", None),
        ("bytes=\u0663-\u0665", None),
        ("bytes=0-" + "9" * 5_000, None),
        ("nonsense", None),
    ],
)
def test_one_range_is_read_and_anything_else_is_the_whole_file(asked, span):
    assert span_of(asked, 10) == span


@pytest.mark.parametrize(("asked", "size"), [("bytes=10-", 10), ("bytes=11-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_bytes_that_are_not_there_cannot_be_given(asked, size):
    with pytest.raises(NotSatisfiable):
        span_of(asked, size)


def test_a_range_goes_on_only_with_the_file_that_it_began_with():
    assert is_current(None, '"a"')
    assert is_current('"a"', '"a"')
    assert not is_current('"b"', '"a"')
    assert not is_current('W/"a"', 'W/"a"')
    assert not is_current("Wed, 21 Oct 2015 07:28:00 GMT", '"a"')


def test_a_client_says_which_tags_it_knows():
    assert knows('"x", W/"a"', '"a"')
    assert knows('"a"', 'W/"a"')
    assert knows("*", '"a"')
    assert not knows(None, '"a"')
    assert not knows('"ab"', '"a"')
