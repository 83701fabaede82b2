"""Each file that is taken away has a name of its own, which every system takes."""

from hypothesis import given
from hypothesis import strategies as st

from app.export.names import Names


def named(*paths, stems=False):
    names = Names(paths, stems=stems)
    return [names.of(path) for path in paths]


def test_a_file_keeps_its_path_as_its_name():
    assert named("photos/a.jpg", "photos/trip/a.jpg") == ["photos/a.jpg", "photos/trip/a.jpg"]


def test_names_that_cannot_lie_side_by_side_get_numbers():
    assert named("m/a.jpg", "m/A.JPG", "m/a (2).jpg", "m/Å.png", "m/A\N{COMBINING RING ABOVE}.png") == [
        "m/a.jpg", "m/A (3).JPG", "m/a (2).jpg", "m/Å.png", "m/A\N{COMBINING RING ABOVE} (2).png",
    ]  # fmt: skip


def test_with_texts_beside_them_stems_are_numbered():
    paths = ("m/a.jpg", "m/a.dng", "m/b.jpg")
    assert named(*paths) == list(paths)
    assert named(*paths, stems=True) == ["m/a.jpg", "m/a (2).dng", "m/b.jpg"]


def test_names_are_taken_by_every_system():
    assert named("m/caf\\xe9/a:b?.jpg", "m/new\nline.jpg") == ["m/caf_xe9/a_b_.jpg", "m/new_line.jpg"]


def test_names_that_windows_refuses_are_made_such_that_it_takes_them():
    told = {
        "m/CON/aux.txt": "m/_CON/_aux.txt",
        "m/Nul .tar.gz": "m/_Nul .tar.gz",
        "m/com¹.jpg": "m/_com¹.jpg",
        "prn": "_prn",
        "m/Trip. ./a.jpg": "m/Trip_/a.jpg",
        "m/a.jpg.": "m/a.jpg_",
        "m/COM.jpg": "m/COM.jpg",
        "m/console/lpt12.jpg": "m/console/lpt12.jpg",
        "m/.a. b.jpg": "m/.a. b.jpg",
    }
    assert dict(zip(told, named(*told), strict=True)) == told
    assert named("m/aux.jpg", "m/_AUX.jpg") == ["m/_aux.jpg", "m/_AUX (2).jpg"]


def test_a_path_that_was_not_there_before_has_no_name():
    assert Names(["m/a.jpg"], stems=False).of("m/b.jpg") is None


@given(st.lists(st.from_regex(r"m/[aAb:?]( \([23]\)){0,2}\.(jpg|JPG|png)", fullmatch=True), unique=True), st.booleans())
def test_no_two_names_are_the_same(paths, stems):
    names = [name.casefold() for name in named(*paths, stems=stems)]
    compared = [name.rpartition(".")[0] for name in names] if stems else names
    assert len(set(compared)) == len(paths)
