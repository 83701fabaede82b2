"""The closed sum of a comparison, over whatever a person may have done with a card and a library."""

import os
import shutil
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from app.library.library import Library
from tests.compare.shelf import Shelf, flip, stamps, write

numbers = count()
EXPECTED = {
    "copied": "in_library", "renamed": "in_library", "moved": "in_library", "hidden": "in_library",
    "twice": "in_library", "touched": "in_library",
    "new": "not_in_library", "damaged": "not_in_library", "edited": "not_in_library",
    "gone": "file_missing", "flipped": "file_missing", "linked": "file_missing", "replaced": "file_missing",
    "notes": "not_media", "symlink": "not_media",
}  # fmt: skip


HERE = {"renamed": "r{}.png", "moved": "far/f{}.jpg", "hidden": ".h/f{}.jpg", "notes": "f{}.txt"}
AFTER = {
    "damaged": lambda copy, original: flip(original),
    "edited": lambda copy, original: original.write_bytes(b"edited " + original.read_bytes()),
    "touched": lambda copy, original: os.utime(copy, ns=(5, 5)),
    "flipped": lambda copy, original: flip(copy),
    "gone": lambda copy, original: copy.unlink(),
    "replaced": lambda copy, original: (copy.unlink(), copy.symlink_to(original)),
}


def place_file(shelf: Shelf, fate: str, folder: str, number: int) -> list[str]:
    """Makes a file on the card that met this fate; its paths there."""
    name, content = f"{folder}f{number}.jpg", f"{number} {next(numbers)}".encode()
    original = write(shelf.card / folder / HERE.get(fate, "f{}.jpg").format(number), content)
    paths = [str(original.relative_to(shelf.card))]
    if fate == "symlink":
        original.unlink()
        original.symlink_to("nowhere")
    if fate in ("notes", "symlink", "new"):
        return paths
    if fate == "linked":
        (shelf.media / name).parent.mkdir(parents=True, exist_ok=True)
        (shelf.media / name).hardlink_to(original)
    copy = shelf.take_in(name, content)
    if fate == "twice":
        paths.append(f"again/{name}")
        write(shelf.card / paths[-1], content)
    if fate in AFTER:
        AFTER[fate](copy, original)
    return paths


fates = st.lists(st.tuples(st.sampled_from(sorted(EXPECTED)), st.sampled_from(["", "a/", "a/b/", ".c/"])), max_size=12)


@given(chosen=fates)
@settings(max_examples=40)
def test_the_sum_closes_and_each_file_is_where_it_belongs(tmp_path_factory, migrated_sqlite, chosen):
    folder = tmp_path_factory.mktemp("shelf")
    file = shutil.copy(migrated_sqlite, folder / "library.db")
    library = Library(f"sqlite:///{file}")
    try:
        shelf = Shelf(folder, library)
        expected = {}
        for number, (fate, where) in enumerate(chosen):
            expected |= dict.fromkeys(place_file(shelf, fate, where, number), EXPECTED[fate])
        before = stamps(shelf.card), stamps(shelf.media)
        told, findings = shelf.compared()
        assert {path: finding.holding.value for path, finding in findings.items()} == expected
        assert told.safe == (bool(expected) and set(expected.values()) == {"in_library"})
        assert (stamps(shelf.card), stamps(shelf.media)) == before
    finally:
        library.close()
        shutil.rmtree(folder)
