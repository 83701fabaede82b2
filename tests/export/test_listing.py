"""A long list begins with the lines by which other programs learn its columns."""

import json

import pytest

from app.export import listing as listings
from app.export.listing import Listing

LINES = [
    {"n": 0, "a": None, "words": [], "taken_at": "2024-05-01T10:00:00"},
    {"n": 1, "a": None, "words": [], "taken_at": None},
    {"n": 2, "a": False, "words": [], "taken_at": "2024-05"},
    {"n": 3, "a": True, "words": ["x"], "taken_at": "2024"},
    {"n": 4, "a": 0, "words": [], "taken_at": None},
]


@pytest.mark.parametrize(("short", "order"), [(10_000, [0, 1, 2, 3, 4]), (0, [0, 2, 3, 1, 4])])
def test_every_line_is_in_a_list_once(monkeypatch, short, order):
    monkeypatch.setattr(listings, "_SHORT_BYTES", short)
    monkeypatch.setattr(listings, "_PIECE_BYTES", 7)
    made = Listing()
    for line in LINES:
        made.add(line)
    content = b"".join(made.pieces())
    made.close()
    assert [json.loads(line) for line in content.splitlines()] == [LINES[n] for n in order]
