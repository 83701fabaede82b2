"""The script, run by a real sh on files with odd names: it moves what is as it was, and nothing else."""

import hashlib
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app.media import Place
from app.quarantine.script import lines_of, printable, quoted, shell_script
from app.quarantine.units import Left, Sight, Unit

ODD = [
    b"plain.jpg",
    b"-rf",
    b"--help.jpg",
    b"it's.jpg",
    b'say "cheese".jpg',
    b"new\nline.jpg",
    b"ends with a line\n",
    b"\n",
    b"$(touch pwned)`touch pwned`.jpg",
    b"back\\slash\\.jpg",
    b"* ? [a] ~.jpg",
    b"latin \xe9\xff.jpg",
    "grün 東京.jpg".encode(),
    b" spaces  .jpg ",
    b"a;b&c|d>e<f#g!.jpg",
    b"%s%n\\n.jpg",
    b"\x1b[31mred\x07.jpg",
    b"deep/-er/'x'/y\n/z.jpg",
]


def sight(root: bytes, name: bytes, content: bytes = b"content") -> Sight:
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(os.fsdecode(path)).write_bytes(content)
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    status = os.stat(path)
    return Sight(Place("m", name), path, status.st_size, status.st_mtime_ns, hashlib.sha256(content).hexdigest())


@pytest.fixture
def root(tmp_path):
    return os.fsencode(tmp_path / "it's a root")


@pytest.fixture
def folder(tmp_path):
    return os.fsencode(tmp_path / "-the 'quarantine'")


def run(plan, folder: bytes, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    script = tmp_path / "plan.sh"
    script.write_bytes(b"".join(shell_script(plan, folder)))
    return subprocess.run(["sh", script, *options], cwd=tmp_path, capture_output=True, check=False)


def files_in(folder: bytes) -> set[bytes]:
    return {os.path.relpath(os.path.join(place, name), folder) for place, _, names in os.walk(folder) for name in names}


def test_files_of_any_name_are_moved_and_nothing_else_is_done(root, folder, tmp_path):
    sights = [sight(root, name) for name in ODD]
    told = run([Unit((each,)) for each in sights], folder, tmp_path, "--check")
    assert (told.returncode, told.stderr) == (0, b"")
    assert told.stdout == f"would move: {len(ODD)}, stay: 0\n".encode()
    assert not os.path.exists(folder)
    told = run([Unit((each,)) for each in sights], folder, tmp_path)
    assert (told.returncode, told.stderr, told.stdout) == (0, b"", f"moved: {len(ODD)}, stay: 0\n".encode())
    assert files_in(folder) == {b"m/" + name for name in ODD}
    assert files_in(root) == set()
    assert not (tmp_path / "pwned").exists()
    again = run([Unit((each,)) for each in sights], folder, tmp_path)
    assert (again.returncode, again.stdout) == (1, f"moved: 0, stay: {len(ODD)}\n".encode())
    assert b"\x1b" not in again.stderr


def _touched(path: bytes) -> None:
    os.utime(path, ns=(1, 1_700_000_000_123_456_788))


def _longer(path: bytes) -> None:
    with open(path, "ab") as opened:
        opened.write(b"x")


def _other_bytes(path: bytes) -> None:
    Path(os.fsdecode(path)).write_bytes(b"CONTENT")
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))


def _linked(path: bytes) -> None:
    os.rename(path, path + b"2")
    os.symlink(path + b"2", path)


@pytest.mark.parametrize("change", [_touched, _longer, _other_bytes, _linked, os.unlink])
@pytest.mark.parametrize("which", ["own", "beside", "keeper"])
def test_what_is_not_as_it_was_stays_with_all_that_goes_with_it(root, folder, tmp_path, change, which):
    sights = {name: sight(root, f"{name}.jpg".encode()) for name in ("own", "beside", "keeper", "other")}
    plan = [Unit((sights["own"], sights["beside"]), (sights["keeper"],)), Unit((sights["other"],))]
    change(sights[which].path)
    told = run(plan, folder, tmp_path)
    assert (told.returncode, told.stdout) == (1, b"moved: 1, stay: 2\n")
    assert b"stays: m/" + which.encode() in told.stderr
    assert files_in(folder) == {b"m/other.jpg"}


def test_another_name_of_the_file_that_is_kept_stays(root, folder, tmp_path):
    keeper = sight(root, b"kept.jpg")
    os.link(keeper.path, os.path.join(root, b"own.jpg"))
    own = Sight(Place("m", b"own.jpg"), os.path.join(root, b"own.jpg"), keeper.size, keeper.mtime_ns, keeper.sha256)
    told = run([Unit((own,), (keeper,))], folder, tmp_path)
    assert (told.returncode, told.stdout, files_in(folder)) == (1, b"moved: 0, stay: 1\n", set())
    assert b"under another name" in told.stderr


@pytest.mark.parametrize("named", [[b"%s.jpg"], [b"%s.jpg", b"other.jpg"]], ids=["one", "both"])
def test_names_of_one_file_are_moved_as_they_are_named_and_noted(root, folder, tmp_path, named):
    first = replace(sight(root, b"%s.jpg"), names=2)
    os.link(first.path, os.path.join(root, b"other.jpg"))
    second = replace(first, place=Place("m", b"other.jpg"), path=os.path.join(root, b"other.jpg"))
    plan = [Unit((one,)) for one in (first, second) if one.place.path in named]
    told = run(plan, folder, tmp_path)
    assert (told.returncode, files_in(folder)) == (0, {b"m/" + name for name in named})
    notes = told.stderr.decode().splitlines()
    assert notes == [f"note: m/{name.decode()}: {first.note}" for name in named]
    assert [line["reason"] for line in lines_of(plan, folder)] == [first.note] * len(named)


def test_where_a_file_cannot_be_moved_what_went_before_it_is_moved_back(root, folder, tmp_path):
    own, side, last = (sight(root, name) for name in (b"it's.jpg", b"its.xmp", b"-deep\n/film.mov"))
    os.makedirs(os.path.join(folder, b"m"))
    Path(os.fsdecode(folder), "m", "-deep\n").touch()  # where a folder has to be
    before = os.lstat(own.path)
    told = run([Unit((own, side, last)), Unit((sight(root, b"b.jpg"),))], folder, tmp_path)
    assert (told.returncode, told.stdout) == (1, b"moved: 1, stay: 3\n")
    assert files_in(root) == {b"it's.jpg", b"its.xmp", b"-deep\n/film.mov"}
    assert files_in(folder) == {b"m/-deep\n", b"m/b.jpg"}
    assert (os.lstat(own.path).st_ino, os.lstat(own.path).st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert told.stderr.count(b"was moved back") == 2


def test_a_signal_ends_it_between_units_and_not_within_one(root, folder, tmp_path):
    own, film, other = (sight(root, name) for name in (b"a.heic", b"a.mov", b"b.jpg"))
    head, *units, tail = shell_script([Unit((own, film)), Unit((other,))], folder)
    ends = b"kill -TERM $$\n"
    head = head.replace(b"\nmove() {", b"\nmove() { kill -INT $$; kill -HUP $$; " + ends, 1)
    (tmp_path / "plan.sh").write_bytes(b"".join((head, units[0], ends, units[1], tail)))
    told = subprocess.run(["sh", tmp_path / "plan.sh"], capture_output=True, check=False)
    assert (told.returncode, files_in(folder)) == (-signal.SIGTERM, {b"m/a.heic", b"m/a.mov"})
    assert files_in(root) == {b"b.jpg"}


def test_what_cannot_be_moved_back_is_said_and_counts_as_moved(root, folder, tmp_path):
    own, last = sight(root, b"a.jpg"), sight(root, b"deep/film.mov")
    os.makedirs(os.path.join(folder, b"m"))
    Path(os.fsdecode(folder), "m", "deep").touch()
    script = b"".join(shell_script([Unit((own, last))], folder))
    script = script.replace(b"\nback() {", b'\nback() { : >"$2"', 1)  # somebody was faster
    (tmp_path / "plan.sh").write_bytes(script)
    told = subprocess.run(["sh", tmp_path / "plan.sh"], capture_output=True, check=False)
    assert (told.returncode, told.stdout) == (1, b"moved: 1, stay: 1\n")
    assert b"is in the quarantine folder without what goes with it: m/a.jpg" in told.stderr
    assert files_in(folder) == {b"m/deep", b"m/a.jpg"}


def test_nothing_in_the_quarantine_folder_is_replaced(root, folder, tmp_path):
    own = sight(root, b"a.jpg")
    there = sight(folder, b"m/a.jpg", b"another")
    told = run([Unit((own,))], folder, tmp_path)
    assert told.returncode == 1
    assert Path(os.fsdecode(there.path)).read_bytes() == b"another"
    assert os.path.exists(own.path)


def test_what_could_not_be_planned_is_said_and_counts(folder, tmp_path):
    told = run([Left("m/a\nb.jpg", "It has gone.")], folder, tmp_path)
    assert (told.returncode, told.stderr) == (1, b"not planned: m/a?b.jpg: It has gone.\n")
    assert run([], folder, tmp_path, "--force").returncode == 2


def test_quotes_and_texts_for_terminals():
    assert quoted(b"a'b\n\xff") == b"'a'\\''b\n\xff'"
    assert printable("a\x1b\u202eb é") == "a??b é".encode()


def test_lines_tell_what_is_kept_what_is_moved_together_and_what_is_left(root, folder):
    own, side, keeper = (sight(root, name) for name in (b"a.jpg", b"a.xmp", b"k.jpg"))
    told = list(lines_of([Unit((own, side), (keeper,)), Left("m/b.jpg", "It has gone.")], folder))
    assert [(line["unit"], line["action"], line["path"]) for line in told] == [
        (1, "keep", "m/k.jpg"),
        (1, "move", "m/a.jpg"),
        (1, "move", "m/a.xmp"),
        (2, "leave", "m/b.jpg"),
    ]
    assert told[1]["target"].endswith("/m/a.jpg")
