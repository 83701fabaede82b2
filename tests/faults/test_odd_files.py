"""Whatever lies in a folder is answered for at once and by its name: special files, links, holes, odd names."""

import ast
import csv
import io
import os
import socket
import stat
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from app.media import MAX_PATH_BYTES
from app.texts import path_from_shown
from tests.faults.answers import assert_closed, endless_film, files_of, make_old
from tests.samples import photo
from tests.support.server import PROJECT, Server

ANSWER_SECONDS = 1.0
HOLE_BYTES = 100 << 30
ROOT = b"odd"
PICTURES = [
    b"line\nbreak.jpg",
    b"tab\tstop.jpg",
    b"carriage\rreturn.jpg",
    b"back\\slash.jpg",
    b"caf\\xe9.jpg",  # a name of ASCII that looks like one that is not UTF-8
    b"caf\xe9.jpg",  # and that one
    b"\xff\xfe\x80.jpg",
    "\u00e9.jpg".encode(),
    "e\u0301.jpg".encode(),  # the same to the eye
    "\u202egpj.exe.jpg".encode(),  # right to left
    "\u05e9\u05dc\u05d5\u05dd.jpg".encode(),
    "\U0001f600\u200d.jpg".encode(),
    b"n" * 251 + b".jpg",
    ("\u00e9" * 125).encode() + b"e.jpg",
    b" before.jpg",
    b"within  and before .jpg",
    b"dots...jpg",
    b"a%2fb.jpg",
    b"%00.jpg",
    b"what?.jpg",
    b"half#way.jpg",
    b"a&b=c;d+e.jpg",
    b"'quoted\".jpg",
    b"=1+1.jpg",
    b"<b>.jpg",
    b"-rf.jpg",
    b"\x01\x7f.jpg",
    b"*.jpg",
    b"C:\\photo.jpg",
]
NO_MEDIA = [b"after.jpg ", b"after.jpg.", b"after.jpg\n", b"photo.jpg~", b"jpg", b"no suffix", b"n" * 255]


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> bytes:
    return photo(tmp_path_factory.mktemp("picture") / "plain.jpg", size=(60, 40)).read_bytes()


def write(path: bytes, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as stream:
        stream.write(content)


def check(folder: Path, work: Path, expected: dict[bytes, str]) -> None:
    """Takes a folder in and asks everywhere after each file; `expected` are outcome, cause or skip by relative path."""
    make_old(folder)
    with Server(work / "server", {ROOT.decode(): folder}) as server:
        session_id = server.begin(ROOT.decode())
        assert_closed(server.wait_for(session_id, "completed"))
        answers = files_of(server, session_id)
        skipped = files_of(server, session_id, skipped="unsupported")
        by_outcome = {
            outcome: files_of(server, session_id, outcome=outcome) for outcome in {file["outcome"] for file in answers}
        }
        report = server.get(f"/api/ingest/sessions/{session_id}/report", params={"format": "csv"})
        as_csv = list(csv.DictReader(io.StringIO(report.content.decode("utf-8-sig"), newline="")))
        as_json = server.get(f"/api/ingest/sessions/{session_id}/report", params={"format": "json"}).json()["files"]
        told = {file["path"]: file["cause"] or file["outcome"] for file in answers}
        told |= {file["path"]: "unsupported" for file in skipped}
        assert {path_from_shown(path): said for path, said in told.items()} == {
            ROOT + b"/" + path: said for path, said in expected.items()
        }
        assert sorted(file["path"] for files in by_outcome.values() for file in files) == sorted(
            file["path"] for file in answers
        )
        in_reports = {file["path"]: file["cause"] or file["outcome"] or file["class"] for file in as_json}
        assert in_reports == told
        assert {row["path"]: row["cause"] or row["outcome"] or row["class"] for row in as_csv} == told
        for path, said in told.items():
            answer = server.get("/api/library/file", params={"path": path})
            assert answer.status_code == (200 if said == "added" else 404), path
            assert said != "added" or answer.json()["path"] == path
        assert_quick(answers)


def assert_quick(answers: list[dict]) -> None:
    """Each file had its answer within a second of the one before; the first one waited for its worker's start."""
    at = sorted(datetime.fromisoformat(file["at"]) for file in answers)
    seconds = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    assert max(seconds) < ANSWER_SECONDS
    assert max(file["ms"] for file in answers) < ANSWER_SECONDS * 1_000


def test_special_files_links_and_holes_are_refused_at_once(picture, tmp_path, monkeypatch):
    folder = tmp_path / "odd"
    for name in ("first.jpg", "plain.jpg", "below/plain.jpg"):
        write(os.fsencode(folder / name), picture)
    monkeypatch.chdir(folder)  # the path of a socket may have 107 bytes
    (tmp_path / "secret.jpg").write_bytes(picture)
    for name in ("empty.jpg", "empty.mp4"):
        Path(name).touch()
    for name, target in {
        "loop.jpg": "loop.jpg",
        "out.jpg": "../secret.jpg",
        "sibling.jpg": "plain.jpg",
        "nowhere.jpg": "nothing.jpg",
        "folder.jpg": "below",
        "round": "..",
    }.items():
        Path(name).symlink_to(target)
    os.mkfifo("pipe.jpg")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.jpg")
    for name in ("hole.jpg", "hole.png", "hole.mp4"):
        endless_film(Path(name), HOLE_BYTES)
        with open(name, "r+b") as stream:
            stream.write(bytes(64))
    Path("begun.jpg").write_bytes(picture)
    os.truncate("begun.jpg", HOLE_BYTES)
    special = ["loop.jpg", "out.jpg", "sibling.jpg", "nowhere.jpg", "folder.jpg", "round", "pipe.jpg", "socket.jpg"]
    try:
        os.mknod("device.jpg", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        special.append("device.jpg")
    except PermissionError:
        print("no device can be made here")
    said = dict.fromkeys(special, "unsupported")
    said |= dict.fromkeys(["first.jpg", "plain.jpg", "below/plain.jpg"], "added")
    said |= dict.fromkeys(["empty.jpg", "empty.mp4"], "empty_file")
    said |= dict.fromkeys(["hole.jpg", "hole.png", "hole.mp4"], "not_media") | {"begun.jpg": "decoder_memory"}
    check(folder, tmp_path, {os.fsencode(name): what for name, what in said.items()})


def hostile_names() -> list[bytes]:
    """The names of the shared hostile files, none where they are not beside the project."""
    script = PROJECT.parent / "shared" / "hostile" / "make_hostile.py"
    if not script.exists():
        return []
    tables = (node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, ast.Dict))
    names = max((table.keys for table in tables), key=len)
    return [eval(ast.unparse(name), {}) for name in names]  # noqa: S307 - literals of a file of ours


def test_files_of_any_name_are_told_of_by_a_name_that_leads_back(picture, tmp_path):
    room = MAX_PATH_BYTES - len(ROOT) - 1
    long_path = b"/".join([b"d" * 250] * 10) + b"/"
    said = dict.fromkeys(PICTURES, "added") | dict.fromkeys(NO_MEDIA, "unsupported")
    said |= dict.fromkeys(hostile_names(), "added")
    said[long_path + b"p" * (room - len(long_path) - 4) + b".jpg"] = "added"
    said[long_path + b"q" * (room - len(long_path) - 3) + b".jpg"] = "unsupported"
    for path in said:
        write(os.fsencode(tmp_path / "odd") + b"/" + path, picture)
    check(tmp_path / "odd", tmp_path, said)
