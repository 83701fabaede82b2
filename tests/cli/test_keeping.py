"""The commands by which nothing is lost with a disk."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from app.backup.standing import name_at
from app.ingest.session.store import IngestionState
from app.library.library import Library
from app.library.migrations import HEAD
from app.library.saying.editing import parse_edit
from app.media import Place
from tests.samples import photo
from tests.support.commands import refused


@pytest.fixture
def place(place_with_photos):
    assert place_with_photos.run("run", "photos").returncode == 0
    return place_with_photos


# -- backup ------------------------------------------------------------------------------------------------------


def test_backup_copies_the_library_beside_a_server_and_says_what_it_holds(place):
    server = IngestionState(place.state)
    server.acquire("http://127.0.0.1")
    kept = place.folder / "kept.db"
    made = place.run("backup", str(kept))
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith(f"{kept} holds 4 files, 0 of them with your words, and ")
    assert made.stdout.endswith(" MiB), and was checked.\n")
    refused(place.run("backup", str(kept)), "is there already: name another file, or let --replace write over it.")
    told = place.json("backup", str(kept), "--replace")
    assert (told["file"], told["files"], told["revision"]) == (str(kept), 4, HEAD)
    server.release()


def test_backup_refuses_what_it_cannot_copy_and_where_it_must_not_write(place):
    kept = str(place.folder / "kept.db")
    refused(place.run("backup", kept, DATABASE_URL="none"), "Database functionality is disabled.")
    refused(place.run("backup", kept, DATABASE_URL="sqlite:///nothing.db"), "There is no library at nothing.db yet")
    refused(
        place.run("backup", kept, DATABASE_URL="postgresql://me:secret@host/it"), "whose own program pg_dump", "***"
    )
    refused(place.run("backup", str(place.media / "kept.db")), "lies inside the media root 'photos'")
    refused(place.run("backup", str(place.database), "--replace"), "is the library itself")
    refused(place.run("backup", str(place.folder)), "is a folder")
    assert not (place.folder / "kept.db").exists()


def test_a_copy_is_put_back_in_the_place_of_a_lost_library_and_goes_on_from_there(place):
    kept = place.folder / "kept.db"
    assert place.run("backup", str(kept)).returncode == 0
    photo(place.media / "later.jpg")
    assert place.run("run", "photos").returncode == 0
    assert place.json("stats")["images"] == 5
    for lost in place.folder.glob("library.db*"):
        lost.unlink()
    shutil.copy(kept, place.database)
    assert place.json("stats")["images"] == 4
    assert place.run("search", "").stdout.count("\n") == 4
    assert len(place.json("sessions")) == 2
    done = place.json("run", "photos")
    assert (done["status"], done["outcomes"]["added"], done["skipped"]["fresh"]) == ("completed", 1, 4)
    assert place.run("search", "").stdout.count("\n") == 5


def test_doctor_tells_of_the_copies(place):
    assert "Off: the server makes no copies" in place.run("doctor").stdout
    assert f"There is no copy in {place.state}.backups yet" in place.run("doctor", INGEST_BACKUPS="7").stdout
    (place.state.parent / "state.backups").mkdir()
    (place.state.parent / "state.backups" / name_at(datetime(2026, 1, 1, tzinfo=UTC), place.database)).touch()
    late = next(
        line for line in place.run("doctor", INGEST_BACKUPS="7").stdout.splitlines() if "INGEST_BACKUPS" in line
    )
    assert late.startswith("note")


# -- words -------------------------------------------------------------------------------------------------------


def test_words_leave_a_library_and_come_into_a_fresh_one_before_or_after_its_files(place):
    library = Library(f"sqlite:///{place.database}")
    library.edit(Place("photos", b"trip/a.jpg"), parse_edit({"score": 2, "title": "Mein Meer"}))
    library.close()
    kept, other = place.folder / "words.jsonl", f"sqlite:///{place.folder / 'other.db'}"
    done = place.run("words", "export", "-o", str(kept))
    assert (done.returncode, done.stdout) == (0, f"{kept} has your words of 1 file.\n")
    assert place.run("words", "export").stdout.splitlines()[1] == kept.read_text().splitlines()[1]
    early = place.run("words", "import", str(kept), DATABASE_URL=other)
    assert early.stdout == "1 file with your words: 1 kept until their files are taken in.\n"
    assert place.run("run", "photos", DATABASE_URL=other, INGEST_STATE_DIR=str(place.folder / "new")).returncode == 0
    (line,) = place.run("export", "title:meer", "--format", "jsonl", DATABASE_URL=other).stdout.splitlines()
    assert (json.loads(line)["score"], json.loads(line)["title"]) == (2, "Mein Meer")
    assert place.json("words", "import", str(kept))["there"] == 1


def test_words_that_cannot_be_read_are_refused_or_named(place):
    kept = place.folder / "words.jsonl"
    refused(place.run("words", "import", str(kept)), f"{kept} cannot be read: No such file or directory.")
    kept.write_text("no words")
    refused(place.run("words", "import", str(kept)), "This is no file of words")
    kept.write_text('{"media_ingest_words": 1}\n{}\n')
    some = place.run("words", "import", str(kept))
    assert (some.returncode, some.stdout) == (1, "0 files with your words: nothing to do; 1 line could not be read.\n")
    assert some.stderr == "  line 2: it names no SHA-256 of 64 hexadecimal digits.\n"
    refused(place.run("words", "import", str(kept), DATABASE_URL="none"), "Database functionality is disabled.")
    refused(place.run("words", "export", "-o", str(place.media / "words.jsonl")), "lies inside the media root")
