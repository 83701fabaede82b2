"""The command line: most commands in this process, as `main` runs them; those about processes in their own."""

import io
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from app import __version__, wiring
from app.cli.terminal import print_session
from app.errors import NothingMatches
from app.ingest.run.runner import Runner
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.state import Status
from app.settings import Settings
from app.typed import command_as_typed
from tests.ingest.builders import session_of
from tests.samples import unidentifiable, write_many
from tests.support.commands import refused
from tests.support.server import PROGRAM, PROJECT, Server, query, settings_for

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_version_is_that_of_the_package(place):
    done = place.run("--version")
    assert (done.returncode, done.stdout) == (0, f"media-ingest {__version__}\n")


def test_help_names_every_command(place):
    done = place.run("--help")
    assert done.returncode == 0
    for command in ("serve", "plan", "run", "sessions", "status", "resume", "stats", "doctor", "migrate"):
        assert f" {command} " in done.stdout


def test_it_works_from_any_directory_and_finds_its_migrations_beside_the_code(tmp_path):
    env = settings_for(tmp_path, {"photos": tmp_path / "photos"})
    subprocess.run([PROGRAM, "migrate"], env=env, cwd="/", check=True)
    assert query(tmp_path / "library.db", "SELECT count(*) AS n FROM media_files") == [{"n": 0}]


def test_migrate_makes_a_database_once(place):
    assert "from nothing to revision" in place.run("migrate").stdout
    again = place.run("migrate")
    assert (again.returncode, "already" in again.stdout) == (0, True)


def test_plan_counts_by_class_and_changes_nothing(place_with_photos):
    place = place_with_photos
    counts = place.json("plan", "photos")
    assert (counts["discovered"], counts["pending"], counts["skipped"]["unsupported"]) == (5, 4, 1)
    assert counts["pending_by"] == {"new": 4}
    text = place.run("plan", "photos", "--pattern", "*.png", "--max-files", "2").stdout
    assert "2 of 5 files would be processed." in text
    assert "1 skipped: left out" in text
    assert "1 skipped: beyond the limit" in text
    assert "NSFW detection is unavailable:" in text
    assert not place.database.exists()
    assert not (place.state / "lock").exists()


def test_run_takes_everything_in_and_exits_0(place_with_photos):
    place = place_with_photos
    planned = place.json("plan", "photos")["pending"]
    status = place.json("run", "photos", "--no-nsfw")
    assert status["status"] == "completed"
    assert status["total_files"] == status["committed_files"] == planned == 4
    assert status["stats"]["keywords_added"] == 2
    assert status["parameters"]["enable_nsfw_detection"] is False
    again = place.run("run", "photos", "--no-nsfw")
    assert again.returncode == 0, again.stderr
    assert "5 files found: 0 to process, 1 of other kinds, 4 up to date" in again.stdout
    assert "0 processed: nothing; 0 pending" in again.stdout


def test_the_end_of_a_session_says_what_is_back_in_the_words_of_the_plan(capsys):
    session = session_of(Status.COMPLETED, total_files=2)
    print_session(replace(session, stats={**session.stats, "returned": 2}))
    assert "\n2 missing before and back\n" in capsys.readouterr().out


def test_the_sums_of_a_session_are_named_as_everywhere_else(capsys):
    session = session_of(Status.COMPLETED, total_files=7)
    outcomes = {"added": 2, "updated": 1, "moved": 0, "unchanged": 1, "failed": 2, "vanished": 1}
    print_session(replace(session, outcomes=outcomes, stats={**session.stats, "errors": 2, "incomplete": 1}))
    told = capsys.readouterr().out
    assert "7 processed: 3 committed (2 added, 1 updated), 1 unchanged, 2 failed, 1 vanished; 0 pending\n" in told
    assert "\n1 incomplete: taken in without one part\n" in told


def test_a_folder_whose_name_is_no_text_is_taken_in(place):
    folder = os.fsdecode(os.fsencode(place.media) + b"/caf\xe9")
    write_many(Path(folder), 2)
    status = place.json("run", folder)
    assert (status["outcomes"]["added"], status["parameters"]["directories"]) == (2, ["photos/caf\\xe9"])
    assert place.json("run", "photos/caf\\xe9")["skipped"]["fresh"] == 2
    assert place.json("plan", os.path.relpath(folder, place.folder))["skipped"]["fresh"] == 2


def test_the_name_of_a_root_wins_over_a_folder_of_that_name_here(place):
    """`media` means the root, though `./media` is there too and lies in another one."""
    write_many(place.media, 2)
    other = place.folder / "other"
    write_many(other / "photos", 1, prefix="here-")
    place.env["INGEST_MEDIA_ROOTS"] += f",other={other}"
    place.folder = other
    assert place.json("plan", "photos")["directories"] == ["photos"]
    assert place.json("plan", "./photos")["directories"] == ["other/photos"]


def test_run_exits_1_where_some_files_failed_and_says_why(place):
    write_many(place.media, 2)
    unidentifiable(place.media / "cut.jpg", size=(96, 64))
    done = place.run("run", "photos")
    assert done.returncode == 1, done.stderr
    assert "photos/cut.jpg" in done.stdout
    assert "truncated_image" in done.stdout
    assert place.json("run", "photos", "--no-skip-existing", code=1)["outcomes"]["failed"] == 1


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["run", "/etc"], ["/etc is not inside a media root", "photos"]),
        (["run", "photos/../../x"], ["not inside a media root"]),
        (["run", "photos/nowhere"], ["There is no directory photos/nowhere"]),
        (["plan", "photos/a.png"], ["is a file, not a directory"]),
        (["run", "photos", "--pattern", "[a"], ["pattern"]),
        (["run", "photos", "--nsfw-threshold", "7"], ["nsfw_threshold"]),
        (["run", "photos", "--pattern", "*.webp"], ["Nothing to do in photos"]),
        (["status", "not-a-uuid"], ["UUID"]),
        (["status", UNKNOWN], [f"There is no session {UNKNOWN}"]),
        (["resume", UNKNOWN], [f"There is no session {UNKNOWN}"]),
        (["stats"], ["There is no library at", "run or serve"]),
        (["run", "photos", "--root", "a=/tmp/one", "--root", "a=/tmp/two"], ["two media roots are named 'a'"]),
        (["serve", "--host", "0.0.0.0"], ["INGEST_TOKEN"]),  # noqa: S104 - refused
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(place, arguments, parts):
    write_many(place.media, 1)
    (place.media / "a.png").write_bytes(b"")
    refused(place.run(*arguments), *parts)


@pytest.mark.parametrize("command", [["run", "photos"], ["plan", "photos"], ["stats"], ["migrate"]])
def test_without_a_database_commands_that_need_one_say_so(place, command):
    refused(place.run(*command, DATABASE_URL="none"), "Database functionality is disabled.")


@pytest.mark.parametrize("command", [["run", "photos"], ["stats"], ["migrate"], ["serve"]])
def test_a_damaged_database_is_refused_and_left_as_it_is(place, command):
    place.database.write_bytes(b"this is no database" * 100)
    refused(place.run(*command), "damaged or not an SQLite database")
    assert place.database.read_bytes() == b"this is no database" * 100


def test_a_newer_database_is_refused(place):
    place.run("migrate")
    with closing(sqlite3.connect(place.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = place.database.read_bytes()
    refused(place.run("run", "photos"), "9999", "newer than this program")
    assert place.database.read_bytes() == before


def test_messages_show_the_command_as_it_is_typed_in_a_checkout(place):
    typed = str(PROGRAM.relative_to(PROJECT)) if PROGRAM.is_relative_to(PROJECT) else "media-ingest"
    refused(place.run("stats"), f"{typed} run or serve makes it.")


def test_messages_of_an_installed_program_show_its_path_where_no_shell_would_find_it(tmp_path, monkeypatch):
    programs, elsewhere = tmp_path / "environment" / "bin", tmp_path / "elsewhere"
    for folder in (programs, elsewhere):
        folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setattr(wiring, "__file__", str(tmp_path / "environment/lib/site-packages/app/wiring.py"))
    monkeypatch.setenv("PATH", str(elsewhere))
    assert command_as_typed() == "media-ingest", "started by `python -m` or the like"
    (programs / "media-ingest").touch(0o755)
    assert command_as_typed() == str(programs / "media-ingest")
    (elsewhere / "media-ingest").symlink_to(programs / "media-ingest")
    assert command_as_typed() == "media-ingest"


def test_sessions_status_and_stats_tell_of_a_run(place_with_photos):
    place = place_with_photos
    session_id = place.json("run", "photos")["session_id"]
    assert [session["session_id"] for session in place.json("sessions")] == [session_id]
    listed = place.run("sessions").stdout
    assert session_id in listed
    assert "4/4" in listed
    assert place.json("status", session_id)["committed_files"] == 4
    shown = place.run("status", session_id).stdout
    assert "5 files found: 4 to process, 1 of other kinds" in shown
    totals = place.json("stats")
    assert (totals["images"], totals["videos"], totals["sessions"]) == (4, 0, 1)
    assert place.run("stats").stdout.split()[:4] == ["images", "4", "videos", "0"]
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "fog\nSteps: 4, Sampler: Euler, Seed: 9")
    Image.new("RGB", (8, 8)).save(place.media / "made.png", pnginfo=info)
    place.run("run", "photos")
    assert "made by AI  1 (1 parsed)" in place.run("stats").stdout


def test_doctor_prints_every_setting_with_its_source(place_with_photos):
    place = place_with_photos
    done = place.run("doctor")
    assert done.returncode == 0, done.stdout
    rows = {words[1]: line for line in done.stdout.splitlines() if len(words := line.split()) > 2}
    assert {name.upper() for name in Settings.model_fields} <= rows.keys()
    assert "environment" in rows["DATABASE_URL"]
    assert "default" in rows["INGEST_WORKERS"]


def test_doctor_hides_secrets_and_finds_what_is_wrong(place):
    done = place.run(
        "doctor",
        DATABASE_URL="postgresql://anna:geheim@127.0.0.1:1/media?connect_timeout=1",
        INGEST_TOKEN="a-secret-token",
        INGEST_MEDIA_ROOTS=f"gone={place.folder}/gone",
        INGEST_DETECTOR_MODEL=f"{place.folder}/gone.onnx",
    )
    assert done.returncode == 1
    assert "geheim" not in done.stdout + done.stderr
    assert "a-secret-token" not in done.stdout + done.stderr
    assert "The media root 'gone' is not there" in done.stdout
    assert "Detection is unavailable: there is no file" in done.stdout


def test_doctor_does_not_take_a_killed_server_for_one_that_holds_the_folder(place):
    with Server(place.folder, {"photos": place.media}) as server:
        assert f"Held by {server.address}" in place.run("doctor").stdout
        server.kill()
        assert "Held by" not in place.run("doctor").stdout


def test_settings_come_from_a_dotenv_file_too(place):
    (place.folder / ".env").write_text("INGEST_WORKERS=3\n")
    rows = [line for line in place.run("doctor").stdout.splitlines() if "INGEST_WORKERS" in line]
    assert ".env" in rows[0]
    assert "= 3 " in rows[0]


def test_retry_asks_for_the_failed_files_of_a_session_and_runs_the_new_one(place, monkeypatch):
    """Runner.retry is stood in for: what is asked of it, and that its session is run to its end."""
    write_many(place.media, 1)
    unidentifiable(place.media / "cut.jpg", size=(96, 64))
    session_id = place.json("run", "photos", code=1)["session_id"]
    asked = []

    def retried(runner, session_id, *, cause=None, paths=()):
        asked.append((session_id, cause, tuple(paths)))
        return runner.start(parse_parameters({"directories": ["photos"], "skip_existing": False}))

    monkeypatch.setattr(Runner, "retry", retried, raising=False)
    status = place.json("retry", session_id.upper(), code=1)
    assert (status["status"], status["outcomes"]["failed"]) == ("completed", 1)
    assert status["session_id"] != session_id
    here = str(place.media / "cut.jpg")
    place.run("retry", session_id, "--cause", "truncated_image", "--path", "photos/cut.jpg", "--path", here)
    assert asked == [
        (session_id, None, ()),
        (session_id, "truncated_image", ("photos/cut.jpg", "photos/cut.jpg")),
    ]
    refused(place.run("retry", "not-a-uuid"), "UUID")
    refused(place.run("retry", session_id, "--path", "/etc/passwd"), "not inside a media root")
    assert len(asked) == 2


def test_what_cannot_be_retried_is_one_sentence(place, monkeypatch):
    def refuse(runner, session_id, *, cause=None, paths=()):
        raise NothingMatches("No file of the session failed.")

    monkeypatch.setattr(Runner, "retry", refuse, raising=False)
    place.run("migrate")
    refused(place.run("retry", UNKNOWN), "No file of the session failed.")


def test_undo_asks_before_it_removes_what_a_session_added(place_with_photos, monkeypatch):
    place = place_with_photos
    session_id = place.json("run", "photos")["session_id"]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    refused = place.run("undo", "--session", session_id)
    assert (refused.returncode != 0, "Remove 4 rows" in refused.stderr) == (True, True)
    assert place.json("stats")["files"] == 4
    assert place.json("undo", "--session", session_id, "--yes") == {"removed": 4, "kept": 0}
    assert place.json("stats")["files"] == 0
    assert place.json("plan", "photos")["pending_by"] == {"new": 4}


def test_retry_all_tries_what_failed_in_any_session(place_with_photos):
    place = place_with_photos
    for folder in ("one", "two"):
        unidentifiable(place.media / folder / "cut.jpg", size=(96, 64))
        place.json("run", f"photos/{folder}", code=1)
    status = place.json("retry", "all", "--cause", "truncated_image", code=1)
    assert (status["total_files"], status["outcomes"]["failed"]) == (2, 2)
    refused(place.run("retry", "all", "--cause", "empty_file"), "No file failed with cause empty_file")
