"""Writes docs/http.md from the description of HTTP that the program serves at /api/openapi.json: `make docs`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.web.app import ROUTERS
from app.web.description import describe
from app.web.events import EVENTS
from app.web.problems import REFUSALS

FILE = Path(__file__).with_name("http.md")
_WHOLE_OF_ITS_OWN = {
    "SessionRequest": "Parameters",
    "SessionStatus": "Status",
}  # shapes with a section, not a place in the list
_ANYWHERE = ("host_not_allowed", "token_needed", "cross_origin", "internal_error")
_PAGES = (
    ("`GET /ingest-v2`", "the page; `?q=` is about the files that a search finds, instead of folders"),
    ("`GET /ingest`", "leads to the page (307)"),
    ("`GET /`", "leads to the library once it holds a file, until then to the page (307)"),
    (
        "`GET /sessions`",
        "the page of the history; `?status=`, `?root=` and `?cursor=` narrow it as in `GET /api/ingest/sessions`",
    ),
    ("`GET /sessions/{session_id}`", "the page, opened on a session; `?list=` and `?file=` open a dialog over it"),
    (
        "`GET /failures`",
        "the page of what failed in any session and was not taken in since; `?state=`, `?cause=`, `?root=`, `?cursor=`",
    ),
    (
        "`GET /descriptions`",
        "what models propose for the files that a search finds (`?q=`), beside each picture, to be judged",
    ),
    (
        "`GET /duplicates`",
        "the page of files that are alike, group by group; `?by=`, `?max_distance=`, `?cursor=`, `?path=` as below",
    ),
    (
        "`GET /regions`",
        "the page of what is marked in the pictures; `?label=`, `?kind=`, `?source=`, `?cursor=`, `?refresh=`",
    ),
    ("`GET /expected`", "the page of what was expected in them against what was found; `?refresh=`"),
    ("`GET /library`", "the page of the library; `?q=`, `?sort=`, `?order=`, `?size=` and `?filters=` are its state"),
    (
        "`GET /file`",
        "the page of one file, `?path=`, in the list of `?q=&sort=&order=`; 404 where nothing is known of it",
    ),
    (
        "`GET /compare`",
        "the page of a folder against the library: may it be wiped? `?directory=`; `?list=` opens the list of a class",
    ),
    ("`GET /propose`", "the page of what is proposed for the files that were selected in the library"),
    ("`HEAD /api/library/original`", "as `GET`, without the bytes"),
    (
        "`GET /dashboard`",
        "the page of the totals of the library; `?root=` and `?q=` narrow it, `?refresh=` is how often it looks, in s",
    ),
    ("`GET /api/describe/spending`", "the bar of what descriptions cost, as HTML; `?root=` is the project"),
    (
        "`GET /runs`",
        "the page of what vision models were asked; `?path=`, `?session=`, `?cursor=` narrow it",
    ),
    ("`GET /settings`", "the page of media roots, presets and the NSFW threshold"),
    ("`GET /login` `POST /login`", "a form that trades `INGEST_TOKEN`, where it is set, for a cookie of 30 days"),
)
_STATUSES = """\
| status | means |
|---|---|
| `queued` | waits for its turn: one session works at a time |
| `planning` | counts what there is to do |
| `processing` | takes files in |
| `paused` | a person stopped it; goes on when a person says so |
| `attention` | something must be mended, `attention` says what; it is tried again by itself after 5, 10, 30 and then \
every 60 seconds, except where a person has to confirm |
| `interrupted` | the server went away; goes on at the next start, or by *Resume* where `INGEST_AUTO_RESUME=false`; of \
[several servers](operations.md#several-servers) another one goes on with it |
| `completed` | every file is answered for |
| `cancelled` | a person ended it; what was committed stays |
"""
_OTHER_CAUSES = """\
A session's `attention` can name, beside those with 503: `root_changed` (a media root is missing, or has
[far fewer files](files.md#files-that-are-gone-or-moved) than the library knows), `directory_missing`,
`sum_does_not_close` (the numbers do not add up: resuming counts again), `budget_reached` (the next description could
cost more than is left), `provider_unreachable` (it is tried again by itself), `provider_refuses` (its key, credit,
model or address), `answers_unusable` (ten in a row, each paid for), `price_unknown`, `no_provider`, `unknown_template`,
`outputs_unwritable` (the folder of [descriptions](describing.md#outputs)), and `internal_error`.
That of an `interrupted` session can name `root_differs`: its server is gone, and this one has not its files.
What keeps the program from starting, exit code 2: `bad_setting`, `port_taken`, `state_folder_locked`,
`database_in_use` (another server works on the SQLite file), `database_unusable`, `nsfw_unavailable` (by `nsfw fetch`),
`not_sqlite` and `disk_full` (by `backup`), else `cannot_start`.
"""


def written() -> str:
    """The whole document."""
    return "\n".join(_lines(describe(ROUTERS)))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    shapes = document["components"]["schemas"]
    yield "# HTTP\n"
    yield "<!-- Made from the code by `make docs`: change what routes and shapes say of themselves. -->\n"
    yield document["info"]["description"]
    yield "The machine-readable description is at `/api/openapi.json`. Any request can be refused with"
    yield f"{', '.join(map(_code, _ANYWHERE))}; what else, stands with each endpoint, and what it means, under"
    yield "[causes of errors](#causes-of-errors).\n"
    overview = [(f"`{name}`", _first(operation["description"])) for name, operation in operations]
    yield from _table(("endpoint", "does"), [*_PAGES, *overview])
    for tag in document["tags"]:
        yield f"## {tag['name']}\n\n{tag['description']}\n"
        for name, operation in operations:
            if tag["name"] in operation["tags"]:
                yield from _endpoint(name, operation)
    yield "## Parameters\n\nOf `plan` and `process`.\n"
    yield from _parameters(shapes["SessionRequest"])
    yield "The parameters of a retry also have `retry_of`, `retry_cause` and `retry_chosen`; nobody can send these.\n"
    yield f"## Status\n\n{shapes['SessionStatus']['description']}\n"
    yield from _fields(shapes["SessionStatus"])
    yield _STATUSES
    yield "## Causes of errors\n\nWhat a failed file can have instead, stands in [files](files.md#causes).\n"
    rows = [(str(refusal.status), f"`{cause}`", refusal.meaning) for cause, refusal in REFUSALS.items()]
    yield from _table(("HTTP", "cause", "means"), [*rows, ("other", "`http_error`", "any other refusal of the server")])
    yield _OTHER_CAUSES
    yield from _events(document)
    yield "## Shapes\n\nThe bodies of requests and answers, by name.\n"
    for name, shape in shapes.items():
        if name not in _WHOLE_OF_ITS_OWN:
            yield f"### {name}\n\n{shape['description']}\n"
            yield from _fields(shape)


def _endpoint(name: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### `{name}`\n\n{operation['description']}\n"
    parameters = operation.get("parameters", [])
    if parameters:
        yield from _table(
            ("parameter", "in", "type", "default", "meaning"),
            [
                (
                    f"`{each['name']}`",
                    each["in"],
                    _type(each["schema"]),
                    "required" if each["required"] else _code(each["schema"].get("default")),
                    each.get("description", ""),
                )
                for each in parameters
            ],
        )
    if "requestBody" in operation:
        bodies = operation["requestBody"]["content"].items()
        kinds = [
            _type(body["schema"]) if kind == "application/json" else f"bytes, as {_code(kind)}" for kind, body in bodies
        ]
        yield f"Body: {', or '.join(kinds)}.\n"
    answers, refusals = [], []
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if "application/problem+json" in content:
            said = [cause for cause in REFUSALS if f"`{cause}`: " in answer["description"]]
            named = [each for each in said if each not in _ANYWHERE or str(REFUSALS[each].status) != status]
            refusals += [f"{status} {' '.join(map(_code, named))}"] if named else []
        else:
            shape = _type(content["application/json"]["schema"]) if "application/json" in content else ""
            kinds = ", ".join(_code(kind) for kind in content if kind != "application/json")
            answers.append((status, " ".join(filter(None, (shape, kinds))) or "nothing", answer["description"]))
    yield from _table(("answer", "body", "is"), answers)
    if refusals:
        yield f"Refused with: {' · '.join(refusals)}\n"


def _events(document: dict[str, Any]) -> Iterator[str]:
    answer = document["paths"]["/api/ingest/events/{session_id}"]["get"]["responses"]["200"]
    items = answer["content"]["text/event-stream"]["itemSchema"]["oneOf"]
    yield "## Server-sent events\n\nOf `GET /api/ingest/events/{session_id}`. An event's data is JSON; an id is that of"
    yield "a row in the append-only event table, and events that are views carry none.\n"
    rows = [
        (f"`{name}`", _type(item["properties"]["data"]["contentSchema"]), kind.when, "yes" if kind.has_id else "no")
        for (name, kind), item in zip(EVENTS.items(), items, strict=True)
    ]
    yield from _table(("event", "data", "when", "id"), rows)


def _parameters(shape: dict[str, Any]) -> Iterator[str]:
    either = "`directory` or `directories`"
    one, many = (shape["properties"][name]["description"] for name in ("directory", "directories"))
    rows = [(either, "required", f"{one} {many}")]
    for name, field in shape["properties"].items():
        if name not in either:
            rows.append((f"`{name}`", _code(field["default"]), field["description"]))
    yield from _table(("field", "default", "meaning"), rows)


def _fields(shape: dict[str, Any]) -> Iterator[str]:
    required = shape.get("required", [])
    if "enum" in shape:
        yield f"One of {_type(shape)}.\n"
    rows = [
        (f"`{name}`", _type(field) + ("" if name in required else ", may be left out"), field.get("description", ""))
        for name, field in shape.get("properties", {}).items()
    ]
    if rows:
        yield from _table(("name", "type", "meaning"), rows)


def _type(schema: dict[str, Any]) -> str:
    """What a value is, in words; a shape by its name, which leads to it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{_WHOLE_OF_ITS_OWN.get(name, name).lower()})"
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(_code, schema["enum"]))
    if "const" in schema:
        return _code(schema["const"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    if kind == "object":
        inside = schema.get("additionalProperties")
        return f"names to {_type(inside)}" if isinstance(inside, dict) else "object"
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "null": "null",
    }
    bounds = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    unit = "UUID" if schema.get("format") == "uuid" else words.get(str(kind), "any JSON")
    return f"{unit} {' to '.join(bounds)}{'' if len(bounds) != 1 else ' or more'}".strip()


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = tuple(heads)
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _code(value: object) -> str:
    return "null" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _first(text: str) -> str:
    """The first paragraph of a text, without its full stop."""
    return text.partition("\n\n")[0].removesuffix(".")


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
