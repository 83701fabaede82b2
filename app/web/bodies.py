"""The bodies of requests, as models: each is checked as it is described."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from app.compare import kept
from app.errors import FILE_CAUSES, InvalidRequest, in_words
from app.ingest.plan.planner import LISTS
from app.ingest.run.parts import ALL_SESSIONS
from app.ingest.session.parameters import SessionRequest
from app.library.finding.orders import Sort
from app.library.saying.editing import Edit
from app.library.values import FailureState
from app.web.answers import reads, refuses
from app.web.depends import MAX_PAGE, JsonBody, checked_id, refuse_unknown
from app.writing.planned import Target
from app.writing.words import FIELDS

Model = TypeVar("Model", bound=BaseModel)
_SESSION_ID: dict[str, Any] = {"type": "string", "format": "uuid"}


class OfSession(BaseModel):
    """Which session is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    session_id: Annotated[str, WithJsonSchema(_SESSION_ID)]
    """The session's UUID."""

    @model_validator(mode="before")
    @classmethod
    def _id_is_one(cls, values: Mapping[str, Any]) -> Any:
        return {**values, "session_id": checked_id(values.get("session_id"))}


class Resumption(OfSession):
    """Which session is to go on."""

    confirm: bool = False
    """True where `attention.needs_confirm` asks for it: what is missing is really gone."""
    budget_usd: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None = None
    """With `attention.cause` `budget_reached`: what the session may cost from now on, in USD; null: as before."""


def _known_cause(cause: Any) -> Any:
    if cause is not None and not (isinstance(cause, str) and cause in FILE_CAUSES):
        raise ValueError("must be one of the causes of failed files")
    return cause


def _some_paths(paths: Any) -> Any:
    listed = isinstance(paths, list) and all(isinstance(path, str) for path in paths)
    if paths is not None and not (listed and 1 <= len(paths) <= MAX_PAGE):
        raise ValueError(f"must be a list of 1 to {MAX_PAGE:,} paths")
    return paths


def _known_state(state: Any) -> Any:
    if state is not None and state not in tuple(FailureState):
        raise ValueError(f"must be one of {', '.join(FailureState)}")
    return state


def _one_of(kind: type[StrEnum]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in tuple(kind):
            raise ValueError(f"must be one of {', '.join(kind)}")
        return value

    return check


def _some_fields(fields: Any) -> Any:
    if fields is not None and not (isinstance(fields, list) and fields and all(one in FIELDS for one in fields)):
        raise ValueError(f"must be a list of some of {', '.join(FIELDS)}")
    return fields


_ONE_CAUSE = {"anyOf": [{"enum": [*FILE_CAUSES]}, {"type": "null"}]}
_PATHS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_PAGE}


class Retry(BaseModel):
    """Whose failed files are looked at again: all of them, those of one cause, or those that are named."""

    model_config = OfSession.model_config

    session_id: Annotated[str, WithJsonSchema({"anyOf": [_SESSION_ID, {"const": ALL_SESSIONS}]})]
    """The session's UUID; or `all`: what failed in any session, was not taken in since, and is `open`."""
    cause: Annotated[str | None, BeforeValidator(_known_cause), WithJsonSchema(_ONE_CAUSE)] = None
    """Only files that failed with this cause."""
    paths: Annotated[
        list[str] | None, BeforeValidator(_some_paths), WithJsonSchema({"anyOf": [_PATHS, {"type": "null"}]})
    ] = None
    """Only these files, `ROOT/relative` as shown, at most 1,000."""

    @model_validator(mode="before")
    @classmethod
    def _id_is_one(cls, values: Mapping[str, Any]) -> Any:
        session_id = values.get("session_id")
        return {**values, "session_id": session_id if session_id == ALL_SESSIONS else checked_id(session_id)}


class FailuresMeant(BaseModel):
    """Of which failures a person says what: of those that are named, or of all with one cause."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    state: Annotated[str, BeforeValidator(_known_state), WithJsonSchema({"enum": [*FailureState]})]
    """What is said: `open`, `reviewed`, or `ignored`."""
    paths: Annotated[
        list[str] | None, BeforeValidator(_some_paths), WithJsonSchema({"anyOf": [_PATHS, {"type": "null"}]})
    ] = None
    """These files, `ROOT/relative` as shown, at most 1,000."""
    cause: Annotated[str | None, BeforeValidator(_known_cause), WithJsonSchema(_ONE_CAUSE)] = None
    """Instead of `paths`: all files that failed with this cause."""
    root: str | None = None
    """With `cause`: only files of this media root."""
    from_state: Annotated[
        str | None,
        BeforeValidator(_known_state),
        WithJsonSchema({"anyOf": [{"enum": [*FailureState]}, {"type": "null"}]}),
    ] = None
    """With `cause`: only files of which this was said so far."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "FailuresMeant":
        if (self.paths is None) == (self.cause is None):
            raise InvalidRequest("Give either paths or a cause.", field="paths")
        return self


class Confirmation(BaseModel):
    """Whether something is to be done that takes rows away, or only counted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    confirm: Annotated[int, Field(ge=0)] | None = None
    """So many rows are to be removed, as was counted; left out: they are only counted."""


class WriteMeant(BaseModel):
    """Of which files a person's words are written where: of those that are named, or of all that a search finds."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    paths: Annotated[
        list[str] | None, BeforeValidator(_some_paths), WithJsonSchema({"anyOf": [_PATHS, {"type": "null"}]})
    ] = None
    """These files, `ROOT/relative` as shown, at most 1,000."""
    q: str | None = None
    """Instead of `paths`: all files that this search finds, at most 10,000; into the files themselves 1,000."""
    to: Annotated[str, BeforeValidator(_one_of(Target)), WithJsonSchema({"enum": [*Target]})] = Target.SIDECAR_DIR.value
    """Where to: the folder for sidecars, a sidecar beside each file, or the file itself."""
    fields: Annotated[
        list[str] | None,
        BeforeValidator(_some_fields),
        WithJsonSchema({"anyOf": [{"type": "array", "items": {"enum": [*FIELDS]}, "minItems": 1}, {"type": "null"}]}),
    ] = None
    """Only these; without them all of which a person said something."""
    dry_run: bool = False
    """Tell what would change, and change nothing."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "WriteMeant":
        if (self.paths is None) == (self.q is None):
            raise InvalidRequest("Give either paths or a search.", field="paths")
        return self


class NewPreset(BaseModel):
    """Parameters that are kept under a name, in place of those that had it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    name: str
    """At most 100 characters."""
    parameters: dict[str, Any]
    """Those of `process`; what is left out is as by default, and folders may be left out, too."""


class NewSearch(BaseModel):
    """A search that is kept under a name, in place of the one that had it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    name: str
    """At most 100 characters."""
    q: str
    """As in docs/search.md; empty for everything."""
    sort: Annotated[str, WithJsonSchema({"enum": [*Sort]})] = Sort.TAKEN.value
    """What the files are in the order of."""
    order: Annotated[str, WithJsonSchema({"enum": ["asc", "desc"]})] = "desc"
    """In which direction."""


class NewRoot(BaseModel):
    """A folder that becomes a media root."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    name: str
    """How paths begin: letters, digits, `-` and `_`."""
    path: str
    """The whole path of the folder, on the server's machine."""


class PlanRequest(SessionRequest):
    """What a session would be asked for; with `list`, which files of the plan are wanted."""

    list: Annotated[str | None, WithJsonSchema({"anyOf": [{"enum": [*LISTS]}, {"type": "null"}]})] = None
    """Answer with the files of this class, page by page."""
    cursor: str | None = None
    """`next` of the page before; without one, the first page."""


class Compare(BaseModel):
    """Which folder is held against the library; with `list`, which of its files are wanted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    directory: str
    """A folder of a media root, `ROOT/relative` as shown or by its absolute path."""
    rehash: bool = False
    """Read the library's copies again, too: without that nothing is called safe."""
    list: Annotated[str | None, WithJsonSchema({"anyOf": [{"enum": [*kept.LISTS]}, {"type": "null"}]})] = None
    """Answer with the files of this class, page by page."""
    cursor: str | None = None
    """`next` of the page before; without one, the first page."""


@reads(PlanRequest)
@refuses("no_directory", "outside_roots", "no_such_directory", "not_a_directory", "root_missing", "bad_pattern")
def to_plan(body: JsonBody) -> dict[str, Any]:
    """The body of a plan; its parameters are checked where they are parsed."""
    return body


@reads(SessionRequest)
@refuses("no_directory", "outside_roots", "no_such_directory", "not_a_directory", "root_missing", "bad_pattern")
def to_process(body: JsonBody) -> dict[str, Any]:
    """The parameters of a session; they are checked where they are parsed."""
    return body


@reads(Edit)
def to_edit(body: JsonBody) -> dict[str, Any]:
    """What a person says of a file; it is checked where it is parsed."""
    return body


class Nothing(BaseModel):
    """An object: that it is JSON is all that is asked."""


@reads(Nothing)
def to_begin(body: JsonBody) -> None:
    """A body that says nothing; sent because a request that changes something must be JSON. Raises InvalidRequest."""
    checked(Nothing, body)


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The body as its model. Raises InvalidRequest that names the field at fault."""
    refuse_unknown(values.keys() - {field.alias or name for name, field in model.model_fields.items()})
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise InvalidRequest(f"'{field}' {in_words(first)}.", field=field) from None


@reads(OfSession)
@refuses("bad_session_id", "unknown_session", "illegal_move")
def which_session(body: JsonBody) -> OfSession:
    """Which session is meant. Raises InvalidRequest."""
    return checked(OfSession, body)


@reads(Resumption)
@refuses("bad_session_id", "unknown_session", "illegal_move")
def which_to_resume(body: JsonBody) -> Resumption:
    """Which session is to go on. Raises InvalidRequest."""
    return checked(Resumption, body)


@reads(Retry)
@refuses("bad_session_id", "unknown_session", "illegal_move")
def what_to_retry(body: JsonBody) -> Retry:
    """Whose failed files are looked at again. Raises InvalidRequest."""
    return checked(Retry, body)


@reads(FailuresMeant)
@refuses("invalid_parameter")
def what_is_said_of_failures(body: JsonBody) -> FailuresMeant:
    """Of which failures a person says what. Raises InvalidRequest."""
    return checked(FailuresMeant, body)


@reads(Confirmation)
@refuses("invalid_parameter", "count_changed")
def what_is_confirmed(body: JsonBody) -> Confirmation:
    """How many rows are to be removed, if any. Raises InvalidRequest."""
    return checked(Confirmation, body)


@reads(WriteMeant)
@refuses("invalid_parameter")
def what_is_written(body: JsonBody) -> WriteMeant:
    """Of which files what is written where. Raises InvalidRequest."""
    return checked(WriteMeant, body)


@reads(NewPreset)
@refuses("invalid_parameter", "bad_pattern", "no_directory")
def which_preset(body: JsonBody) -> NewPreset:
    """What is kept under which name. Raises InvalidRequest."""
    return checked(NewPreset, body)


@reads(Compare)
@refuses("invalid_parameter", "no_directory", "outside_roots", "no_such_directory", "not_a_directory", "root_missing")
def what_to_compare(body: JsonBody) -> Compare:
    """Which folder is held against the library. Raises InvalidRequest."""
    return checked(Compare, body)


@reads(NewSearch)
@refuses("invalid_parameter", "bad_query")
def which_search(body: JsonBody) -> NewSearch:
    """What is kept under which name. Raises InvalidRequest."""
    return checked(NewSearch, body)


@reads(NewRoot)
@refuses("invalid_parameter")
def which_root(body: JsonBody) -> NewRoot:
    """Which folder becomes a media root. Raises InvalidRequest."""
    return checked(NewRoot, body)


PlanBody = Annotated[dict[str, Any], Depends(to_plan)]
ProcessBody = Annotated[dict[str, Any], Depends(to_process)]
EditBody = Annotated[dict[str, Any], Depends(to_edit)]
SessionBody = Annotated[OfSession, Depends(which_session)]
ResumeBody = Annotated[Resumption, Depends(which_to_resume)]
RetryBody = Annotated[Retry, Depends(what_to_retry)]
FailureStateBody = Annotated[FailuresMeant, Depends(what_is_said_of_failures)]
ConfirmBody = Annotated[Confirmation, Depends(what_is_confirmed)]
PresetBody = Annotated[NewPreset, Depends(which_preset)]
CompareBody = Annotated[Compare, Depends(what_to_compare)]
SearchBody = Annotated[NewSearch, Depends(which_search)]
RootBody = Annotated[NewRoot, Depends(which_root)]
WriteBody = Annotated[WriteMeant, Depends(what_is_written)]
