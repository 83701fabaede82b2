"""A walk over a root: each file in one class, whatever the tree and whatever is known of it."""

import inspect
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest.disk.folders import EntryKind, Folders
from app.ingest.plan.survey import NOTHING_KNOWN, NothingKnown, Survey, Verdict
from app.ingest.plan.tally import Tally
from app.ingest.session.parameters import Parameters
from app.library.values import KnownFailure, KnownFile
from app.media import FoundFile, Place, Skip, Stage
from app.revisions import RowFacts
from tests.ingest.builders import RECIPE, parameters, tree
from tests.ingest.plan.test_survey import row

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
    depth, usual = 300, sys.getrecursionlimit()
    tree(tmp_path, "d/" * depth + "x.jpg")
    sys.setrecursionlimit(len(inspect.stack(0)) + depth // 2)
    try:
        [verdict] = verdicts_of(survey_of(tmp_path))
    finally:
        sys.setrecursionlimit(usual)
    assert (verdict.why, path_of(verdict).count(b"/")) == ("new", depth)


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
