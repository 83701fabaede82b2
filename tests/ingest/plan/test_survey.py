"""Which files are to be processed and why the others are not: `judge` as a table, the walk on real trees."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from app.formats import Kind
from app.ingest.plan.survey import NOTHING_KNOWN, judge
from app.library.values import KnownFailure, KnownFile
from app.media import Job, Skip, Stage
from tests.ingest.builders import EVERY_STAGE, RECIPE, found, parameters

DONE = {stage.value: {"status": "done", "version": "1"} for stage in Stage}
WITHOUT_NSFW = {name: mark for name, mark in DONE.items() if name != "nsfw"}
FROM_SIDECARS = {Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}
NO_WEIGHTS = replace(RECIPE, unavailable={Stage.NSFW: "no weights"})
TAKES_MORE = replace(RECIPE, failing=".2")
NEWER_SCORES = replace(RECIPE, versions={**RECIPE.versions, Stage.SCORE: "2"})
IMAGES_ONLY = replace(RECIPE, applies={**RECIPE.applies, Stage.THUMBNAIL: frozenset({Kind.IMAGE})})


def row(**changes) -> KnownFile:
    return replace(KnownFile(100, 5, "", "a" * 64, Kind.IMAGE, DONE), **changes)


def failed(stage: Stage = Stage.THUMBNAIL, fingerprint: str = "100:5:", version: str = "1") -> tuple[KnownFailure, ...]:
    return (KnownFailure(fingerprint, stage, version),)


def ignored(version: str = "1", fingerprint: str = "100:5:") -> tuple[KnownFailure, ...]:
    return (KnownFailure(fingerprint, Stage.IDENTIFY, version, ignored=True),)


def marked(**marks: tuple[str, str]) -> Mapping[str, Mapping[str, object]]:
    return DONE | {name: {"status": status, "version": version} for name, (status, version) in marks.items()}


# -- one file ----------------------------------------------------------------------------------------------------

TABLE = [
    ("never seen", NOTHING_KNOWN, {}, RECIPE, "new", EVERY_STAGE),
    ("all done", row(), {}, RECIPE, Skip.FRESH, None),
    ("failed as files do now", KnownFile(failures=failed(version="1.2")), {}, TAKES_MORE, Skip.FAILED_BEFORE, None),
    ("failed as files did before", KnownFile(failures=failed()), {}, TAKES_MORE, "new", EVERY_STAGE),
    ("another size", row(size=99), {}, RECIPE, "changed", frozenset()),
    ("another time", row(mtime_ns=4), {}, RECIPE, "changed", frozenset()),
    ("a stage failed on these bytes", row(stages=marked(metadata=("failed", "1"))), {}, RECIPE, Skip.FRESH, None),
    (
        "an older version failed",
        row(stages=marked(score=("failed", "1"))),
        {},
        NEWER_SCORES,
        "read_again",
        {Stage.SCORE},
    ),
    ("a newer version", row(), {}, NEWER_SCORES, "new_stages", {Stage.SCORE}),
    ("a newer version not asked for", row(), {"import_scores": False}, NEWER_SCORES, Skip.FRESH, None),
    ("only nsfw is missing", row(stages=WITHOUT_NSFW), {}, RECIPE, "only_nsfw", {Stage.NSFW}),
    ("words are kept for it", row(words_wait=True), {}, RECIPE, "words_wait", frozenset()),
    ("it may be the same picture as another", row(looks_alike=True), {}, RECIPE, "read_again", {Stage.THUMBNAIL}),
    ("that is not asked", row(looks_alike=True), {"generate_thumbnails": False}, RECIPE, Skip.FRESH, None),
    ("nsfw cannot run here", row(stages=WITHOUT_NSFW), {}, NO_WEIGHTS, Skip.FRESH, None),
    ("nsfw not asked for", row(stages=WITHOUT_NSFW), {"enable_nsfw_detection": False}, RECIPE, Skip.FRESH, None),
    ("nsfw cannot run, never seen", NOTHING_KNOWN, {}, NO_WEIGHTS, "new", EVERY_STAGE - {Stage.NSFW}),
    ("another threshold", row(), {"nsfw_threshold": 0.1}, RECIPE, Skip.FRESH, None),
    ("an edited sidecar", row(sidecar="xmp=1:1"), {}, RECIPE, "sidecar_changed", FROM_SIDECARS),
    ("an edited score", row(sidecar="score=1:1"), {}, RECIPE, "sidecar_changed", {Stage.SCORE}),
    ("both", row(sidecar="xmp=1:1 score=1:1"), {}, RECIPE, "sidecar_changed", FROM_SIDECARS),
    (
        "an edited score that nobody reads",
        row(sidecar="score=1:1"),
        {"import_scores": False},
        RECIPE,
        Skip.FRESH,
        None,
    ),
    (
        "an edited sidecar that nobody reads",
        row(sidecar="xmp=1:1"),
        {"extract_metadata": False, "extract_keywords": False, "import_scores": False},
        RECIPE,
        Skip.FRESH,
        None,
    ),
    (
        "a stage that does not apply",
        row(kind=Kind.VIDEO, stages={}),
        {},
        IMAGES_ONLY,
        "new_stages",
        EVERY_STAGE - {Stage.THUMBNAIL},
    ),
    ("failed before", KnownFile(failures=failed()), {}, RECIPE, Skip.FAILED_BEFORE, None),
    ("failed before beside an older row", row(size=9, failures=failed()), {}, RECIPE, Skip.FAILED_BEFORE, None),
    ("failed on other bytes", KnownFile(failures=failed(fingerprint="99:5:")), {}, RECIPE, "new", EVERY_STAGE),
    ("left alone", KnownFile(failures=ignored()), {"skip_existing": False}, NEWER_SCORES, Skip.FAILED_BEFORE, None),
    ("left alone at an older version", KnownFile(failures=ignored("0")), {}, RECIPE, Skip.FAILED_BEFORE, None),
    ("left alone, but changed", row(size=9, failures=ignored(fingerprint="9:5:")), {}, RECIPE, "changed", frozenset()),
    ("failed at an older version", KnownFile(failures=failed(version="0")), {}, RECIPE, "new", EVERY_STAGE),
    (
        "failed in a stage not asked for",
        KnownFile(failures=failed()),
        {"generate_thumbnails": False},
        RECIPE,
        "new",
        EVERY_STAGE - {Stage.THUMBNAIL},
    ),
    (
        "failed in a stage that cannot run",
        KnownFile(failures=failed(Stage.NSFW)),
        {},
        NO_WEIGHTS,
        "new",
        EVERY_STAGE - {Stage.NSFW},
    ),
    ("fresh although it failed once", row(failures=failed(fingerprint="99:5:")), {}, RECIPE, Skip.FRESH, None),
    ("again", row(), {"skip_existing": False}, RECIPE, "again", EVERY_STAGE),
    (
        "again, failed before",
        KnownFile(failures=failed()),
        {"skip_existing": False},
        RECIPE,
        "failed_before",
        EVERY_STAGE,
    ),
    ("again, failed since", row(failures=failed()), {"skip_existing": False}, RECIPE, "failed_before", EVERY_STAGE),
    ("again, never seen", NOTHING_KNOWN, {"skip_existing": False}, NO_WEIGHTS, "new", EVERY_STAGE - {Stage.NSFW}),
]


@pytest.mark.parametrize(
    ("known", "asked", "recipe", "expected", "stale"), [case[1:] for case in TABLE], ids=[case[0] for case in TABLE]
)
def test_what_is_done_with_a_file(known, asked, recipe, expected, stale):
    decision, why, _ = judge(found(), known, parameters(**asked), recipe)
    if isinstance(expected, Skip):
        assert (decision, why) == (expected, expected.value)
    else:
        assert why == expected
        assert isinstance(decision, Job)
        assert decision.stale == stale


def test_a_job_over_a_known_file_says_which_bytes_are_known():
    job, _, _ = judge(found(size=9), row(), parameters(), RECIPE)
    assert (job.known_sha256, job.wanted, job.stale) == ("a" * 64, EVERY_STAGE, frozenset())


def test_again_reads_every_stage_whatever_the_bytes():
    job, _, _ = judge(found(), row(), parameters(skip_existing=False), RECIPE)
    assert job.known_sha256 is None


@pytest.mark.parametrize(
    ("before", "after", "stale"),
    [
        ("xmp=1:1 score=2:2", "xmp=1:1 score=2:3", {Stage.SCORE}),
        ("xmp=1:1 score=2:2", "xmp=1:1", {Stage.SCORE}),
        ("xmp=1:1", "xmp=1:1 score=2:2", {Stage.SCORE}),
        ("xmp=1:1 score=2:2", "xmp=1:2 score=2:2", FROM_SIDECARS),
        ("xmp=1:1 xmp=5:5 score=2:2", "xmp=5:5 score=2:2", FROM_SIDECARS),
        ("score=2:2", "xmp=1:1 score=2:3", FROM_SIDECARS),
        ("", "takeout=1:1", FROM_SIDECARS),
        ("", "txt=1:1", {Stage.METADATA, Stage.KEYWORDS}),
        ("takeout=1:1", "score=1:1", FROM_SIDECARS),
    ],
)
def test_a_sidecar_runs_only_the_stages_that_it_speaks_of(before, after, stale):
    job, why, _ = judge(found(sidecar=after), row(sidecar=before), parameters(), RECIPE)
    assert (job.stale, why) == (stale, "sidecar_changed")


def test_the_kind_of_the_content_decides_what_is_fresh_not_the_suffix():
    without = {name: mark for name, mark in DONE.items() if name != "thumbnail"}
    picture, film = found(b"a.mp4"), found(b"a.jpg")
    job, _, _ = judge(picture, NOTHING_KNOWN, parameters(), IMAGES_ONLY)
    assert job.wanted == EVERY_STAGE
    assert judge(picture, row(), parameters(), IMAGES_ONLY)[0] is Skip.FRESH
    job, why, _ = judge(picture, row(stages=without), parameters(), IMAGES_ONLY)
    assert (job.stale, why) == ({Stage.THUMBNAIL}, "new_stages")
    assert judge(film, row(kind=Kind.VIDEO, stages=without), parameters(), IMAGES_ONLY)[0] is Skip.FRESH


def test_videos_that_were_taken_in_before_they_could_be_looked_into_are_pending_for_that_alone():
    blind = replace(
        RECIPE, applies={**RECIPE.applies, **dict.fromkeys((Stage.METADATA, Stage.THUMBNAIL), frozenset({Kind.IMAGE}))}
    )
    film, known = found(b"a.mp4"), {name: DONE[name] for name in DONE.keys() - {"metadata", "thumbnail"}}
    assert judge(film, row(kind=Kind.VIDEO, stages=known), parameters(), blind)[0] is Skip.FRESH
    job, why, _ = judge(film, row(kind=Kind.VIDEO, stages=known), parameters(), RECIPE)
    assert (job.stale, why) == ({Stage.METADATA, Stage.THUMBNAIL}, "new_stages")
    assert judge(found(b"a.jpg"), row(), parameters(), RECIPE)[0] is Skip.FRESH


def test_what_was_read_beside_a_video_is_read_again_once_it_can_be_looked_into_and_stays_read_after_that():
    videos = frozenset({Kind.VIDEO})
    blind = replace(RECIPE, beside={Stage.KEYWORDS: videos, Stage.SCORE: videos})
    film, both = found(b"a.mp4"), {Stage.KEYWORDS, Stage.SCORE}
    beside = marked(**{stage: ("done", blind.version(stage, Kind.VIDEO)) for stage in both})
    assert beside["score"] != DONE["score"]
    for stages, recipe in ((beside, blind), (DONE, blind), (DONE, RECIPE)):
        assert judge(film, row(kind=Kind.VIDEO, stages=stages), parameters(), recipe)[0] is Skip.FRESH
    job, why, _ = judge(film, row(kind=Kind.VIDEO, stages=beside), parameters(), RECIPE)
    assert (job.stale, why) == (both, "new_stages")
    assert blind.version(Stage.SCORE, Kind.IMAGE) == RECIPE.versions[Stage.SCORE]
    assert judge(found(b"a.jpg"), row(), parameters(), blind)[0] is Skip.FRESH


def test_another_kind_than_the_suffix_promises_counts_only_while_the_bytes_are_the_same():
    video = row(kind=Kind.VIDEO, size=9)
    job, _, _ = judge(found(), video, parameters(), IMAGES_ONLY)
    assert Stage.THUMBNAIL in job.wanted
