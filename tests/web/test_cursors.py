"""Cursors of several values: what was put in comes out, and whatever else a client sends is refused."""

import base64

import pytest

from app.errors import BadCursor
from app.web.cursors import cursor_of, values_in


@pytest.mark.parametrize("values", [("name", "asc", "é\ud800", 7), (1.5, None, "", 2**70)])
def test_what_was_put_in_comes_out(values):
    cursor = cursor_of(*values)
    assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    assert values_in(cursor, 4) == list(values)


@pytest.mark.parametrize(
    "inside",
    [b"", b"x", b"\xff", b"7", b"null", b"{}", b'{"a":1,"b":2}', b"[1]", b"[1,2,3]", b"[" * 5_000, b"[1," * 5_000],
    ids=lambda inside: repr(inside[:12]),
)
def test_whatever_else_is_sent_is_refused(inside):
    with pytest.raises(BadCursor):
        values_in(base64.urlsafe_b64encode(inside).decode().rstrip("="), 2)


@pytest.mark.parametrize("cursor", ["", "=", "x", "é", "WzEs\nMl0", "WzEsMl0!"])
def test_letters_that_no_cursor_has_are_refused(cursor):
    with pytest.raises(BadCursor):
        values_in(cursor, 2)
