"""A zip that is made while it is sent is one that others read."""

import io
import zipfile

import pytest

from app.export import archive as archives
from app.export.archive import Archive

AT_NS = 1_714_558_211 * 10**9  # 2024-05-01 10:10:11 UTC


def zip_of(fill):
    made = Archive()
    content = b"".join(fill(made)) + b"".join(made.end())
    made.close()
    return zipfile.ZipFile(io.BytesIO(content))


def some_of_each(made):
    yield made.stored("m/small é.jpg", AT_NS, b"small")
    unlisted = yield from made.streamed("m/half.jpg", AT_NS, 9, iter([b"half"]))
    assert unlisted.size == 4
    made.list((yield from made.streamed("m/large.mp4", -1, 200, iter([b"x" * 100, b"y" * 100]))))
    yield made.stored("empty.txt", 2**62, b"")


@pytest.mark.parametrize("large", [0xFFFFFFFF, 100, 0])
def test_others_read_what_was_listed(monkeypatch, large):
    monkeypatch.setattr(archives, "LARGE_BYTES", large)
    monkeypatch.setattr(archives, "MANY_ENTRIES", 3 if large else 0xFFFF)
    with zip_of(some_of_each) as made:
        assert made.testzip() is None
        assert {name: made.read(name) for name in made.namelist()} == {
            "m/small é.jpg": b"small",
            "m/large.mp4": b"x" * 100 + b"y" * 100,
            "empty.txt": b"",
        }
        assert {info.date_time[0] for info in made.infolist()} == {1980, 2024, 2107}
        assert made.getinfo("m/small é.jpg").date_time == (2024, 5, 1, 10, 10, 10)
        assert {info.compress_type for info in made.infolist()} == {zipfile.ZIP_STORED}


def test_a_zip_may_be_empty():
    with zip_of(lambda _: ()) as made:
        assert made.namelist() == []
