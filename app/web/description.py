"""The description of HTTP at `/api/openapi.json`, put together from what routes say of themselves.

FastAPI describes paths and parameters; this adds bodies, the shapes of answers and events, and every refusal.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from typing_extensions import get_original_bases, is_typeddict

from app import __version__
from app.web.answers import Route
from app.web.events import EVENTS
from app.web.guard import OPEN_PATHS
from app.web.problems import PROBLEM_JSON, REFUSALS, Problem

_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"
ABOUT = """\
Answers are JSON. An error is `application/problem+json` (RFC 9457): `{"type", "status", "detail", "cause"}`, where
`detail` is one sentence for a person and `cause` a stable code for a program, with `field` where one parameter is at
fault and `session_id` where a session is. A `POST` and a `PATCH` need `Content-Type: application/json` and a body of at
most 1 MB, and a `PUT` the bytes of a file; whatever changes something needs a same-origin or absent `Origin`. A
parameter or field that an endpoint does not have is refused; only `/ingest-v2`, what leads to it, `/login`, `/healthz`
and `/readyz` take any query.

Where `INGEST_TOKEN` is set, every request carries it as `Authorization: Bearer ...`, or the cookie of the page's login
form. Paths are shown as `ROOT/relative`; a byte of a name that is not UTF-8 is shown as `\\x80` to `\\xff`. Times are
ISO 8601 in UTC. Pages of a list follow each other by `next`, which the next request sends as `cursor`; it is null on
the last page.
"""
_TAGS = {
    "Sessions": "Plan, start, watch and stop sessions; one works at a time.",
    "Answers for files": "What became of files, of one session or ever.",
    "Library": "Files that were taken in.",
    "Descriptions": "What vision models say of pictures, what they were asked, and what it cost.",
    "Notifications": "Who is told what becomes of sessions, and how each delivery stands.",
    "Inbox": "Files that are dropped on the page.",
    "Presets and roots": "What a person keeps on the server.",
    "NSFW model": "Whether the model can be used, and fetching its weights.",
    "Server": "Whether the server is alive and ready.",
}


def describe(routers: Sequence[APIRouter]) -> dict[str, Any]:
    """The OpenAPI document of all routes in these routers that are not left out of it."""
    routes = [route for router in routers for route in router.routes if isinstance(route, Route)]
    routes = [route for route in routes if route.include_in_schema]
    document = get_openapi(
        title="Media Ingest",
        version=__version__,
        description=ABOUT,
        routes=routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    shapes = _Shapes([Problem, *(kind.shape for kind in EVENTS.values()), *_shapes_of(routes)])
    for route in routes:
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            operation["operationId"] = route.name
            if route.body is not None:
                operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": shapes[route.body]}}}
            operation["responses"] = _responses(route, method, operation["responses"], shapes)
    known = document["components"]["schemas"].items()  # FastAPI's own: enumerations of parameters, and its errors
    enumerations = {name: schema for name, schema in known if "enum" in schema}
    document["components"] = {"schemas": dict(sorted((shapes.definitions | enumerations).items()))}
    return document


def _shapes_of(routes: Iterable[Route]) -> Iterator[Any]:
    for route in routes:
        yield from route.shapes.values()
        if route.body is not None:
            yield route.body


def _responses(route: Route, method: str, declared: dict[str, Any], shapes: "_Shapes") -> dict[str, Any]:
    """What an operation can answer: what it declares itself, its shapes, and its refusals by status."""
    answers = {} if route.shapes else {status: answer for status, answer in declared.items() if status != "422"}
    for status, shape in route.shapes.items():
        answers[str(status)] = {"description": shapes.sentence(shape), "content": {_JSON: {"schema": shapes[shape]}}}
    if "text/event-stream" in answers.get("200", {}).get("content", {}):
        answers["200"]["content"]["text/event-stream"] = {"itemSchema": _event(shapes)}
    for code, answer in declared.items():  # a cause with another status than it has elsewhere
        if code >= "400" and code != "422":
            answers[code] = {**_refusal(shapes), "description": answer["description"]}
    causes = route.causes | {"host_not_allowed", "internal_error"}
    if not route.path.startswith(OPEN_PATHS):
        causes.add("token_needed")
    if method != "GET":
        causes.add("cross_origin")
    for cause, refusal in REFUSALS.items():  # in their order, by status
        if cause in causes:
            sentence = f"`{cause}`: {refusal.meaning}"
            problem = answers.setdefault(str(refusal.status), _refusal(shapes))
            problem["description"] += f"{'; ' if problem['description'] else ''}{sentence}"
    return answers


def _refusal(shapes: "_Shapes") -> dict[str, Any]:
    return {"description": "", "content": {PROBLEM_JSON: {"schema": shapes[Problem]}}}


def _event(shapes: "_Shapes") -> dict[str, Any]:
    """One event of a stream."""
    return {"oneOf": [_event_of(name, shapes) for name in EVENTS]}


def _event_of(name: str, shapes: "_Shapes") -> dict[str, Any]:
    kind = EVENTS[name]
    data = {"type": "string", "contentMediaType": _JSON, "contentSchema": shapes[kind.shape]}
    properties: dict[str, Any] = {"event": {"const": name}, "data": data}
    if kind.has_id:
        properties["id"] = {"type": "string", "description": "The id of a row of the log."}
    return {"type": "object", "description": kind.when, "properties": properties, "required": [*properties]}


class _Schemas(GenerateJsonSchema):
    """Without titles, which only repeat names; a shape that extends another has the descriptions of its fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No field has a title."""
        del schema
        return False

    def typed_dict_schema(self, schema: Any) -> JsonSchemaValue:
        """The fields of a TypedDict, those that it inherits described as where they come from."""
        made = super().typed_dict_schema(schema)
        for inherited in filter(is_typeddict, get_original_bases(schema["cls"])):
            for name, field in TypeAdapter(inherited).json_schema(schema_generator=_Schemas)["properties"].items():
                if "description" in field:
                    made["properties"][name].setdefault("description", field["description"])
        return made


class _Shapes:
    """The schemas of shapes: each named shape stands once among the definitions."""

    def __init__(self, shapes: Iterable[Any]) -> None:
        inputs = [(repr(shape), "validation", TypeAdapter(shape)) for shape in dict.fromkeys(shapes)]
        made, together = TypeAdapter.json_schemas(
            inputs,  # type: ignore[arg-type] # keys and modes are invariant there
            ref_template=_REFERENCE,
            schema_generator=_Schemas,
        )
        self._made = {key: schema for (key, _), schema in made.items()}
        self.definitions: dict[str, Any] = together["$defs"]

    def __getitem__(self, shape: Any) -> dict[str, Any]:
        """The schema of a shape, by reference where it has a name."""
        return self._made[repr(shape)]

    def sentence(self, shape: Any) -> str:
        """What a shape is, in one sentence; of a union, in one each."""
        schema = self[shape]
        names = [_named_in(part).rpartition("/")[2] for part in schema.get("anyOf", [schema])]
        return " Or: ".join(self.definitions[name]["description"].partition("\n")[0] for name in names)


def _named_in(schema: Mapping[str, Any]) -> str:
    """The reference of a shape, of the elements of a list, or of the values of a mapping."""
    while "$ref" not in schema:
        schema = schema["items"] if "items" in schema else schema["additionalProperties"]
    return str(schema["$ref"])
