"""Live Photos: the decision alone, and the link of the rows through everything that can happen to their files."""

from dataclasses import replace
from itertools import zip_longest

import pytest
from sqlalchemy import insert, text

from app.formats import Kind, suffix_of
from app.library.pairs import _SAME_STEM, MAX_SECONDS, live_photos
from app.library.tables import MEDIA
from app.library.values import as_file
from app.media import Metadata, Outcome, Place, Stage
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, failure, found, without

STILL = {
    "kind": "image", "format": "heic", "duration_seconds": None, "content_identifier": None, "missing_at": None,
    "taken_at": None,
}  # fmt: skip
VIDEO = STILL | {"kind": "video", "format": "mov", "duration_seconds": 2.9}
NAMED = {"content_identifier": "A"}


# -- the decision ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "paired"),
    [
        ([STILL, VIDEO], True),
        ([VIDEO, STILL | {"format": "jpeg"}], True),
        ([STILL, VIDEO | {"format": "mp4"}], True),
        ([STILL], False),
        ([VIDEO], False),
        ([STILL, STILL | {"format": "jpeg"}, VIDEO], True),
        ([STILL, STILL | {"format": "jpeg"}, STILL | {"format": "jpeg"}, VIDEO], False),
        ([STILL, VIDEO, VIDEO | {"format": "mp4"}], False),
        ([STILL | {"format": "png"}, VIDEO], False),
        ([STILL, VIDEO | {"format": "webm"}], False),
        ([STILL, VIDEO | {"duration_seconds": MAX_SECONDS}], True),
        ([STILL, VIDEO | {"duration_seconds": MAX_SECONDS + 0.1}], False),
        ([STILL, VIDEO | {"duration_seconds": None}], False),
        ([STILL | {"content_identifier": "A"}, VIDEO | {"content_identifier": "A", "duration_seconds": 600}], True),
        ([STILL | {"content_identifier": "A"}, VIDEO | {"content_identifier": "B"}], False),
        ([STILL, VIDEO | {"content_identifier": "B"}], True),
        ([STILL | {"format": "dng"}, STILL | NAMED, VIDEO | NAMED], True),
        ([STILL | {"format": "jpeg"}, STILL | NAMED, VIDEO | NAMED], True),
        ([STILL | {"format": "jpeg"} | NAMED, STILL | NAMED, VIDEO | NAMED], True),
        ([STILL | NAMED, STILL | NAMED, VIDEO | NAMED], False),
        ([STILL | {"format": "dng"}, STILL, VIDEO], False),
        ([STILL, VIDEO | {"missing_at": "2026"}], False),
        ([STILL, STILL | {"missing_at": "2026"}, VIDEO], True),
    ],
)
def test_one_still_and_one_short_video_of_a_name_are_a_live_photo(files, paired):
    assert len(judged(files)) == (1 if paired else 0)


def judged(files, folders=(), names=()):
    """The Live Photos among the files, which have one name unless these are given."""
    paths = [f"{folder}/{name}" for folder, name in zip_longest(folders, names, fillvalue="")]
    rows = [
        file | {"id": number, "root": "m", "path": (path or "d/IMG_1.x").encode()}
        for number, (file, path) in enumerate(zip_longest(files, paths, fillvalue=""))
    ]
    return list(live_photos([row | {"folder": row["path"].rpartition(b"/")[0]} for row in rows]))


@pytest.mark.parametrize("named", [{}, NAMED])
def test_of_a_heic_and_the_jpeg_made_from_it_the_heic_is_the_still(named):
    ((still, video),) = judged([STILL | {"format": "jpeg"} | named, VIDEO | named, STILL | named])
    assert (still["format"], video["kind"]) == ("heic", "video")


@pytest.mark.parametrize(
    ("folders", "names", "pairs"),
    [
        (("d", "d"), ("IMG_1.HEIC", "IMG_1_HEVC.MOV"), 1),
        (("d", "d"), ("IMG_1.HEIC", "other.MOV"), 1),
        (("d", "e"), ("IMG_1.HEIC", "IMG_1.MOV"), 0),
    ],
)
def test_equal_identifiers_pair_whatever_the_names_in_one_folder(folders, names, pairs):
    assert len(judged([STILL | NAMED, VIDEO | NAMED | {"duration_seconds": 600}], folders, names)) == pairs


def test_what_is_paired_by_its_identifier_is_no_half_by_its_name():
    files = [STILL | NAMED, VIDEO | NAMED, VIDEO, STILL]
    names = ["IMG_1.HEIC", "IMG_1_HEVC.MOV", "IMG_1.MOV", "IMG_2.HEIC"]
    assert [(still["id"], video["id"]) for still, video in judged(files, ["d"] * 4, names)] == [(0, 1)]


@pytest.mark.parametrize(
    ("still", "video", "paired"),
    [
        ("2024-08-15T10:00:00", "2024-09-01T12:00:00+02:00", False),
        ("2024-08-15T10:00:00", "2024-08-15T10:00:03", True),
        ("2024-08-15T10:00:00", "2024-08-15T08:00:02+00:00", True),
        ("2024-08-15T10:00:00+02:00", "2024-08-15T08:00:02+00:00", True),
        ("2024-08-15T10:00:00+02:00", "2024-08-15T10:00:02+00:00", False),
        ("2024-08-15T10:00:00", "2024-08-15T10:07:30", False),
        ("2024-08-15", "2024-08-15T23:00:00+00:00", True),
        ("2024-08-15", "2024-08-20T23:00:00+00:00", False),
        ("2024-08-15T10:00:00", "2024-09-15", False),
        ("2024-08", "2024-08-15T10:00:00", True),
        (None, "2024-08-15T10:00:00", True),
        ("2024-08-15T10:00:00", None, True),
    ],
)
def test_the_same_name_with_times_that_differ_is_no_live_photo(still, video, paired):
    files = [STILL | {"taken_at": still}, VIDEO | {"taken_at": video}]
    assert len(judged(files)) == (1 if paired else 0)
    named = [file | NAMED for file in files]
    assert len(judged(named)) == 1, "equal identifiers say more than clocks"


PIXELS = [
    ("PXL_1.MP", "PXL_1.MP.jpg"),
    ("PXL_1.MP~2", "PXL_1.MP~2.jpg"),
    ("PXL_1.MP(1)", "PXL_1.MP(1).jpg"),
    ("PXL_1.MV", "PXL_1.MV.JPG"),
    ("PXL_1.RAW-01.MP.COVER", "PXL_1.RAW-01.MP.COVER.jpg"),
    ("PXL_1.MP", "PXL_1.jpg"),
    ("PXL_1.MP", "PXL_1.MP.heic"),
    ("MVIMG_20180722_120942", "MVIMG_20180722_120942.jpg"),
    ("MVIMG_20180722_120942(1)", "MVIMG_20180722_120942(1).jpg"),
    ("MVIMG_20180722_120942.MP4", "MVIMG_20180722_120942.jpg"),
]
"""The names of films and pictures as archives of Google Photos have them."""


@pytest.mark.parametrize(("film", "picture"), PIXELS)
def test_the_film_of_a_pixel_goes_with_the_picture_of_its_name(film, picture):
    ((still, video),) = judged([STILL | {"format": "jpeg"}, VIDEO | {"format": "mp4"}], ["d"] * 2, [picture, film])
    assert (still["path"], video["path"]) == (f"d/{picture}".encode(), f"d/{film}".encode())


def test_the_film_of_a_pixel_goes_first_with_the_picture_that_has_its_whole_name():
    names = ["PXL_1.jpg", "PXL_1.MP.jpg", "PXL_1.MP", "PXL_2.MP", "PXL_3.MP.jpg", "MVIMG_20180722_120942"]
    files = [VIDEO | {"format": "mp4"} if suffix_of(name.encode()) == b".mp4" else STILL for name in names]
    assert [(still["id"], film["id"]) for still, film in judged(files, ["d"] * len(names), names)] == [(1, 2)]


# -- the rows ----------------------------------------------------------------------------------------------------


def still(path=b"d/IMG_1.HEIC", *, content=b"still", identifier=None, **others):
    made = analysis(found(path), content=content, metadata=Metadata(content_identifier=identifier), **others)
    return replace(made, identity=replace(made.identity, format="heic"))


def video(path=b"d/IMG_1.MOV", *, content=b"video", seconds=2.9, identifier=None, **others):
    metadata = Metadata(duration_seconds=seconds, content_identifier=identifier)
    return analysis(found(path), content=content, kind=Kind.VIDEO, metadata=metadata, **others)


@pytest.fixture
def commit(library):
    def write(*results, lost=(), session_id=OTHER_SESSION):
        for result in results:
            event = library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8, look=without(*lost))
        return event

    return write


@pytest.fixture
def paired(library, commit):
    commit(still(), video(), session_id=SESSION)
    return library


def links(library, *paths):
    """The path of the other half by each path."""
    pairs = {path: library.file(Place("m", path))["pair"] for path in paths}
    assert all(pair is None or pair["kind"] == "live_photo" for pair in pairs.values())
    return [pair and pair["path"] for pair in pairs.values()]


@pytest.mark.parametrize("halves", [(still(), video()), (video(), still())], ids=["the video last", "the still last"])
def test_whichever_comes_second_links_both_and_leaves_the_other_as_it_is(library, commit, halves):
    commit(halves[0], session_id=SESSION)
    before = library.file(Place("m", halves[0].file.path))
    assert before["pair"] is None
    assert commit(halves[1]).outcome == Outcome.ADDED
    after = library.file(Place("m", halves[0].file.path))
    assert {name for name in after if after[name] != before[name]} == {"pair", "pair_id"}
    assert links(library, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == ["m/d/IMG_1.MOV", "m/d/IMG_1.HEIC"]
    assert as_file(after, None)["pair"]["kind"] == "live_photo"


@pytest.mark.parametrize(
    "path",
    [b"d/IMG_1.foo.MOV", b"d/IMG_10.MOV", b"e/IMG_1.MOV", b"d/IMG_1.d/IMG_1.MOV", b"d/IMG_E1.MOV", b"IMG_1.MOV"],
)
@pytest.mark.parametrize("still_first", [True, False])
def test_other_names_and_other_folders_are_no_half(library, commit, path, still_first):
    commit(*((still(), video(path)) if still_first else (video(path), still())))
    assert links(library, b"d/IMG_1.HEIC", path) == [None, None]


@pytest.mark.parametrize("path", [b"IMG_1.mov", b"IMG_1.MP4"])
def test_files_of_the_root_and_suffixes_of_either_case_are_halves(library, commit, path):
    commit(still(b"IMG_1.HEIC"), video(path))
    assert links(library, b"IMG_1.HEIC", path) == [f"m/{path.decode()}", "m/IMG_1.HEIC"]


def test_a_second_still_of_the_name_parts_them_and_its_end_brings_them_together(paired, commit):
    commit(replace(still(b"d/IMG_1.JPG", content=b"jpeg")))
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV", b"d/IMG_1.JPG") == [None] * 3
    paired.presence.mark_missing("m", [b"d/IMG_1.JPG"])
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == ["m/d/IMG_1.MOV", "m/d/IMG_1.HEIC"]


def test_other_bytes_are_judged_anew(paired, commit):
    assert commit(video(content=b"long", seconds=600)).outcome == Outcome.UPDATED
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == [None, None]
    commit(still(content=b"2", identifier="A"), video(content=b"long too", seconds=600, identifier="A"), session_id="3")
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == ["m/d/IMG_1.MOV", "m/d/IMG_1.HEIC"]


@pytest.mark.parametrize("gone", [b"d/IMG_1.HEIC", b"d/IMG_1.MOV"])
@pytest.mark.parametrize("how", ["vanished", "marked"])
def test_a_half_that_is_gone_is_none_and_one_that_returns_is_one_again(paired, commit, gone, how):
    if how == "marked":
        paired.presence.mark_missing("m", [gone])
    else:
        commit(failure(found(gone), stage=Stage.IDENTIFY, cause="vanished"))
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == [None, None]
    commit(still(), video(), session_id="3")
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == ["m/d/IMG_1.MOV", "m/d/IMG_1.HEIC"]


def test_a_half_that_moves_leaves_the_other_alone_until_that_follows(paired, commit):
    assert commit(still(b"e/IMG_1.HEIC"), lost=[b"d/IMG_1.HEIC"]).outcome == Outcome.MOVED
    assert links(paired, b"e/IMG_1.HEIC", b"d/IMG_1.MOV") == [None, None]
    assert commit(video(b"e/IMG_1.MOV"), lost=[b"d/IMG_1.MOV"]).outcome == Outcome.MOVED
    assert links(paired, b"e/IMG_1.HEIC", b"e/IMG_1.MOV") == ["m/e/IMG_1.MOV", "m/e/IMG_1.HEIC"]


def test_a_file_that_takes_the_place_of_a_half_is_judged_in_its_new_place(paired, commit):
    commit(still(b"x.HEIC", content=b"other"))
    assert commit(still(content=b"other"), lost=[b"x.HEIC"], session_id="3").outcome == Outcome.MOVED
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == ["m/d/IMG_1.MOV", "m/d/IMG_1.HEIC"]


def test_a_half_that_cannot_be_read_any_more_keeps_its_row_as_it_was(paired, commit):
    commit(failure(found(b"d/IMG_1.HEIC", size=3)))
    assert links(paired, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == ["m/d/IMG_1.MOV", "m/d/IMG_1.HEIC"]


def test_halves_of_other_names_are_linked_by_their_identifier_and_parted(library, commit):
    names = [b"d/IMG_1.HEIC", b"d/IMG_1_HEVC.MOV"]
    both = still(names[0], identifier="A"), video(names[1], identifier="A")
    linked = ["m/d/IMG_1_HEVC.MOV", "m/d/IMG_1.HEIC"]
    commit(*both)
    assert links(library, *names) == linked
    library.presence.mark_missing("m", [names[0]])
    assert links(library, *names) == [None, None]
    commit(both[0], session_id="3")
    assert links(library, *names) == linked
    commit(video(names[1], content=b"other"), session_id="4")
    assert links(library, *names) == [None, None]
    commit(both[1], session_id="5")
    assert links(library, *names) == linked
    assert commit(replace(both[1], file=found(b"e/x.MOV")), lost=[names[1]], session_id="6").outcome == Outcome.MOVED
    assert links(library, names[0], b"e/x.MOV") == [None, None]


def test_a_half_by_its_name_is_freed_when_its_partner_is_found_by_identifier(library, commit):
    commit(still(identifier="A"), video())
    assert links(library, b"d/IMG_1.HEIC", b"d/IMG_1.MOV") == ["m/d/IMG_1.MOV", "m/d/IMG_1.HEIC"]
    commit(video(b"d/IMG_1_HEVC.MOV", content=b"hevc", identifier="A"))
    names = [b"d/IMG_1.HEIC", b"d/IMG_1_HEVC.MOV", b"d/IMG_1.MOV"]
    assert links(library, *names) == ["m/d/IMG_1_HEVC.MOV", "m/d/IMG_1.HEIC", None]
    library.presence.mark_missing("m", [b"d/IMG_1_HEVC.MOV"])
    assert links(library, *names) == ["m/d/IMG_1.MOV", None, "m/d/IMG_1.HEIC"]


@pytest.mark.parametrize(("film", "picture"), PIXELS)
@pytest.mark.parametrize("film_first", [True, False])
def test_a_pixel_s_film_is_linked_to_its_picture_in_whichever_order_they_come(
    library, commit, film, picture, film_first
):
    names = [f"d/{name}".encode() for name in (picture, film)]
    halves = [still(names[0]), video(names[1])]
    commit(*(halves[::-1] if film_first else halves))
    assert links(library, *names) == [f"m/d/{film}", f"m/d/{picture}"]


def test_a_pixel_s_film_is_linked_anew_when_the_picture_of_its_whole_name_comes_and_goes(library, commit):
    names = [b"d/PXL_1.jpg", b"d/PXL_1.MP", b"d/PXL_1.MP.jpg"]
    commit(still(names[0]), video(names[1]))
    assert links(library, *names[:2]) == ["m/d/PXL_1.MP", "m/d/PXL_1.jpg"]
    commit(still(names[2], content=b"whole"))
    assert links(library, *names) == [None, "m/d/PXL_1.MP.jpg", "m/d/PXL_1.MP"]
    commit(still(names[0], content=b"edited"), session_id="3")
    assert links(library, *names) == [None, "m/d/PXL_1.MP.jpg", "m/d/PXL_1.MP"]
    library.presence.mark_missing("m", [names[2]])
    assert links(library, *names[:2]) == ["m/d/PXL_1.MP", "m/d/PXL_1.jpg"]


def test_a_row_that_is_deleted_takes_the_link_along(paired):
    paired._engines.write(lambda c: c.execute(text("DELETE FROM media_files WHERE name = 'IMG_1.MOV'")))
    assert paired.file(Place("m", b"d/IMG_1.HEIC"))["pair_id"] is None


def test_a_name_is_looked_up_in_the_index_of_paths_and_nothing_of_the_folder_beside_it_is_read_out(library, commit):
    commit(still(), video())
    row = {name: value for name, value in library.file(Place("m", b"d/IMG_1.HEIC")).items() if name in MEDIA.c}
    del row["id"], row["pair_id"]
    paths = [b"d/IMG_%05d.HEIC" % number for number in range(2_000)]
    paths += [b"d/IMG_1.d/%d.ts" % number for number in range(100)]
    rows = [row | {"path": path, "folder": path.rpartition(b"/")[0], "sha256": path.hex()[-64:]} for path in paths]
    asked = {"b_root": "m", "b_from": b"d/IMG_1.", "b_to": b"d/IMG_1/", "b_length": len(b"d/IMG_1.avifs")}

    def explained(connection):
        connection.execute(insert(MEDIA), rows)
        connection.execute(text("ANALYZE media_files"))
        found = connection.execute(_SAME_STEM, asked)
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        plan = connection.exec_driver_sql(f"{explain} {found.context.statement}", found.context.parameters[0])
        return {row.path for row in found}, " ".join(str(line[-1]) for line in plan)

    paths, plan = library._engines.write(explained)
    assert paths == {b"d/IMG_1.HEIC", b"d/IMG_1.MOV"}
    assert "uq_media_files_root" in plan or "sqlite_autoindex_media_files_1 (root=? AND path>?" in plan, plan
