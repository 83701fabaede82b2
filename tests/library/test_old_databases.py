"""A database of an older version comes to head with all that it holds, one that is no library is refused."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, literal_column, select, table

from app.errors import DatabaseUnusable
from app.library import migrations
from app.library.engine import Engines
from app.library.library import Library
from app.library.migrations import HEAD, Migration, bring_to_head, revision_of
from app.library.tables import Base
from app.media import Place
from tests.ingest.builders import SESSION, analysis
from tests.test_migrations import file_of, run, tables_of, with_a_file

NEXT = '''"""One step further than this program"""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("media_files") as table:
        table.add_column(sa.Column("colour", sa.Text(), nullable=True))


def downgrade():
    with op.batch_alter_table("media_files") as table:
        table.drop_column("colour")
'''


@pytest.fixture
def next_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of the program that comes after this one: these, and one more."""
    scripts = Path(shutil.copytree(migrations.SCRIPTS, tmp_path / "next"))
    (scripts / "versions" / "next.py").write_text(NEXT.format(head=HEAD))
    monkeypatch.setattr(migrations, "SCRIPTS", scripts)
    monkeypatch.setattr(migrations, "HEAD", "next")
    return scripts


def remade(scripts: Path, *, also: str = "") -> None:
    """Lets the next migration make `media_files` anew and drop the old one, as SQLite changes most tables."""
    script = scripts / "versions" / "next.py"
    text = script.read_text().replace(
        '("media_files") as table:\n        table.add',
        '("media_files", recreate="always") as table:\n        table.add',
    )
    script.write_text(text.replace("\n\n\ndef down", f"\n{also}\n\n\ndef down"))


def only_adds(scripts: Path) -> None:
    """Lets the next migration say that it leaves what is there as it is."""
    script = scripts / "versions" / "next.py"
    script.write_text(script.read_text().replace("depends_on = None", "depends_on = None\nadds_only = True"))


def all_in(url: str) -> dict[str, list[Any]]:
    """Each table of ours with its rows, first of all where SQLite has it: a table that is made anew is elsewhere."""
    engines = Engines(url)

    def work(connection: Connection) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name in set(inspect(connection).get_table_names()) & set(Base.metadata.tables):
            columns = [column["name"] for column in inspect(connection).get_columns(name)]
            rows = connection.execute(select(*map(literal_column, columns)).select_from(table(name))).all()
            found[name] = [value for column in zip(columns, *rows, strict=True) for value in column]
            if engines.is_sqlite:
                place = "SELECT rootpage FROM sqlite_master WHERE name = ?"
                found[name].insert(0, connection.exec_driver_sql(place, (name,)).scalar_one())
        return found

    try:
        return engines.read(work)
    finally:
        engines.close()


def links_of(url: str) -> list[tuple[str, str]]:
    library = Library(url)
    try:
        return [(word["text"], word["source"]) for word in library.file(Place("m", b"a.jpg"))["keywords"]]
    finally:
        library.close()


@pytest.fixture
def older_url(fresh_url: str) -> str:
    """A database of its own at the revision of this program: what another one will call an older one."""
    bring_to_head(fresh_url)
    return fresh_url


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# -- an older database -------------------------------------------------------------------------------------------


def test_an_older_database_with_rows_is_brought_to_head(older_url, next_scripts):
    with_a_file(older_url)
    done = bring_to_head(older_url)
    assert (done.before, done.after, done.changed) == (HEAD, "next", True)
    library = Library(older_url)
    assert library.file(Place("m", b"a.jpg"))["camera_make"] == "Box"
    library.close()


def test_an_older_sqlite_file_is_copied_aside_first(sqlite_url, next_scripts):
    """The copy holds the rows, those in the write-ahead log too, at the revision from before."""
    with_a_file(sqlite_url)
    library = Library(sqlite_url)
    library.check()
    library.commit_single_file_to_database("another", analysis(), nsfw_threshold=0.8)  # stays in the log
    done = bring_to_head(sqlite_url)
    library.close()

    assert done.copy is not None
    assert done.copy.parent == file_of(sqlite_url).parent
    with closing(sqlite3.connect(done.copy)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (done.before,)
        assert copy.execute("SELECT count(*) FROM media_files").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM ingest_events").fetchone() == (2,)
        assert copy.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_a_large_file_is_copied_unless_the_steps_only_add(sqlite_url, next_scripts, monkeypatch):
    with_a_file(sqlite_url)
    only_adds(next_scripts)
    run(sqlite_url, command.downgrade, "0009")
    assert bring_to_head(sqlite_url).copy is not None, "a small one always"
    monkeypatch.setattr(migrations, "_COPIED_BYTES", 0)
    run(sqlite_url, command.downgrade, "0009")
    assert bring_to_head(sqlite_url) == Migration("0009", "next")
    run(sqlite_url, command.downgrade, "0004")
    assert bring_to_head(sqlite_url).copy is not None, "one of the steps makes a table anew"


def test_steps_that_only_add_leave_what_was_there(fresh_url):
    bring_to_head(fresh_url)
    with_a_file(fresh_url)
    for step in ScriptDirectory(str(migrations.SCRIPTS)).walk_revisions():
        run(fresh_url, command.downgrade, step.down_revision or "base")
        if getattr(step.module, "adds_only", False):
            before = all_in(fresh_url)
            run(fresh_url, command.upgrade, step.revision)
            after = all_in(fresh_url)
            assert {name: after[name][: len(kept)] for name, kept in before.items()} == before
            run(fresh_url, command.downgrade, step.down_revision)


@pytest.mark.parametrize("adds", [False, True], ids=["it rewrites", "it only adds"])
def test_a_migration_that_fails_leaves_the_older_database_as_it_was(older_url, next_scripts, monkeypatch, adds):
    monkeypatch.setattr(migrations, "_COPIED_BYTES", 0)
    if adds:
        only_adds(next_scripts)
    with_a_file(older_url)
    before = revision_of(older_url)
    script = next_scripts / "versions" / "next.py"
    script.write_text(script.read_text().replace("\n\n\ndef down", "\n    op.execute('this is no SQL')\n\n\ndef down"))
    with pytest.raises(DatabaseUnusable, match="could not be brought to revision next"):
        bring_to_head(older_url)
    assert revision_of(older_url) == before
    engines = Engines(older_url)
    columns = engines.read(lambda c: {column["name"] for column in inspect(c).get_columns("media_files")})
    engines.close()
    assert "colour" not in columns


def test_a_migration_that_makes_a_table_anew_keeps_the_rows_that_belong_to_it(sqlite_url, next_scripts):
    with_a_file(sqlite_url)
    before = links_of(sqlite_url)
    remade(next_scripts)
    assert bring_to_head(sqlite_url).after == "next"
    assert links_of(sqlite_url) == before == [("sea", "xmp")]


def test_after_a_migration_links_still_go_with_their_file(sqlite_url, next_scripts):
    """Foreign keys are off for the migration alone."""
    with_a_file(sqlite_url)
    remade(next_scripts)
    bring_to_head(sqlite_url)
    engines = Engines(sqlite_url)
    engines.write(lambda connection: connection.exec_driver_sql("DELETE FROM media_files"))
    left = engines.read(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM media_keywords").scalar())
    engines.close()
    assert left == 0


def test_a_migration_that_would_leave_rows_that_belong_to_nothing_is_refused(sqlite_url, next_scripts):
    with_a_file(sqlite_url)
    before = links_of(sqlite_url)
    remade(next_scripts, also="    op.execute('DELETE FROM media_files')")
    assert "would leave rows that belong to nothing" in refused(sqlite_url)
    assert revision_in(sqlite_url) == HEAD
    assert links_of(sqlite_url) == before


# -- a database that is refused ----------------------------------------------------------------------------------


def refused(url: str) -> str:
    with pytest.raises(DatabaseUnusable) as caught:
        bring_to_head(url)
    assert "\n" not in caught.value.sentence
    return caught.value.sentence


def test_a_newer_database_is_refused_with_one_sentence(older_url, next_scripts, monkeypatch):
    assert bring_to_head(older_url).after == "next"
    monkeypatch.undo()
    assert "is at revision next, which is newer than this program" in refused(older_url)
    assert revision_in(older_url) == "next"


def revision_in(url: str) -> str:
    def work(connection: Connection) -> str:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()

    engines = Engines(url)
    try:
        return engines.read(work)
    finally:
        engines.close()


@pytest.mark.parametrize("with_log", [False, True], ids=["closed well", "left with its write-ahead log"])
def test_a_newer_sqlite_file_is_refused_without_writing_a_byte(
    sqlite_url, next_scripts, tmp_path, monkeypatch, with_log
):
    file = file_of(sqlite_url)
    bring_to_head(sqlite_url)
    monkeypatch.undo()
    left = tmp_path / "left"
    left.mkdir()
    library = Library(sqlite_url)
    if with_log:  # what a server that was killed leaves behind
        library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
        for name in (file.name, f"{file.name}-wal"):
            shutil.copy(file.with_name(name), left)
    else:
        shutil.copy(file, left)
    library.close()

    before = content_of(left)
    refused(f"sqlite:///{left / file.name}")
    after = content_of(left)
    assert {name: after[name] for name in before} == before


def damage_of(file: Path, kind: str) -> None:
    content = file.read_bytes()
    match kind:
        case "random":
            file.write_bytes(bytes(n * 7 % 251 for n in range(20_000)))
        case "text":
            file.write_text("This is a letter, not a database.\n" * 9)
        case "truncated":
            file.write_bytes(content[: len(content) // 2])
        case "cut in a page":
            file.write_bytes(content[:5000])
        case "overwritten":
            file.write_bytes(content[:4096] + b"\xaa" * (len(content) - 4096))


@pytest.mark.parametrize("kind", ["random", "text", "truncated", "cut in a page", "overwritten"])
def test_a_damaged_file_is_refused_and_left_untouched(sqlite_url, tmp_path, kind):
    with_a_file(sqlite_url)
    folder = tmp_path / "damaged"
    folder.mkdir()
    file = folder / "library.db"
    shutil.copy(file_of(sqlite_url), file)
    damage_of(file, kind)
    before = content_of(folder)
    assert "damaged" in refused(f"sqlite:///{file}")
    after = content_of(folder)
    assert {name: after[name] for name in before} == before


def test_an_sqlite_without_full_text_search_is_refused_before_a_file_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(migrations, "_FULL_TEXT", "fts99")
    assert "built without full-text search (FTS5): use another Python" in refused(f"sqlite:///{tmp_path / 'new.db'}")
    assert content_of(tmp_path) == {}


def test_a_folder_in_place_of_a_database_is_refused(tmp_path):
    assert "cannot be opened" in refused(f"sqlite:///{tmp_path}")


def test_tables_of_ours_without_a_revision_are_refused(fresh_url):
    engines = Engines(fresh_url)
    engines.write(lambda connection: connection.exec_driver_sql("CREATE TABLE keywords (id integer)"))
    engines.close()
    assert "tables named keywords but not their revision" in refused(fresh_url)
    assert tables_of(fresh_url) == {"keywords"}


def test_tables_of_another_program_stay_beside_ours(fresh_url):
    engines = Engines(fresh_url)
    engines.write(lambda connection: connection.exec_driver_sql("CREATE TABLE recipes (id integer)"))
    engines.close()
    bring_to_head(fresh_url)
    assert "recipes" in tables_of(fresh_url)


def test_a_server_that_does_not_answer_is_named():
    assert "cannot be reached" in refused("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2")


# -- the feed of changes -----------------------------------------------------------------------------------------


def test_a_table_that_is_made_anew_is_watched_as_before_and_all_words_are_written_again(sqlite_url, next_scripts):
    """On SQLite; elsewhere the table stays what it is."""
    with_a_file(sqlite_url)
    library = Library(sqlite_url)
    assert library.indexing.catch_up() == 0
    library.close()
    remade(next_scripts)
    bring_to_head(sqlite_url)
    library = Library(sqlite_url)
    try:
        assert library.indexing.progress() == (1, 1)
        assert library.indexing.catch_up() == 0
        library._engines.write(lambda c: c.exec_driver_sql("UPDATE media_files SET title = 'new'"))
        assert library.indexing.progress().waiting == 1
    finally:
        library.close()


def test_the_files_of_an_older_library_wait_for_their_words(fresh_url):
    bring_to_head(fresh_url)
    with_a_file(fresh_url)
    run(fresh_url, command.downgrade, "0008")
    bring_to_head(fresh_url)
    library = Library(fresh_url)
    try:
        assert library.indexing.progress() == (1, 1)
        assert library.indexing.catch_up() == 0
    finally:
        library.close()
