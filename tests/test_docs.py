"""The documents are held to the code: what a person can set, call, type or meet is in them; what they name exists."""

import ast
import os
import re
from collections import Counter

import pytest

from app import __version__, errors
from app.errors import FILE_CAUSES, MediaIngestError
from app.ingest.session.parameters import OF_A_RETRY, Parameters
from app.ingest.session.state import MOVES, SessionState, Status
from app.media import Outcome, Skip, Stage
from app.query.fields import FIELDS, Asked
from app.query.reading import MAX_CHARACTERS, MAX_NESTING, MAX_TERMS, read
from app.settings import Settings
from app.verify import Standing
from app.writing.causes import WRITE_CAUSES
from docs import write_tables
from docs.write_http import written
from tests.support.documents import (
    COMMANDS,
    DOCUMENTS,
    PROJECT,
    ROUTES,
    SOURCES,
    TARGETS,
    TEXTS,
    codes,
    rows,
    section,
    table,
    without_code,
)

README, CHANGELOG, CONTRIBUTING = TEXTS["README.md"], TEXTS["CHANGELOG.md"], TEXTS["CONTRIBUTING.md"]
SETTINGS_AND_CLI, HTTP = TEXTS["docs/settings-and-cli.md"], TEXTS["docs/http.md"]
SEARCH = TEXTS["docs/search.md"]
FILES, METADATA = TEXTS["docs/files.md"], TEXTS["docs/metadata.md"]
ARCHITECTURE, DECISIONS = TEXTS["docs/architecture.md"], TEXTS["docs/decisions.md"]
ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MediaIngestError)]

SETTINGS = table(SETTINGS_AND_CLI, "variable")
PARAMETERS = table(HTTP, "field")
LINKS = sorted(
    {
        (document, target)
        for document, text in TEXTS.items()
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text))
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
    assert (set(ROUTES) - set(documented), set(documented) - set(ROUTES)) == (set(), set())
    assert len(documented) == len(ROUTES)


def test_the_document_of_http_is_the_one_that_the_code_writes():
    assert written() == HTTP, "docs/http.md is stale: run make docs"


@pytest.mark.parametrize("field", SessionState("", Parameters(directories=("-",)), "").as_status())
def test_every_field_of_a_status_is_documented(field):
    assert field in codes(section(HTTP, "Status"))


def test_every_command_is_documented_and_no_other():
    documented = {codes(cells[0])[0].split()[1] for cells in rows(SETTINGS_AND_CLI, "command")}
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
    text = section(SETTINGS_AND_CLI, "Command line")
    row = next(cells for cells in rows(SETTINGS_AND_CLI, "command") if codes(cells[0])[0].split()[1] == command)
    where = row[2]
    if command in ("plan", "run"):
        where += text.split("Parameters of `plan` and `run`:", 1)[1].split("\n\n", 1)[0]
    assert re.search(rf"`{option}[ `]", where)


def test_the_options_that_are_documented_exist():
    exist = {option for command in COMMANDS.values() for p in command.params for option in (*p.opts, *p.secondary_opts)}
    written = {
        option for code in codes(section(SETTINGS_AND_CLI, "Command line")) for option in re.findall(r"--[a-z-]+", code)
    }
    assert written - {"--help", "--version"} <= exist


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_documented(target):
    assert f"make {target}" in table(CONTRIBUTING, "target")


def test_the_two_commands_stand_at_the_top():
    top = README.split("## ", 1)[0]
    assert "make run" in top
    assert "make test" in top


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_of_a_search_is_documented(name):
    field = FIELDS[name]
    assert table(SEARCH, "field")[name] == [field.asked.value, field.meaning, f"`{name}:{field.example}`"]


def test_no_field_of_a_search_is_documented_that_does_not_exist_and_how_each_matches_is():
    assert set(table(SEARCH, "field")) == set(FIELDS)
    assert [cells[0] for cells in rows(SEARCH, "matches by")] == [asked.value for asked in Asked]
    assert set(table(SEARCH, "`is:`")) == set(FIELDS["is"].values)


def test_the_searches_that_are_shown_can_be_read():
    assert all(map(read, re.findall(r"^```\n(.*?)^```", SEARCH, re.MULTILINE | re.DOTALL)[0].splitlines()))


def test_the_limits_of_a_search_are_documented():
    assert f"{MAX_CHARACTERS:,} characters, {MAX_TERMS} terms and {MAX_NESTING} levels" in " ".join(SEARCH.split())


# -- what a person can meet --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", FILE_CAUSES)
def test_every_cause_of_a_failed_file_is_documented_with_what_to_do(cause):
    documented = table(section(FILES, "Causes"), "cause")[cause]
    assert documented == [FILE_CAUSES[cause].meaning, FILE_CAUSES[cause].advice]


def test_every_cause_of_a_file_that_is_not_written_is_documented_and_no_other():
    documented = table(section(TEXTS["docs/writing.md"], "Why a file was not written"), "cause")
    assert documented == {name: [cause.meaning, cause.advice] for name, cause in WRITE_CAUSES.items()}


def test_no_cause_of_a_failed_file_is_documented_that_does_not_exist():
    assert set(table(section(FILES, "Causes"), "cause")) == set(FILE_CAUSES)


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
    assert outcome.value in table(FILES, "outcome")


@pytest.mark.parametrize("skip", Skip)
def test_every_skip_is_documented(skip):
    assert skip.value in table(FILES, "skipped as")


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_documented(stage):
    assert stage.value in table(METADATA, "stage")


@pytest.mark.parametrize("standing", Standing)
def test_every_finding_of_verify_is_documented(standing):
    assert standing.value in table(FILES, "finding")


def test_every_verdict_of_explain_is_documented_and_no_other():
    returned = {
        node.elts[0].value
        for node in ast.walk(ast.parse((PROJECT / "app/facts.py").read_text("utf-8")))
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant)
    }
    assert set(table(FILES, "verdict")) - {"outside_roots", "several"} == returned


@pytest.mark.parametrize("name", write_tables.DOCUMENTS)
def test_what_follows_from_the_code_is_written_down(name):
    assert (PROJECT / name).read_text("utf-8") == write_tables.DOCUMENTS[name](), f"{name} is out of date: `make docs`"


def test_every_server_sent_event_is_documented_and_no_other():
    sent = set()
    for node in ast.walk(ast.parse((PROJECT / "app/web/events.py").read_text("utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "event" and isinstance(node.value, ast.Constant):
            sent.add(node.value.value)
    logged = {"stage_start", "stage_progress", "stage_complete", "file_complete"}  # rows, sent under their own kinds
    assert set(table(HTTP, "event")) == sent | logged


# -- what the documents say of the code --------------------------------------------------------------------------------


def test_the_changelog_has_this_version():
    assert re.search(rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)


def anchors(path):
    """The anchors of a document's headings, as GitHub makes them: the second one of a name ends in -1."""
    seen = Counter()
    for heading in re.findall(r"^#+ (.+)$", without_code(path.read_text("utf-8")), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        yield f"{name}-{seen[name]}" if seen[name] else name
        seen[name] += 1


@pytest.mark.parametrize(("document", "target"), LINKS)
def test_every_link_leads_somewhere(document, target):
    name, _, anchor = target.partition("#")
    file = (PROJECT / document).parent / name if name else PROJECT / document
    assert file.exists()
    if anchor:
        assert anchor in set(anchors(file))


def test_a_stranger_decides_in_a_minute():
    assert README.count("\n") <= 150


def test_every_document_can_be_reached_from_the_readme():
    reached = {"README.md"}
    for _ in DOCUMENTS:
        reached |= {name for document in reached & set(DOCUMENTS) for name in linked_by(document)}
    assert set(DOCUMENTS) - reached == set()


def linked_by(document):
    """The files that a document links to, as paths of the project."""
    targets = (target.partition("#")[0] for by, target in LINKS if by == document)
    return {os.path.normpath(os.path.join(os.path.dirname(document), target)) for target in targets if target}


def test_every_decision_has_its_date():
    records = re.findall(r"^### (.+)\n(.*)", DECISIONS, re.MULTILINE)
    assert records
    assert [title for title, first in records if not re.match(r"\d{4}-\d\d-\d\d[,.] ", first)] == []


def test_every_file_of_the_project_that_is_named_exists():
    named = {
        (document, code)
        for document, text in TEXTS.items()
        for code in codes(text)
        if document != "docs/origins.md"  # it names the files of other programs, too
        and re.fullmatch(r"(app|alembic|docs|media|tests|\.ci)/[\w./-]*", code)
    }
    assert [pair for pair in sorted(named) if not (PROJECT / pair[1]).exists()] == []


def test_every_room_is_in_the_architecture():
    documented = {code for cells in rows(ARCHITECTURE, "room") for code in codes(cells[0])}
    app = PROJECT / "app"
    rooms = {path.parent for path in app.rglob("__init__.py")} - {app}
    outer = {room for room in rooms if any(room in inner.parents for inner in rooms)}
    alone = {path for path in app.glob("*.py") if path.name != "__init__.py"}
    needed = {str(path.relative_to(PROJECT)) for path in (rooms - outer) | alone}
    assert needed - documented == set()


def test_the_table_of_states_is_that_of_the_code():
    documented = {status: set() for status in Status}
    for before, after in rows(section(ARCHITECTURE, "States"), "from"):
        sources = [Status(name) for name in codes(before)] or [status for status in Status if not status.ended]
        for status in sources:
            documented[status] |= {Status(name) for name in codes(after)}
    assert documented == {status: set(moves) for status, moves in MOVES.items()}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_names_a_place_of_one_machine(document):
    assert re.findall(r"(?<![\w.])/(?:tmp|home|root|work|Users)/\S*", TEXTS[document]) == []
