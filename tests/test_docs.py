"""The documents are held to the code: what a person can set, call, type or meet is in them; what they name exists."""

import ast
import importlib
import re
from pathlib import Path

import pytest
import typer.main

from app import __version__, errors
from app.cli import cli
from app.errors import FILE_CAUSES, MediaIngestError
from app.ingest.session.parameters import OF_A_RETRY, Parameters
from app.ingest.session.state import MOVES, SessionState, Status
from app.media import FORMATS, Kind, Outcome, Skip, Stage
from app.settings import Settings
from app.web import account, ingest, library, nsfw, page
from docs.write_http import written

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CHANGELOG.md", "docs/design.md", "docs/http.md")
README = (PROJECT / "README.md").read_text("utf-8")
CHANGELOG = (PROJECT / "CHANGELOG.md").read_text("utf-8")
DESIGN = (PROJECT / "docs/design.md").read_text("utf-8")
HTTP = (PROJECT / "docs/http.md").read_text("utf-8")
SOURCES = sorted((PROJECT / "app").rglob("*.py"))

ROUTES = sorted(
    f"{method} {route.path}"
    for module in (account, page, ingest, library, nsfw)
    for route in module.router.routes
    for method in route.methods
)
COMMANDS = typer.main.get_command(cli).commands
TARGETS = re.findall(r"^([a-z]+):.*## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MediaIngestError)]

# What the description that this tool began with names, and its promise: each of them has a place here.
DESCRIBED = (
    "app/services/ingestion_state.py", "IngestionState", "SessionState", "app/routers/ingest_v2.py",
    "process_files_sequential()", "commit_single_file_to_database()", "get_directory_ingest_stats()",
    "app/templates/ingest_v2.html", "saveSessionToStorage()", "clearSessionFromStorage()",
    "POST /api/ingest/process", "POST /api/ingest/resume", "GET /api/ingest/status/{session_id}",
    "GET /api/ingest/directories", "ingest_stats", "total_files", "ingested_files", "POST /api/ingest/commit",
    "GET /api/ingest/commit-status/{session_id}", "GET /api/ingest/report/{session_id}", "/ingest-v2", "/ingest",
    ".ingestion_state/", "{session-id}.json", "DATABASE_URL", "max_files", "tests/test_sequential_ingestion.py",
    "tests/test_ingestion_v2.py",
)  # fmt: skip


def rows(text, first):
    """The rows of the table whose first heading is `first`, as lists of cells."""
    found = re.search(rf"^\| {re.escape(first)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found, f"there is no table headed '{first}'"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in found[1].splitlines()]


def section(text, title):
    """What stands under a heading, up to the next one."""
    return re.split(r"^#{1,3} ", text.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def codes(text):
    """Everything in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def table(text, first):
    """A table as a mapping from the names in the first cells to the other cells."""
    return {name: cells[1:] for cells in rows(text, first) for name in codes(cells[0])}


SETTINGS = table(README, "variable")
PARAMETERS = table(HTTP, "field")
PLACES = rows(DESIGN, "there")
LINKS = sorted(
    {
        (document, target)
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)\s]+)\)", (PROJECT / document).read_text("utf-8"))
        if not target.startswith(("http://", "https://"))
    }
)


# -- what a person can set ---------------------------------------------------------------------------------------------


def plain(value):
    """A default as the documents write it."""
    return "none" if value is None else str(value).lower() if isinstance(value, bool | float) else str(value)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name):
    default = Settings.model_fields[name].default
    if isinstance(default, dict):
        default = ", ".join(f"{root}=./{path}" for root, path in default.items())
    if isinstance(default, tuple):
        default = ", ".join(default)
    shown = plain(default).removesuffix(".0")
    documented = SETTINGS[name.upper()][0].strip("`")
    assert documented.removeprefix("./") == shown.removeprefix("./")


def test_no_setting_is_documented_that_does_not_exist():
    assert set(SETTINGS) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", [name for name in Parameters.model_fields if name not in OF_A_RETRY])
def test_every_parameter_is_documented_with_its_default(name):
    field = Parameters.model_fields[name]
    shown = "required" if field.is_required() else plain(field.default).replace("none", "null")
    assert PARAMETERS[name][0].strip("`") == shown


# -- what a person can call and type -----------------------------------------------------------------------------------


def test_every_endpoint_is_documented_and_no_other():
    documented = [code for cells in rows(HTTP, "endpoint") for code in codes(cells[0])]
    assert sorted(documented) == ROUTES


def test_the_document_of_http_is_the_one_that_the_code_writes():
    assert written() == HTTP, "docs/http.md is stale: run make docs"


@pytest.mark.parametrize("field", SessionState("", Parameters(directories=("-",)), "").as_status())
def test_every_field_of_a_status_is_documented(field):
    assert field in codes(section(HTTP, "Status"))


def test_every_command_is_documented_and_no_other():
    documented = {codes(cells[0])[0].split()[1] for cells in rows(README, "command")}
    assert documented == set(COMMANDS)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (name, option)
        for name, command in COMMANDS.items()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    ],
)
def test_every_option_is_documented_with_its_command(command, option):
    text = section(README, "Command line")
    row = next(cells for cells in rows(README, "command") if codes(cells[0])[0].split()[1] == command)
    where = row[2]
    if command in ("plan", "run"):
        where += text.split("Parameters of `plan` and `run`:", 1)[1].split("\n\n", 1)[0]
    assert re.search(rf"`{option}[ `]", where)


def test_the_options_that_are_documented_exist():
    exist = {option for command in COMMANDS.values() for p in command.params for option in (*p.opts, *p.secondary_opts)}
    written = {option for code in codes(section(README, "Command line")) for option in re.findall(r"--[a-z-]+", code)}
    assert written - {"--help", "--version"} <= exist


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_documented(target):
    assert f"make {target}" in table(README, "target")


def test_the_two_commands_stand_at_the_top():
    top = README.split("## ", 1)[0]
    assert "make run" in top
    assert "make test" in top


# -- what a person can meet --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", FILE_CAUSES)
def test_every_cause_of_a_failed_file_is_documented_with_what_to_do(cause):
    documented = table(section(README, "When a file fails"), "cause")[cause]
    assert documented == [FILE_CAUSES[cause].meaning, FILE_CAUSES[cause].advice]


def test_no_cause_of_a_failed_file_is_documented_that_does_not_exist():
    assert set(table(section(README, "When a file fails"), "cause")) == set(FILE_CAUSES)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_documented_by_its_cause(kind):
    assert kind.cause in codes(section(HTTP, "Causes of errors"))


def causes_in(path):
    """The causes that a file of the code writes: `cause="..."`, `cause = ...` and `problem(status, text, "...")`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.keyword(arg="cause", value=value) | ast.Assign(targets=[ast.Name(id="cause")], value=value):
                pass
            case ast.Call(func=ast.Name(id="problem"), args=[_, _, value]):
                pass
            case _:
                continue
        either = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        yield from (one.value for one in either if isinstance(one, ast.Constant) and one.value)


def test_every_cause_that_the_code_writes_is_documented():
    documented = {*codes(section(HTTP, "Causes of errors")), *FILE_CAUSES}
    found = ((str(cause), path.name) for path in SOURCES for cause in causes_in(path))
    written = {cause: name for cause, name in found if re.fullmatch(r"[a-z_]+", cause)}
    assert {cause: name for cause, name in written.items() if cause not in documented} == {}


@pytest.mark.parametrize("status", Status)
def test_every_status_is_documented(status):
    assert status.value in table(HTTP, "status")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_documented(outcome):
    assert outcome.value in table(README, "outcome")


@pytest.mark.parametrize("skip", Skip)
def test_every_skip_is_documented(skip):
    assert skip.value in table(README, "skipped as")


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_documented(stage):
    assert stage.value in table(README, "stage")


def test_every_format_is_documented():
    text = section(README, "What is read from a file").lower().replace("jpeg 2000", "jpeg2000")
    names = [format_.name if format_.kind is Kind.IMAGE else f"`.{format_.name}`" for format_ in FORMATS]
    assert [name for name in names if name not in text] == []


def test_every_server_sent_event_is_documented_and_no_other():
    sent = set()
    for node in ast.walk(ast.parse((PROJECT / "app/web/events.py").read_text("utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "event" and isinstance(node.value, ast.Constant):
            sent.add(node.value.value)
    logged = {"stage_start", "stage_complete", "file_complete"}  # kinds of rows, sent under their own names
    assert set(table(HTTP, "event")) == sent | logged


# -- what the documents say of the code --------------------------------------------------------------------------------


def test_the_changelog_has_this_version():
    assert re.search(rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)


def anchors(path):
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("document", "target"), LINKS)
def test_every_link_leads_somewhere(document, target):
    name, _, anchor = target.partition("#")
    file = (PROJECT / document).parent / name if name else PROJECT / document
    assert file.exists()
    if anchor:
        assert anchor in anchors(file)


def test_every_file_of_the_project_that_is_named_exists():
    named = {
        (document, code)
        for document in DOCUMENTS
        for code in codes((PROJECT / document).read_text("utf-8").split("## From the first description", 1)[0])
        if re.fullmatch(r"(app|alembic|docs|media|tests|\.ci)/[\w./-]*", code)
    }
    ahead = {("docs/design.md", f"app/{name}.py") for name in ("library/search", "reports", "notify")}  # said to come
    assert [pair for pair in sorted(named - ahead) if not (PROJECT / pair[1]).exists()] == []


def test_every_file_of_the_house_is_in_the_design():
    house = {code for cells in rows(DESIGN, "file") for code in codes(cells[0])}
    files = {str(path.relative_to(PROJECT)) for path in SOURCES if path.name != "__init__.py"}
    assert files - house == set()


def test_the_table_of_states_is_that_of_the_code():
    documented = {status: set() for status in Status}
    for before, after in rows(section(DESIGN, "States"), "from"):
        sources = [Status(name) for name in codes(before)] or [status for status in Status if not status.ended]
        for status in sources:
            documented[status] |= {Status(name) for name in codes(after)}
    assert documented == {status: set(moves) for status, moves in MOVES.items()}


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_name_of_the_first_description_has_its_place(name):
    assert name in codes(" ".join(cells[0] for cells in PLACES))


@pytest.mark.parametrize("name", sorted({code for cells in PLACES for code in codes(cells[1])}))
def test_every_place_that_the_design_names_exists(name):
    assert exists(name), f"{name} is nothing that the code has"


def exists(name):
    """Whether a name of the second column is there: endpoint, element, field, setting, function, file."""
    if re.match(r"(GET|POST|DELETE) /", name):
        return name in ROUTES
    if name.startswith("#"):
        return any(f'id="{name[1:]}"' in page.read_text("utf-8") for page in (PROJECT / "app/web").rglob("*.html"))
    if name.startswith("status."):
        return name.removeprefix("status.") in SessionState("", Parameters(directories=("-",)), "").as_status()
    if name.startswith("parameters."):
        return name.removeprefix("parameters.") in Parameters.model_fields
    if name.isupper():
        return name.lower() in Settings.model_fields
    if ".js:" in name:
        path, _, function = name.partition(":")
        return re.search(rf"\bfunction {function}\(", (PROJECT / path).read_text("utf-8")) is not None
    if name.startswith("app."):
        return imported(name)
    if "/" in name:
        return (PROJECT / name).exists()
    return any(name in path.read_text("utf-8") for path in SOURCES)


def imported(name):
    """Whether `app.module.Class.method` can be reached."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part, None)
        return thing is not None
    return False


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_names_a_place_of_one_machine(document):
    text = (PROJECT / document).read_text("utf-8")
    assert re.findall(r"(?<![\w.])/(?:tmp|home|root|work|Users)/\S*", text) == []
