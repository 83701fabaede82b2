"""What a person gets who installs the program without a checkout: all that it runs on is in the wheel, or declared."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from alembic import command
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.library.engine import Engines
from app.library.migrations import HEAD, config_for
from app.settings import Settings
from tests.samples import write_many
from tests.support import wheel
from tests.support.server import PROJECT, Server, query, settings_for

DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
SOURCES = sorted((*(PROJECT / "app").rglob("*.py"), *(PROJECT / "alembic").rglob("*.py")))


# -- what is imported is declared --------------------------------------------------------------------------------------


def names(requirements):
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def imports_of(body):
    """The top modules that statements import, and whether always: not inside a function, `try` or `if`."""
    for node in body:
        inside = list(ast.iter_child_nodes(node))
        match node:
            case ast.Import(names=aliases):
                yield from ((alias.name.partition(".")[0], True) for alias in aliases)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0], True
            case _:
                yield from ((module, False) for module, _ in imports_of(inside))


@cache
def imported():
    """The distributions that the program imports, and whether each start needs them."""
    of_module = packages_distributions()
    found = {}
    for path in SOURCES:
        for module, always in imports_of(ast.parse(path.read_bytes()).body):
            if module not in sys.stdlib_module_names and module != "app":
                name = canonicalize_name(of_module[module][0])
                found[name] = found.get(name, False) or always
    return found


def test_whatever_is_imported_is_declared():
    extras = DECLARED["optional-dependencies"].values()
    assert imported().keys() - names(DECLARED["dependencies"]) - set().union(*map(names, extras)) == set()


def test_what_every_start_imports_is_in_no_extra():
    assert {name for name, always in imported().items() if always} - names(DECLARED["dependencies"]) == set()


# -- a wheel in an environment without a checkout ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of programs of an environment that holds the wheel and what it declares, without any extra."""
    folder = tmp_path_factory.mktemp("wheel")
    return wheel.install(wheel.build(folder), folder / "environment")


def ask(installed, folder, *arguments):
    """What a command of the wheel prints, in a folder of its own."""
    environment = settings_for(folder, {"photos": folder / "photos"}) | {"PATH": os.defpath}
    return subprocess.run(
        [installed / "media-ingest", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_program_that_is_tested_is_the_one_of_the_wheel(installed, tmp_path):
    code = "import app, app.library.migrations as m; print(app.__file__); print(m.SCRIPTS)"
    done = subprocess.run(
        [installed / "python", "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert [Path(line).is_relative_to(installed.parent) for line in done.stdout.splitlines()] == [True, True]


def test_every_file_of_the_program_is_in_the_wheel(installed):
    kept = next(installed.parent.glob("lib/*/site-packages"))

    def files(folder):
        return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}

    missing = files(PROJECT / "app") - files(kept / "app")
    assert (missing, files(PROJECT / "alembic") - files(kept / "app/library/alembic")) == (set(), set())


def test_a_wheel_takes_files_in_and_serves_them(installed, tmp_path):
    write_many(tmp_path / "photos", 3)
    status = json.loads(ask(installed, tmp_path, "run", "photos", "--json"))
    assert (status["status"], status["outcomes"]["added"]) == ("completed", 3)
    with Server(tmp_path, {"photos": tmp_path / "photos"}, program=installed / "media-ingest") as server:
        assert server.get("/readyz").status_code == 200
        assert server.get("/api/summary").json()["images"] == 3
        page = server.get("/ingest-v2").text
        linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert linked
        assert [path for path in linked if server.get(path).status_code != 200] == []


def test_a_wheel_upgrades_an_older_database(installed, tmp_path, sqlite_file):
    engines = Engines(f"sqlite:///{sqlite_file}", foreign_keys=False)
    engines.write(lambda connection: command.downgrade(config_for(connection), "0004"))
    engines.close()
    assert f"from 0004 to revision {HEAD}" in ask(installed, tmp_path, "migrate")
    assert query(sqlite_file, "SELECT version_num FROM alembic_version") == [{"version_num": HEAD}]


# -- a container -------------------------------------------------------------------------------------------------------


def test_what_the_container_is_told_are_settings_and_what_it_is_built_from_reaches_it():
    image, compose = ((PROJECT / name).read_text("utf-8") for name in ("Dockerfile", "compose.yaml"))
    told = set(re.findall(r"\b(INGEST_[A-Z_]+|DATABASE_URL)\b", image + compose))
    assert {name.lower() for name in told} <= Settings.model_fields.keys()
    reaches = {line[1:] for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines() if line[0] == "!"}
    wheel_of = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    assert {*wheel_of["only-include"], DECLARED["readme"], *DECLARED["license-files"], "uv.lock"} <= reaches
