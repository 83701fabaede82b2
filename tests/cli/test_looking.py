"""The commands that look: reports, the library against the disk, and what is known of one file."""

import csv
import io
import json
import os
import re
import zipfile

from app.library.library import Library
from app.library.saying.editing import parse_edit
from app.media import Place
from tests.samples import unidentifiable, write_many
from tests.support.commands import refused
from tests.support.server import everything_in


def test_report_writes_every_file_to_standard_output_or_to_a_file(place_with_photos, tmp_path):
    place = place_with_photos
    session_id = place.json("run", "photos")["session_id"]
    lines = [json.loads(line) for line in place.run("report", session_id, "--format", "jsonl").stdout.splitlines()]
    assert {line["path"]: line["class"] for line in lines} == {
        "photos/notes.txt": "unsupported",
        **dict.fromkeys((line["path"] for line in lines if line["outcome"] == "added"), "answered"),
    }
    assert len(lines) == 5
    kept = tmp_path / "report.csv"
    assert place.run("report", session_id, "-o", str(kept)).returncode == 0
    assert len(kept.read_text("utf-8-sig").splitlines()) == 6
    refused(place.run("report", "00000000-0000-4000-8000-000000000000"), "There is no session")


def test_verify_tells_what_differs_and_exits_by_it(place_with_photos, tmp_path):
    place = place_with_photos
    place.run("run", "photos")
    done = place.run("verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 files in the library (by size and time; --rehash reads the bytes): 4 ok" in done.stdout
    before = everything_in(place.folder)
    rotten, gone = place.media / "trip" / "a.jpg", min(place.media.glob("*.png"))
    stamp = rotten.stat().st_mtime_ns
    rotten.write_bytes(b"\0" * rotten.stat().st_size)
    os.utime(rotten, ns=(stamp, stamp))
    assert place.json("verify", "--rehash", "photos/trip", code=1)["sums"]["rotten"] == 1
    assert place.json("verify", str(place.media / "trip"))["sums"]["ok"] == 1
    gone.unlink()
    done = place.run("verify", "--rehash")
    assert done.returncode == 1
    assert f"photos/{gone.name}: It is not there any more. (missing)" in done.stdout
    assert "photos/trip/a.jpg: Size and time agree, the bytes do not" in done.stdout
    assert "4 files in the library (their bytes read): 2 ok, 1 missing, 1 rotten" in done.stdout
    kept = tmp_path / "verified.json"
    told = place.json("verify", "--rehash", "-o", str(kept), "--format", "json", code=1)
    assert (told["rows"], told["differing"], sum(told["sums"].values())) == (4, 2, 4)
    whole = json.loads(kept.read_bytes())
    assert whole["files"] == told.pop("files")
    assert whole["verification"] == told
    assert {file["path"]: file["class"] for file in whole["files"]} == {
        f"photos/{gone.name}": "missing",
        "photos/trip/a.jpg": "rotten",
    }
    assert everything_in(place.folder) == before


def test_a_report_of_a_verification_goes_to_standard_output_alone_and_names_every_file(place):
    write_many(place.media, 25)
    place.run("run", "photos")
    for path in place.media.iterdir():
        path.unlink()
    done = place.run("verify", "--format", "csv")
    assert done.returncode == 1
    table = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"), newline="")))
    assert [(row["class"], row["actual_size"]) for row in table] == [("missing", "")] * 25
    assert done.stderr.count("(missing)") == 20
    assert "and 5 more, which a report names" in done.stderr
    assert place.run("verify", "--format", "xlsx", "-o", str(place.folder / "v.xlsx")).returncode == 1
    with zipfile.ZipFile(place.folder / "v.xlsx") as book:
        first = book.read("xl/worksheets/sheet1.xml").decode()
    assert "root_missing" in first
    assert "<v>25</v>" in first


def test_verify_refuses_what_it_cannot_do(place):
    write_many(place.media, 1)
    refused(place.run("verify"), "There is no library at")
    place.run("run", "photos")
    refused(place.run("verify", "photos/nowhere"), "There is no directory photos/nowhere")
    refused(place.run("verify", "/etc"), "/etc is not inside a media root")
    refused(place.run("verify", "--json", "--format", "csv"), "cannot both go to standard output")
    refused(place.run("verify", "-o", "nowhere/report.csv"), "The report nowhere/report.csv cannot be written")
    refused(place.run("verify", DATABASE_URL="none"), "Database functionality is disabled.")


def test_show_tells_everything_known_of_a_file_by_either_name_of_it(place_with_photos):
    place = place_with_photos
    place.run("run", "photos")
    known = place.json("show", "photos/trip/a.jpg")
    assert (known["path"], known["width"], known["score"], known["missing_at"]) == ("photos/trip/a.jpg", 64, 4, None)
    assert [keyword["text"] for keyword in known["keywords"]] == ["sand", "sea"]
    assert place.json("show", "./photos/trip/a.jpg") == place.json("show", str(place.media / "trip/a.jpg")) == known
    lines = place.run("show", "photos/trip/a.jpg").stdout.splitlines()
    assert lines[0] == "photos/trip/a.jpg"
    words = dict(line.split(maxsplit=1) for line in lines if re.match(r"  \w+ +\S", line))
    assert words["width"] == "64"
    assert words["keywords"] == "sand (xmp), sea (xmp)"
    assert "caption" not in words


def test_nothing_is_printed_that_a_terminal_would_obey(place):
    hostile = place.media / "\x1b[31mred.png"
    write_many(place.media, 1)[0].rename(hostile)
    place.run("run", "photos")
    assert place.run("show", str(hostile)).stdout.startswith("photos/\\x1b[31mred.png\n")
    hostile.unlink()
    assert "photos/\\x1b[31mred.png: It is not there" in place.run("verify").stdout


def test_what_a_person_set_is_shown_as_theirs_and_told_in_the_history(place_with_photos):
    place = place_with_photos
    place.run("run", "photos")
    library = Library(f"sqlite:///{place.database}")
    library.edit(Place("photos", b"trip/a.jpg"), parse_edit({"score": None, "title": "mine", "keywords": ["own"]}))
    library.close()
    shown = place.run("show", "photos/trip/a.jpg").stdout
    assert re.search("title +mine\n", shown)
    assert "own (person)" in shown
    assert len(re.findall("  (?:title|score) +person\n", shown)) == 2, "that there is no score is their word, too"
    told = place.run("explain", "photos/trip/a.jpg").stdout
    assert re.search("edited +by a person: A person set keywords, score and title", told)


def test_a_file_that_the_library_does_not_have_cannot_be_shown(place):
    place.run("migrate")
    refused(place.run("show", "photos/a.jpg"), "The library has no file photos/a.jpg")
    refused(place.run("show", "/etc/passwd"), "not inside a media root")


def test_explain_says_first_what_became_of_a_path_and_then_what_it_knows_it_by(place_with_photos):
    place = place_with_photos
    unidentifiable(place.media / "cut.jpg", size=(96, 64))
    session_id = place.json("run", "photos", code=1)["session_id"]
    for name in ("photos/trip/a.jpg", "photos/cut.jpg", "photos/notes.txt", "photos/never.jpg", "photos/trip"):
        answer = place.json("explain", name)
        assert answer["path"] == name
        assert place.run("explain", name).stdout.startswith(f"{answer['sentence']}\n")
    taken_in = place.run("explain", str(place.media / "trip" / "a.jpg")).stdout.splitlines()
    assert taken_in[1].startswith("  taken in 20")
    assert f"added     in session {session_id}" in taken_in[2]
    cut = place.run("explain", "photos/cut.jpg").stdout
    assert "  failed once, last 20" in cut
    assert "truncated_image" in cut
    assert f"failed    in session {session_id}: " in cut
    assert place.json("explain", "/etc/passwd")["verdict"] == "outside_roots"
    refused(place.run("explain", " "), "Give a path to explain")
    assert place.json("explain", "a.jpg")["path"] == "photos/trip/a.jpg"
