"""One file written whole: what the system refuses has a cause, and what changed meanwhile stays."""

import errno
import os
import stat

import pytest

from app.writing.causes import WRITE_CAUSES, NotWritten
from app.writing.disk import identity_of, new_temporary, opened_folder, put, refusals, temporary_file, write_all


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.EROFS, "read_only"),
        (errno.EACCES, "read_only"),
        (errno.ENOSPC, "no_space"),
        (errno.ELOOP, "not_a_file"),
        (errno.ENOENT, "file_gone"),
        (errno.ENAMETOOLONG, "name_too_long"),
        (errno.EIO, "disk_error"),
    ],
)
def test_what_the_system_refuses_has_a_cause(number, cause):
    with pytest.raises(NotWritten) as refused, refusals("photos/a.jpg"):
        raise OSError(number, os.strerror(number))
    assert refused.value.cause == cause
    assert cause in WRITE_CAUSES
    assert "photos/a.jpg" in refused.value.sentence


def put_new(folder, name, content, expected):
    temporary = new_temporary()
    with temporary_file(folder, temporary) as descriptor:
        write_all(descriptor, content)
        put(folder, temporary, name, expected, descriptor)


def test_a_file_that_changed_meanwhile_is_left_as_it_is(tmp_path):
    file = tmp_path / "a"
    with opened_folder(os.fsencode(tmp_path), b"") as folder:
        put_new(folder, b"a", b"one", None)
        seen = identity_of(file.stat())
        put_new(folder, b"a", b"two", seen)
        for expected in (seen, None):
            with pytest.raises(NotWritten) as refused:
                put_new(folder, b"a", b"three", expected)
            assert refused.value.cause == "file_changed"
    assert file.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_no_link_is_followed_on_the_way(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(NotWritten) as refused, refusals("x"), opened_folder(os.fsencode(tmp_path), b"link", make=True):
        pass
    assert refused.value.cause == "not_a_file"


def test_what_has_its_place_is_written_though_the_folder_reports_an_error(tmp_path, monkeypatch):
    fsync = os.fsync

    def fail(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with refusals("a"), opened_folder(os.fsencode(tmp_path), b"") as folder:
        put_new(folder, b"a", b"one", None)
    assert (tmp_path / "a").read_bytes() == b"one"
