"""Which files are to be processed and why the others are not: `judge` as a table, the walk on real trees."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats import Kind
from app.ingest.disk.folders import EntryKind, Folders
from app.ingest.plan.survey import NOTHING_KNOWN, NothingKnown, Survey, Tally, Verdict, judge
from app.ingest.session.parameters import Parameters
from app.library.values import KnownFailure, KnownFile
from app.media import FoundFile, Job, Place, Skip, Stage
from app.revisions import RowFacts
from tests.ingest.builders import EVERY_STAGE, RECIPE, found, parameters, tree

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


# -- a walk ------------------------------------------------------------------------------------------------------


class Memory:
    """A library that knows these files of every root."""

    def __init__(self, known: Mapping[bytes, KnownFile] | None = None) -> None:
        self.all = known or {}
        self.asked: list[bytes] = []

    def known(self, folder: Place) -> Mapping[bytes, KnownFile]:
        self.asked.append(folder.path)
        return {path: known for path, known in self.all.items() if path.rpartition(b"/")[0] == folder.path}

    def facts(self, folder: Place) -> Mapping[bytes, RowFacts]:
        del folder
        raise AssertionError("No row here is of another version.")


def survey_of(
    root: Path, asked: Parameters | None = None, library=None, answered: frozenset[bytes] = frozenset(), recipe=RECIPE
) -> Survey:
    asked = asked or parameters()
    disk = Folders({"m": root})
    chosen = disk.resolve_all(asked.directories, recursive=asked.recursive)
    return Survey(disk.read, library or NothingKnown(), recipe, chosen, asked, answered)


def fresh_in(root: Path, *names: bytes) -> dict[bytes, KnownFile]:
    disk, known = Folders({"m": root}), {}
    for name in names:
        file = disk.found(Place("m", name))
        known[name] = row(size=file.size, mtime_ns=file.mtime_ns)
    return known


def verdicts_of(survey: Survey) -> list[Verdict]:
    """What was decided, without the signs of life between."""
    return [passed for passed in survey if isinstance(passed, Verdict)]


def path_of(verdict: Verdict) -> bytes:
    return verdict.folder.below(verdict.entry.name).path


def test_files_come_in_the_order_of_their_paths(tmp_path):
    names = [
        "a-b/x.jpg",
        "a.jpg",
        "a/x.jpg",
        "a/b/c.jpg",
        "a/b.jpg",
        "a0.jpg",
        "a/b-c/d.jpg",
        "Z/z.jpg",
        "\u00e9/x.jpg",
    ]
    tree(tmp_path, *names, b"caf\xe9/x.jpg", b"a\n/x.jpg")
    paths = [path_of(verdict) for verdict in verdicts_of(survey_of(tmp_path))]
    assert paths == sorted(paths)
    assert len(paths) == 11


def test_several_directories_come_in_the_order_of_their_paths(tmp_path):
    tree(tmp_path, "a/x.jpg", "a-b/x.jpg", "a0/x.jpg")
    asked = parameters("m/a", "m/a0", "m/a-b")
    assert [path_of(verdict) for verdict in verdicts_of(survey_of(tmp_path, asked))] == [
        b"a-b/x.jpg",
        b"a/x.jpg",
        b"a0/x.jpg",
    ]


def test_a_tree_deeper_than_the_stack_of_python_is_walked(tmp_path):
    folders = [tmp_path.joinpath(*"d" * depth) for depth in range(1, 1201)]
    for folder in folders:
        folder.mkdir()
    picture = folders[-1] / "x.jpg"
    picture.write_bytes(b"x")
    try:
        [verdict] = verdicts_of(survey_of(tmp_path))
    finally:  # what clears temporary folders may not go as deep
        picture.unlink()
        for folder in reversed(folders):
            folder.rmdir()
    assert (verdict.why, path_of(verdict).count(b"/")) == ("new", 1200)


def test_without_recursion_only_the_folder_itself_is_walked(tmp_path):
    tree(tmp_path, "a/x.jpg", "a/b/y.jpg")
    asked = parameters("m/a", recursive=False)
    assert [path_of(verdict) for verdict in verdicts_of(survey_of(tmp_path, asked))] == [b"a/x.jpg"]


def test_each_file_is_skipped_for_the_first_reason_that_applies(tmp_path):
    tree(
        tmp_path,
        "a.jpg",
        "b.jpg",
        "b.png",
        ".c.jpg",
        "d.txt",
        "e.gif",
        "z.jpg",
        ".trash/x.jpg",
        ".trash/y.txt",
        "b.xmp",
    )
    known = fresh_in(tmp_path, b"b.png")
    known[b"b.png"] = replace(
        known[b"b.png"],
        sidecar=next(
            entry.sidecar for entry in Folders({"m": tmp_path}).read(Place("m")).entries if entry.name == b"b.png"
        ),
    )
    gif = Folders({"m": tmp_path}).found(Place("m", b"e.gif"))
    known[b"e.gif"] = KnownFile(failures=(KnownFailure(gif.fingerprint, Stage.IDENTIFY, "1"),))
    asked = parameters(pattern="*.png|*.gif|b.*|z*", max_files=1)
    verdicts = {path_of(verdict): verdict.skip for verdict in verdicts_of(survey_of(tmp_path, asked, Memory(known)))}
    assert verdicts == {
        b".c.jpg": Skip.FILTERED,
        b".trash/x.jpg": Skip.FILTERED,
        b".trash/y.txt": Skip.FILTERED,
        b"a.jpg": Skip.FILTERED,
        b"b.jpg": None,
        b"b.png": Skip.FRESH,
        b"d.txt": Skip.UNSUPPORTED,
        b"e.gif": Skip.FAILED_BEFORE,
        b"z.jpg": Skip.BEYOND_MAX_FILES,
    }


def test_a_hidden_folder_that_is_chosen_itself_is_filtered(tmp_path):
    tree(tmp_path, ".trash/deep/x.jpg")
    assert [verdict.skip for verdict in verdicts_of(survey_of(tmp_path, parameters("m/.trash/deep")))] == [
        Skip.FILTERED
    ]


def test_only_folders_with_media_are_asked_of_the_library(tmp_path):
    tree(tmp_path, "a/x.jpg", "b/notes.txt", "c/d/y.png")
    memory = Memory()
    list(survey_of(tmp_path, library=memory))
    assert memory.asked == [b"a", b"c/d"]


def test_max_files_counts_over_all_resumes(tmp_path):
    tree(tmp_path, *(f"{n}.jpg" for n in range(6)))
    answered = frozenset({b"m/0.jpg", b"m/1.jpg"})
    tally = Tally(len(answered)).counted(survey_of(tmp_path, parameters(max_files=4), answered=answered))
    plan = tally.as_plan()
    assert (plan.discovered, plan.total_files, tally.pending) == (6, 4, 2)
    assert plan.skipped[Skip.BEYOND_MAX_FILES] == 2
    all_answered = frozenset(f"m/{n}.jpg".encode() for n in range(4))
    plan = Tally(4).counted(survey_of(tmp_path, parameters(max_files=4), answered=all_answered)).as_plan()
    assert (plan.discovered, plan.total_files, plan.skipped[Skip.BEYOND_MAX_FILES]) == (6, 4, 2)


def test_a_file_that_was_answered_for_and_is_gone_now_stays_discovered(tmp_path):
    tree(tmp_path, "a.jpg", "b.jpg")
    answered = frozenset({b"m/a.jpg", b"m/gone.jpg"})
    plan = Tally(len(answered)).counted(survey_of(tmp_path, answered=answered)).as_plan()
    assert (plan.discovered, plan.total_files) == (3, 3)


def test_a_folder_that_cannot_be_read_is_a_warning(tmp_path):
    tree(tmp_path, "a/x.jpg", "b/y.jpg")
    disk = Folders({"m": tmp_path})

    def read(folder, ignores=None):
        gone = folder.path == b"a"
        return disk.read(Place("m", b"gone") if gone else folder, ignores)

    tally = Tally().counted(replace(survey_of(tmp_path), read=read))
    assert tally.warnings == ["m/gone cannot be read: No such file or directory."]
    assert tally.as_plan().warnings == tuple(tally.warnings)
    assert tally.discovered == 1


def test_a_tally_counts_reasons_types_and_folders(tmp_path):
    tree(tmp_path, "a/x.jpg", "a/y.JPEG", "b/z.png", "notes.txt")
    tally = Tally().counted(survey_of(tmp_path, library=Memory(fresh_in(tmp_path, b"a/x.jpg"))))
    assert (tally.pending_by, tally.by_type) == ({"new": 2}, {"jpeg": 1, "png": 1})
    assert (tally.folders, tally.pending, tally.discovered) == (3, 2, 4)


def test_a_tally_knows_the_formats_that_are_there_whatever_was_asked_for(tmp_path):
    tree(tmp_path, "a/x.jpg", "a/y.JPEG", "b/z.png", "notes.txt", ".hidden.gif")
    sizes = sum(path.stat().st_size for path in (tmp_path / "a").iterdir())
    tally = Tally().counted(survey_of(tmp_path, parameters(pattern="*.png")))
    found = {name: (of.files, of.pattern) for name, of in tally.formats.items()}
    assert found == {"jpeg": (2, "*.jpeg|*.jpg"), "png": (1, "*.png")}
    assert tally.formats["jpeg"].size == sizes


# -- any tree, any knowledge -------------------------------------------------------------------------------------

PARTS = st.sampled_from([b"a", b"a-b", b"a.", b"a0", b"b\xe9", b".h", b"@eaDir", b".scores"])
NAMES = st.sampled_from(
    [b"a.jpg", b"a.xmp", b"a.jpg.xmp", b"a.jpg.json", b"b.png", b".c.jpg", b"d.txt", b"e", b"b\xff.gif"]
)
PATHS = st.builds(lambda parts, name: b"/".join((*parts, name)), st.lists(PARTS, max_size=3), NAMES)
KNOWLEDGE = st.sampled_from(["nothing", "fresh", "stale", "failed", "answered"])


def knowledge_of(file: FoundFile, kind: str) -> KnownFile:
    match kind:
        case "fresh":
            return row(size=file.size, mtime_ns=file.mtime_ns, sidecar=file.sidecar)
        case "stale":
            return row(size=file.size + 1, mtime_ns=file.mtime_ns)
        case "failed":
            return KnownFile(failures=(KnownFailure(file.fingerprint, Stage.IDENTIFY, "1"),))
        case _:
            return NOTHING_KNOWN


@settings(max_examples=60)
@given(
    known=st.dictionaries(PATHS, KNOWLEDGE, max_size=25),
    pattern=st.sampled_from(["*", "*.jpg", "a*|*.png"]),
    recursive=st.booleans(),
    skip_existing=st.booleans(),
    max_files=st.none() | st.integers(1, 6),
)
def test_every_file_is_in_exactly_one_class_and_the_sums_close(known, pattern, recursive, skip_existing, max_files):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        tree(root, *known)
        disk, memory, answered = Folders({"m": root}), {}, set()
        on_disk = [
            b"/".join((os.path.relpath(place, os.fsencode(root)), name)).removeprefix(b"./")
            for place, _, names in os.walk(os.fsencode(root))
            for name in names
            if recursive or place == os.fsencode(root)
        ]
        for path in on_disk:
            parent = Place("m", path.rpartition(b"/")[0])
            for file in disk.read(parent).files():
                if file.path == path:
                    memory[path] = knowledge_of(file, known[path])
                    if known[path] == "answered" and not any(
                        part.startswith((b".", b"@")) for part in path.split(b"/")
                    ):
                        answered.add(b"m/" + path)
        asked = parameters(pattern=pattern, recursive=recursive, skip_existing=skip_existing, max_files=max_files)
        survey = survey_of(root, asked, Memory(memory), frozenset(answered))
        verdicts = verdicts_of(survey)
        plan = Tally(len(answered)).counted(verdicts).as_plan()

    seen = [path_of(verdict) for verdict in verdicts]
    assert seen == sorted(set(seen))
    sidecars = set(on_disk) - set(seen)
    assert all(path.endswith((b".xmp", b".json")) for path in sidecars)
    assert set(seen) <= set(on_disk)
    for verdict in verdicts:
        assert (verdict.skip is not None) + (verdict.job is not None) + verdict.answered == 1
        assert verdict.job is None or verdict.entry.kind is EntryKind.MEDIA
    assert plan.discovered == len(seen) == plan.total_files + sum(plan.skipped.values())
    pending = sum(verdict.job is not None for verdict in verdicts)
    assert plan.total_files == pending + len(answered)
    assert sum(plan.pending_by.values()) == pending
    if max_files is not None:
        assert pending <= max(0, max_files - len(answered))
        assert bool(plan.skipped[Skip.BEYOND_MAX_FILES]) <= (pending + len(answered) >= max_files)
