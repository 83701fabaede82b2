"""How much of the library an answer speaks for, in words."""

import pytest

from app.library.finding.counting import _STAGE_OF, _WHY, coverage_in_words


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({}, "12,340 of 12,340 searched"),
        ({"nsfw_not_run": 60}, "12,340 of 12,400 searched; 60 not, because NSFW was not checked"),
        (
            {"indexing": 50, "score_failed": 60},
            "12,340 of 12,450 searched; 110 not, because they are not indexed yet (50) or reading scores failed (60)",
        ),
    ],
)
def test_coverage_in_words_says_how_many_files_of_what_was_asked_nothing_is_known_and_why(missing, words):
    of = 12_340 + sum(missing.values())
    assert coverage_in_words({"searched": 12_340, "of": of, "missing": missing}) == words


def test_every_cause_has_words():
    assert {f"{stage.value}_{how}" for stage in _STAGE_OF for how in ("failed", "not_run")} | {
        "indexing"
    } == _WHY.keys()
