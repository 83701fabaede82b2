"""The schema on its way: fresh, older, newer, damaged, and back again, on both engines."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import bindparam, inspect, select

from app.library import migrations
from app.library.engine import Engines
from app.library.library import Library
from app.library.migrations import HEAD, Migration, bring_to_head, config_for, revision_of
from app.library.saying.editing import parse_edit
from app.library.tables import EVENTS, FAILURES, KEPT, Base
from app.media import Place, Stage
from tests.ingest.builders import SESSION, analysis, failure, found


def run(url: str, step, *args: str) -> None:
    """A step of Alembic's, on a connection as `alembic/env.py` and the program open it."""
    engines = Engines(url, foreign_keys=False)
    try:
        engines.write(lambda connection: step(config_for(connection), *args))
    finally:
        engines.close()


def tables_of(url: str) -> set[str]:
    """Without what FTS5 keeps for the table of words."""
    engines = Engines(url)
    try:
        names = engines.read(lambda connection: inspect(connection).get_table_names())
        return {name for name in names if not name.startswith("media_words_")}
    finally:
        engines.close()


def with_a_file(url: str) -> None:
    library = Library(url)
    library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
    library.close()


def row_of_the_file(url: str) -> dict[str, Any]:
    library = Library(url)
    try:
        return library.file(Place("m", b"a.jpg"))
    finally:
        library.close()


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


# -- to head and back --------------------------------------------------------------------------------------------


def test_a_fresh_database_is_brought_to_head(fresh_url):
    assert revision_of(fresh_url) is None
    assert bring_to_head(fresh_url) == Migration(None, HEAD, None)
    assert revision_of(fresh_url) == HEAD
    assert tables_of(fresh_url) == {*Base.metadata.tables, "media_words", "alembic_version"}
    with_a_file(fresh_url)


def test_a_database_at_head_is_left_alone(fresh_url):
    assert bring_to_head(fresh_url).changed
    again = bring_to_head(fresh_url)
    assert (again.before, again.after, again.copy, again.changed) == (HEAD, HEAD, None, False)


def test_the_models_and_the_migrations_say_the_same(fresh_url):
    bring_to_head(fresh_url)
    run(fresh_url, command.check)


def test_a_step_speaks_to_the_output_of_the_moment(sqlite_url, capsys):
    """Not to the one that stood when Alembic was loaded, which may be closed."""
    run(sqlite_url, command.check)
    assert capsys.readouterr().out == "No new upgrade operations detected.\n"


def test_every_migration_can_be_taken_back_and_made_again(fresh_url):
    bring_to_head(fresh_url)
    run(fresh_url, command.downgrade, "base")
    assert tables_of(fresh_url) == {"alembic_version"}
    bring_to_head(fresh_url)
    run(fresh_url, command.check)
    with_a_file(fresh_url)


def test_the_rows_of_0004_come_to_0005_and_back_with_their_keywords_and_events(fresh_url):
    """`media_files` is made anew on SQLite for a foreign key to itself."""
    bring_to_head(fresh_url)
    with_a_file(fresh_url)
    before = row_of_the_file(fresh_url)
    run(fresh_url, command.downgrade, "0004")
    assert bring_to_head(fresh_url).before == "0004"
    run(fresh_url, command.check)
    assert row_of_the_file(fresh_url) == before | {"picture_sha256": None}, "which 0004 does not know"
    assert before["keywords"] == [{"text": "sea", "source": "xmp", "weight": None}]
    library = Library(fresh_url)
    assert [event.kind for event in library.history.events(Place("m", b"a.jpg"))] == ["file_complete"]
    library.edit(Place("m", b"a.jpg"), parse_edit({"score": 5}))
    assert library.history.events(Place("m", b"a.jpg"))[-1].id == 2, "ids go on where they were"
    library.close()


def test_odd_names_of_older_logs_can_be_read_in_the_view(fresh_url):
    """No database can tell whether bytes are a text: the way up notes how such names are shown."""
    bring_to_head(fresh_url)
    names = (b"caf\xe9.jpg", b"b\\xe9.jpg", "\u00e9.jpg".encode(), b"plain.jpg", b"back\\slash.jpg")
    library = Library(fresh_url)
    for name in names:
        library.commit_single_file_to_database(SESSION, analysis(found(name)), nsfw_threshold=0.8)
    events = EVENTS.update().where(EVENTS.c.id == bindparam("number"))
    before = [(event.id, {k: v for k, v in event.detail.items() if k != "shown"}) for event in library.events(SESSION)]
    for number, detail in before:
        library._engines.write(lambda c, n=number, d=detail: c.execute(events.values(detail=d), {"number": n}))
    library.close()
    run(fresh_url, command.downgrade, "0006")
    assert bring_to_head(fresh_url).before == "0006"
    library = Library(fresh_url)
    rows = library._engines.read(
        lambda c: c.exec_driver_sql("SELECT DISTINCT id, file_name FROM event_log ORDER BY id").all()
    )
    assert [row.file_name for row in rows] == [found(name).shown for name in names]
    assert ["shown" in event.detail for event in library.events(SESSION)] == [True, True, False, False, False]
    library.close()


def test_what_passes_by_itself_is_not_left_to_a_program_that_would_hold_it_back(fresh_url):
    bring_to_head(fresh_url)
    library = Library(fresh_url)
    for name, cause in ((b"a.jpg", "unreadable"), (b"b.jpg", "truncated_image"), (b"c.jpg", "still_changing")):
        library.commit_single_file_to_database(SESSION, failure(found(name), cause=cause), nsfw_threshold=0.8)
    library.close()
    run(fresh_url, command.downgrade, "0007")
    bring_to_head(fresh_url)
    library = Library(fresh_url)
    assert list(library.failures.counts()) == ["truncated_image"]
    library.close()


def test_a_word_that_older_programs_do_not_know_is_not_left_to_them(fresh_url):
    bring_to_head(fresh_url)
    words = {"title": "mine", "nsfw": True}
    library = Library(fresh_url)
    library._engines.write(
        lambda c: c.execute(KEPT.insert(), {"sha256": "0", "words": words, "keywords": [], "at": ""})
    )
    library.close()
    run(fresh_url, command.downgrade, "0010")
    bring_to_head(fresh_url)
    library = Library(fresh_url)
    assert library._engines.read(lambda c: c.execute(select(KEPT.c.words)).scalar_one()) == {"title": "mine"}
    library.close()


def test_failures_of_stages_that_older_programs_do_not_know_are_not_left_to_them(fresh_url):
    bring_to_head(fresh_url)
    library = Library(fresh_url)
    failed = {Stage.DETECT: "damaged_image", Stage.BARCODES: "damaged_image", Stage.NSFW: "damaged_image"}
    library.commit_single_file_to_database(
        SESSION, analysis(ran={Stage.IDENTIFY, *failed}, failed=failed), nsfw_threshold=0.8
    )
    library.close()
    run(fresh_url, command.downgrade, "0014")
    bring_to_head(fresh_url)
    library = Library(fresh_url)
    left = library._engines.read(lambda c: c.execute(select(FAILURES.c.stage)).scalars().all())
    library.close()
    assert left == ["nsfw"]


def test_the_revision_that_the_program_needs_is_the_last_one():
    assert ScriptDirectory(str(migrations.SCRIPTS)).get_heads() == [HEAD]


def test_migrations_stand_in_one_line_and_each_can_be_taken_back():
    scripts = list(ScriptDirectory(str(migrations.SCRIPTS)).walk_revisions())
    assert [later.down_revision for later, earlier in pairwise(scripts)] == [s.revision for s in scripts[1:]]
    assert all(callable(getattr(script.module, "downgrade", None)) for script in scripts)


def test_migrations_are_found_from_any_folder(fresh_url, tmp_path, monkeypatch):
    elsewhere = tmp_path / "else where %"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert bring_to_head(fresh_url).changed
    assert not list(elsewhere.iterdir())


def test_the_folder_of_a_new_database_is_made(tmp_path):
    url = f"sqlite:///{tmp_path / 'a' / 'b' / 'library.db'}"
    assert bring_to_head(url).changed
    assert file_of(url).exists()


def test_an_empty_file_is_a_fresh_database(tmp_path):
    file = tmp_path / "library.db"
    file.touch()
    assert bring_to_head(f"sqlite:///{file}").before is None
