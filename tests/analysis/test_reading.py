"""What is read is tied to the version of its stage: to read something else at the same version is noticed."""

import json

import pytest

from tests.analysis import reading


def test_the_same_is_read_at_the_same_version():
    sentences = reading.differences(json.loads(reading.KEPT.read_text("utf-8")), reading.now())
    assert not sentences, " ".join(sentences)


BEFORE = {"version": "2", "fields": ["iso"], "files": {"a.jpg": {"iso": 100}, "b.jpg": [["sea", "xmp", None]]}}


def told(**changed):
    return reading.differences({"metadata": BEFORE}, {"metadata": BEFORE | changed})


def test_what_is_read_otherwise_is_named_with_what_to_do():
    assert told() == []
    (sentence,) = told(files={"a.jpg": {"iso": 200, "title": "T"}, "c.jpg": [["sea", "xmp", None]]})
    assert sentence.startswith(
        "Stage metadata reads something else at version 2: b.jpg, c.jpg, iso of a.jpg, title of a.jpg. Raise its "
        "version in app/analysis/recipes.py"
    )
    (sentence,) = told(fields=["city", "iso"])
    assert "at version 2: field city." in sentence


def test_a_raised_version_asks_for_what_it_reads():
    assert told(version="3", files={}) == [
        "Stage metadata has version 3: keep what it reads, `python -m tests.analysis.reading`."
    ]


@pytest.mark.parametrize(("version", "refused"), [("2", 1), ("3", 0)])
def test_other_fields_are_kept_only_under_another_version(version, refused):
    after = {"metadata": BEFORE | {"fields": ["city", "iso"], "version": version}}
    assert len(reading.refusals({"metadata": BEFORE}, after)) == refused
