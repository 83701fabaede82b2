"""Whether folders are those that another server found, by what the library knows of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.ingest.disk.sameness import differs
from app.media import Place
from tests.ingest.builders import SESSION, Workplace, tree


@pytest.fixture
def ingested(place: Workplace) -> str:
    """A session that took ten files in; those of a folder beside it were there before."""
    tree(place.media, *(f"here/{number}.jpg" for number in range(10)))
    place.recover()
    return place.run().session_id


def of(place: Workplace, session_id: str, *directories: str) -> str | None:
    return differs(place.folders, place.library.presence, session_id, directories or ("m",), below=True)


def rename_root(media: Path) -> None:
    media.rename(media.with_name("away"))


def change(count: int) -> Callable[[Path], None]:
    def work(media: Path) -> None:
        for number in range(count):
            os.utime(media / "here" / f"{number}.jpg", ns=(1, 1))

    return work


@pytest.mark.parametrize(
    ("what", "sentence"),
    [(change(0), None), (change(3), None), (change(4), "10 files that the library knows"), (rename_root, "'m' is not")],
    ids=["none", "three", "four", "no root"],
)
def test_seven_of_ten_files_have_to_be_as_the_library_knows_them(what, sentence, place, ingested):
    what(place.media)
    told = of(place, ingested)
    assert told is None if sentence is None else sentence in told


def test_where_the_library_knows_no_file_the_directory_has_to_be_there(place):
    tree(place.media, "new/a.jpg")
    assert of(place, SESSION, "m/new") is None
    assert of(place, SESSION, "m/old") == (
        "The directory m/old is not here. Let a server go on with the session that has it."
    )
    assert of(place, SESSION, "n/new").startswith("n/new is not inside a media root")


def test_the_files_of_the_session_itself_count_first(place, ingested):
    first = place.library.presence.sample(ingested, [Place("m", b"")], below=True, limit=4)
    assert len(first) == 4
    assert {row.root for row in first} == {"m"}
