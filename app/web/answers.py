"""What a route promises: the shape of its answer, the body that it reads, and the causes that it can refuse with."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin, get_type_hints

from fastapi.dependencies.models import Dependant
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

Shape = TypeVar("Shape")
Called = TypeVar("Called", bound=Callable[..., Any])

_CAUSES: dict[Any, tuple[str, ...]] = {}
_BODIES: dict[Any, Any] = {}
_JSON = TypeAdapter[Any](Any)


def as_text(value: Any) -> str:
    """A value as JSON. FastAPI's own way for events looks at each part of it in Python, and takes ten times as long."""
    return _JSON.dump_json(value).decode()


class Answer(Response, Generic[Shape]):
    """A value as JSON. It is sent as it was made: mypy has checked its shape, and the tests hold it to it."""

    media_type = "application/json"
    code: ClassVar[int] = 200

    def __init__(self, value: Shape) -> None:
        super().__init__(_JSON.dump_json(value), self.code)


class Accepted(Answer[Shape]):
    """An answer to what goes on after it: 202."""

    code = 202


class Route(APIRoute):
    """A route whose return annotation may be an `Answer[...]`, or a union of several."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.shapes = dict(_shapes_of(endpoint))
        if self.shapes:
            options["response_model"] = None
        super().__init__(path, endpoint, **options)

    @property
    def causes(self) -> set[str]:
        """What it can refuse a request with: its own causes and those of all that it depends on."""
        return {cause for part in _parts_of(self.dependant) for cause in _CAUSES.get(part.call, ())}

    @cached_property
    def queries(self) -> frozenset[str]:
        """The names of its query parameters."""
        return frozenset(query.alias for part in _parts_of(self.dependant) for query in part.query_params)

    @property
    def body(self) -> Any:
        """The model of the body that it reads; None where it reads none."""
        return next((_BODIES[part.call] for part in _parts_of(self.dependant) if part.call in _BODIES), None)


def refuses(*causes: str) -> Callable[[Called], Called]:
    """Says of a route, or of what routes depend on, with which causes it can refuse a request."""

    def note(call: Called) -> Called:
        _CAUSES[call] = causes
        return call

    return note


def reads(model: Any) -> Callable[[Called], Called]:
    """Says of a dependency that it gives the JSON body of the request, and of which model that is."""

    def note(call: Called) -> Called:
        _BODIES[call] = model
        return call

    return note


def _shapes_of(endpoint: Callable[..., Any]) -> Iterator[tuple[int, Any]]:
    """The HTTP statuses and shapes of the answers that a function is annotated with."""
    returned = get_type_hints(endpoint, include_extras=True).get("return")
    for one in (returned, *get_args(returned)):
        kind = get_origin(one)
        if isinstance(kind, type) and issubclass(kind, Answer):
            yield kind.code, get_args(one)[0]


def _parts_of(dependant: Dependant) -> Iterator[Dependant]:
    """What a route needs and, depth first, all that this depends on."""
    yield dependant
    for below in dependant.dependencies:
        yield from _parts_of(below)
