"""The columns of a real library, on both engines: up to date, and kept from one program to the next."""

import pytest
from sqlalchemy import delete, text, update

from app.errors import NeedsAttention
from app.library.finding import current
from app.library.finding.columns import Change, Columns
from app.library.finding.current import Current
from app.library.finding.keeping import keep, kept
from app.library.tables import CHANGES, MEDIA
from tests.library.finding.stock import add, file
from tests.library.finding.test_columns import entry_with


@pytest.fixture(autouse=True)
def every_change_is_worth_keeping(monkeypatch):
    monkeypatch.setattr(current, "KEPT_FROM", 1)


def ids(columns: Current) -> list[int]:
    snapshot = columns.snapshot()
    return sorted(snapshot.ids[snapshot.alive].tolist())


def test_each_look_sees_what_was_written_before_it(library):
    columns = Current(library._engines)
    assert ids(columns) == []
    add(library, [file(1), file(2)])
    assert ids(columns) == [1, 2]
    before = columns.snapshot()
    library._engines.write(lambda c: c.execute(update(MEDIA).where(MEDIA.c.id == 1).values(score=5)))
    library._engines.write(lambda c: c.execute(delete(MEDIA).where(MEDIA.c.id == 2)))
    assert ids(columns) == [1]
    snapshot = columns.snapshot()
    assert snapshot.columns["score"][snapshot.alive].tolist() == [5]
    assert columns.snapshot() is snapshot is not before


def test_a_first_look_at_very_many_waits_only_so_long_and_says_what_is_behind(library, monkeypatch):
    monkeypatch.setattr(current, "_AT_ONCE", 2)
    add(library, [file(number) for number in range(1, 8)])
    columns = Current(library._engines)
    some = columns.snapshot(0)
    assert (some.slots, some.behind) == (2, 5)
    assert columns.snapshot(None).behind == 0
    assert ids(columns) == [1, 2, 3, 4, 5, 6, 7]


def test_the_next_program_reads_only_what_changed_since(library, tmp_path):
    kept = tmp_path / "columns.npz"
    add(library, [file(number) for number in range(1, 6)])
    first = Current(library._engines, kept)
    assert ids(first) == [1, 2, 3, 4, 5]
    first.close()
    library._engines.write(lambda c: c.execute(update(MEDIA).where(MEDIA.c.id == 2).values(score=3)))
    library._engines.write(lambda c: c.execute(delete(MEDIA).where(MEDIA.c.id == 3)))
    add(library, [file(6)])
    second = Current(library._engines, kept)
    assert ids(second) == [1, 2, 4, 5, 6]
    assert second._read == 3


def test_a_file_that_changed_twice_lately_is_no_other_database(library, tmp_path):
    kept = tmp_path / "columns.npz"
    add(library, [file(1), file(2)])
    first = Current(library._engines, kept)
    for score in (3, 4):
        library._engines.write(lambda c, to=score: c.execute(update(MEDIA).where(MEDIA.c.id == 1).values(score=to)))
        first.snapshot()
    first.close()
    second = Current(library._engines, kept)
    assert ids(second) == [1, 2]
    assert second._read == 0


def test_a_first_load_is_tried_again_where_the_database_does_not_answer(library, monkeypatch):
    monkeypatch.setattr(current, "_AGAIN_SECONDS", 0.0)
    add(library, [file(1)])
    columns, refused = Current(library._engines), []
    take_some = columns._take_some

    def once_in_vain():
        if not refused:
            refused.append(True)
            raise NeedsAttention("The database cannot be reached.", cause="database_unreachable")
        return take_some()

    monkeypatch.setattr(columns, "_take_some", once_in_vain)
    columns.begin()
    columns._thread.join(20)
    assert refused
    assert columns._columns is not None
    columns.close()


@pytest.mark.parametrize("spoilt", [b"", b"PK", b"no zip at all"])
def test_a_file_that_cannot_be_read_is_passed_over(library, tmp_path, spoilt):
    kept = tmp_path / "columns.npz"
    kept.write_bytes(spoilt)
    add(library, [file(1)])
    columns = Current(library._engines, kept)
    assert ids(columns) == [1]
    columns.close()
    assert ids(Current(library._engines, kept)) == [1]


def test_whatever_is_damaged_of_a_file_it_is_passed_over(tmp_path):
    """What a zip says of its members is under no checksum."""
    file, columns = tmp_path / "columns.npz", Columns()
    columns.take([Change(1, 1, entry_with())])
    keep(columns, file)
    whole = file.read_bytes()
    said = whole.index(b"PK\1\2")
    for place in (*range(12), *range(said, said + 46)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            file.write_bytes(damaged)
            read = kept(file)
            assert read is None or read.as_arrays().keys() == columns.as_arrays().keys()


FORK = {
    "other rows under the same numbers": "UPDATE media_changes SET media_id = media_id + 100",
    "fewer changes, as in a copy from before": "DELETE FROM media_changes WHERE media_id > 3",
}


@pytest.mark.parametrize("fork", FORK)
def test_the_columns_of_another_database_are_passed_over(library, tmp_path, fork):
    kept = tmp_path / "columns.npz"
    add(library, [file(number) for number in range(1, 6)])
    first = Current(library._engines, kept)
    first.snapshot()
    first.close()
    library._engines.write(lambda c: c.execute(text(FORK[fork])))
    library._engines.write(lambda c: c.execute(update(CHANGES).where(CHANGES.c.media_id == 1).values(worded=True)))
    second = Current(library._engines, kept)
    second.snapshot()
    assert second._read > 0, "all rows are read again"
