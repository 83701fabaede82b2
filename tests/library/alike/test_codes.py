"""The file of codes: it has those of all files as they are now, after any change, start or kill."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, update

from app.library.alike import codes as codes_module
from app.library.alike.codes import BITS, CodeFile
from app.library.tables import MEDIA
from tests.library.finding.stock import add, file


def code(*set_: int) -> bytes:
    """A code with these bits set."""
    bits = np.zeros(BITS, np.uint8)
    bits[list(set_)] = 1
    return np.packbits(bits).tobytes()


def coded(number: int, *set_: int, model: str | None = "m") -> dict[str, object]:
    return file(number, features=code(*set_), nsfw_model=model)


def near(codes: CodeFile, number: int, at_most: int = BITS) -> dict[int, int] | None:
    """The files near one with their distances."""
    codes.catch_up(None)
    found = codes.near(number, at_most)
    return None if found is None else dict(zip(found.ids.tolist(), found.distances.tolist(), strict=True))


def test_files_of_one_model_are_near_by_the_bits_in_which_they_differ(library, codes):
    other = coded(4, 0, model="other")
    add(
        library,
        [
            coded(1, 0),
            coded(2, 0, 1, 1023),
            coded(3),
            other,
            coded(5, model=None),
            file(6) | {"features": None, "nsfw_model": "m"},
        ],
    )
    assert near(codes, 1) == {1: 0, 2: 2, 3: 1}
    assert near(codes, 2, 2) == {1: 2, 2: 0}
    assert near(codes, 4) == {4: 0}
    assert near(codes, 5) is None is near(codes, 6) is near(codes, 99)
    ids = np.array([4, 99, 1])
    assert codes.models(ids).tolist() == [2, 0, 1]
    assert [row.tobytes() for row in codes.of(ids)] == [code(0), code(), code(0)]


def test_it_follows_whatever_becomes_of_the_rows(library, codes):
    add(library, [coded(1, 0), coded(2, 1), coded(3, 2)])
    assert near(codes, 1) == {1: 0, 2: 2, 3: 2}
    library._engines.write(lambda c: c.execute(update(MEDIA).where(MEDIA.c.id == 2).values(features=code(0))))
    library._engines.write(lambda c: c.execute(delete(MEDIA).where(MEDIA.c.id == 3)))
    assert near(codes, 1) == {1: 0, 2: 0}
    library._engines.write(lambda c: c.execute(update(MEDIA).where(MEDIA.c.id == 1).values(nsfw_model="other")))
    assert near(codes, 1) == {1: 0}


def test_the_next_start_goes_on_where_it_ended(library, codes, tmp_path):
    add(library, [coded(1, 0), coded(2, 1)])
    codes.catch_up(None)
    codes.close()
    read = (tmp_path / "codes.bin").stat()
    add(library, [coded(3, 0)])
    again = CodeFile(library._engines, tmp_path)
    assert near(again, 1) == {1: 0, 2: 2, 3: 0}
    assert (tmp_path / "codes.bin").stat().st_ino == read.st_ino
    again.close()


def test_codes_are_on_disk_before_it_is_said_how_far_they_go(library, codes, tmp_path, monkeypatch):
    told = tmp_path / "codes.json"
    synced = []

    def sync(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size, told.exists()))
        os.fsync(descriptor)

    monkeypatch.setattr(codes_module, "_sync", sync)
    add(library, [coded(1, 0), coded(2, 1)])
    codes.catch_up(None)
    written = (tmp_path / "codes.bin").stat()
    assert (synced, told.exists()) == ([(written.st_ino, written.st_size, False)], True)


@pytest.mark.parametrize("broken", ["", "[]", '{"version": 1}', '{"version": 0, "seq": 9, "newest": [], "models": []}'])
def test_a_file_that_cannot_be_read_or_is_of_another_database_is_made_anew(library, codes, tmp_path, broken):
    add(library, [coded(1, 0), coded(2, 1)])
    codes.catch_up(None)
    codes.close()
    told = json.loads((tmp_path / "codes.json").read_text())
    for text in (broken, json.dumps(told | {"newest": [[seq, 77] for seq, _ in told["newest"]]})):
        (tmp_path / "codes.json").write_text(text)
        (tmp_path / "codes.bin").write_bytes(b"\xff" * 999)
        again = CodeFile(library._engines, tmp_path)
        assert near(again, 1) == {1: 0, 2: 2}
        again.close()


def test_of_two_programs_one_writes_and_the_other_reads_what_there_is_and_says_what_is_behind(
    library, codes, tmp_path: Path
):
    add(library, [coded(1, 0)])
    codes.catch_up(None)
    beside = CodeFile(library._engines, tmp_path)
    assert beside.catch_up() == 0
    add(library, [coded(2, 0)])
    assert beside.catch_up() == 1
    assert beside.near(1, 0).ids.tolist() == [1]
    codes.catch_up(None)
    assert beside.near(1, 0).ids.tolist() == [1, 2]
    codes.close()
    assert near(beside, 1) == {1: 0, 2: 0}
    beside.close()
