"""Addresses of databases, and what database errors are called."""

import pytest
from sqlalchemy.exc import ArgumentError

from app.errors import BadSetting
from app.library.engine import parse_url, shown_url, sqlite_path, translated


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "not a database address"),
        ("somewhere", "not a database address"),
        ("mysql://localhost/x", "mysql: only sqlite and postgresql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_an_address_that_cannot_hold_a_library_is_refused_with_one_sentence(url, sentence):
    with pytest.raises(BadSetting, match=sentence) as caught:
        parse_url(url)
    assert caught.value.sentence.endswith((".", "postgresql://...", "file.db"))


def test_the_file_of_an_address():
    assert str(sqlite_path(parse_url("sqlite:///a/b.db"))) == "a/b.db"
    assert sqlite_path(parse_url("postgresql://u@h/d")) is None


def test_a_password_is_never_shown():
    assert shown_url("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"


def test_an_error_without_words_is_called_by_its_class():
    trouble = translated(ArgumentError(""))
    assert (trouble.cause, trouble.sentence) == ("database_error", "The database refused the work: ArgumentError.")
