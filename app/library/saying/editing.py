"""What a person sets of one file: checked, written into its row with the source `person`, and noted in the log."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias
from unicodedata import normalize

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from sqlalchemy import Connection, delete, update

from app.errors import InvalidRequest, UnknownFile, in_words
from app.library.recording import append, link, row_in
from app.library.rows import MAX_KEYWORD_CHARACTERS, KeywordLinks, keyword_links
from app.library.saying.personal import PERSON, links_of, said
from app.library.tables import LINKS, MEDIA
from app.library.values import now
from app.media import Keyword, Place, Stage
from app.metadata import FOLLOWERS, Source, tell_taken_at
from app.texts import clean_json, clean_text

MAX_CHARACTERS = 65_536
MAX_KEYWORDS = 1_000
_MAX_TIME_CHARACTERS = 40
NO_SESSION = ""
EDITED = "edited"
"""The kind and the outcome of an event by which a person set something; it belongs to no session."""


def _clean(value: Any) -> Any:
    return clean_text(value).strip() if isinstance(value, str) else value


def _in_one_line(value: Any) -> Any:
    return " ".join(normalize("NFC", clean_text(value)).split()) if isinstance(value, str) else value


def _not_too_long(text: str) -> str | None:
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"must have at most {MAX_CHARACTERS:,} characters")
    return text or None


def _time(text: str) -> str | None:
    """A day or a time as ISO 8601, written in one way; an offset only if it is said."""
    if not text:
        return None
    for kind in (date, datetime):
        with suppress(ValueError):
            if len(at := kind.fromisoformat(text).isoformat()) <= _MAX_TIME_CHARACTERS:
                return at
    raise ValueError("must be a day or a time as ISO 8601, such as 2026-07-04 or 2026-07-04T18:30:00+02:00")


def _keyword(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    if len(text) > MAX_KEYWORD_CHARACTERS:
        raise ValueError(f"must have at most {MAX_KEYWORD_CHARACTERS} characters")
    return text


def _not_too_many(words: list[str]) -> list[str]:
    if len(words) > MAX_KEYWORDS:
        raise ValueError(f"must hold at most {MAX_KEYWORDS:,} keywords")
    return words


_Text: TypeAlias = Annotated[str, BeforeValidator(_clean), AfterValidator(_not_too_long)] | None
_Time: TypeAlias = Annotated[str, BeforeValidator(_clean), AfterValidator(_time)] | None
_Word: TypeAlias = Annotated[str, BeforeValidator(_in_one_line), AfterValidator(_keyword)]


class _Fields(BaseModel):
    """The fields that a person can set, and give back."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    score: Annotated[int, Field(ge=-1, le=5)] | None = None
    """A rating, -1 (rejected) to 5; null is "not rated"."""
    title: _Text = None
    """A short text of the picture, at most 65,536 characters."""
    caption: _Text = None
    """A longer one, at most 65,536 characters."""
    creator: _Text = None
    """Who made it, at most 65,536 characters."""
    copyright: _Text = None
    """Whose it is, at most 65,536 characters."""
    label: _Text = None
    """A colour or word of your own, at most 65,536 characters."""
    taken_at: _Time = None
    """A day or a time as ISO 8601, with an offset only if it is known."""
    keywords: Annotated[list[_Word], AfterValidator(_not_too_many)] = []
    """All that are your own, at most 1,000 of at most 250 characters."""


def _field(name: str) -> str:
    if name not in tuple(_Fields.model_fields):
        raise ValueError(f"must be a field that can be set: {', '.join(_Fields.model_fields)}")
    return name


class Edit(_Fields):
    """What a person says of a file. What is not named stays; None, or an empty text, says that there is none.

    `keywords` are all that are the person's own. `release` gives fields back to the file: they are read anew.
    """

    release: list[Annotated[str, AfterValidator(_field)]] = []
    """Fields that are given back to the file: the next session reads them anew."""

    @property
    def values(self) -> dict[str, Any]:
        """The columns that are set."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set - {"keywords", "release"})}

    @property
    def own_keywords(self) -> KeywordLinks | None:
        """The person's keywords as they are to be, None where they are to stay."""
        if "keywords" not in self.model_fields_set and "keywords" not in self.release:
            return None
        return keyword_links(tuple(Keyword(text, Source.PERSON) for text in self.keywords))


def parse_edit(body: Mapping[str, Any]) -> Edit:
    """What a person asks for. Raises InvalidRequest that names the field at fault."""
    if (unknown := min(body.keys() - Edit.model_fields.keys(), default=None)) is not None:
        name = clean_text(unknown)
        raise InvalidRequest(f"There is no field named '{name}' to set.", field=name, cause="unknown_parameter")
    try:
        edit = Edit.model_validate(body)
    except ValidationError as error:
        raise _as_invalid_request(error) from None
    if both := min(edit.model_fields_set & set(edit.release), default=None):
        raise InvalidRequest(f"'{both}' cannot be set and released at once.", field=both)
    return edit


def _as_invalid_request(error: ValidationError) -> InvalidRequest:
    first = error.errors()[0]
    field = str(first["loc"][0])
    subject = f"Each of {field}" if len(first["loc"]) > 1 else field
    return InvalidRequest(f"{subject} {in_words(first)}.", field=field)


def columns_after(old: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    """The columns of a row that the edit changes. A field that is released is None, and its stage pending again."""
    sources, stages = dict(old["sources"] or {}), dict(old["stages"])
    columns = edit.values
    sources |= dict.fromkeys(columns.keys() - {"score"}, PERSON)
    if "score" in columns:
        columns["score_source"] = PERSON
    if "taken_at" in columns:
        columns |= tell_taken_at(columns["taken_at"], PERSON)
    for name in edit.release:
        if name == "score" and old["score_source"] == PERSON:
            columns |= {"score": None, "score_source": None}
            stages.pop(Stage.SCORE.value, None)
        elif sources.get(name) == PERSON:
            del sources[name]
            columns |= dict.fromkeys((name, *FOLLOWERS.get(name, ())))
            stages.pop(Stage.METADATA.value, None)
    after = columns | {"sources": sources, "stages": stages}
    before = {**old, "sources": old["sources"] or {}}
    return {name: value for name, value in after.items() if value != before[name]}


def write(connection: Connection, place: Place, edit: Edit, noted: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Writes an edit into the row of a file, and into the log; what changes nothing leaves no trace.

    `noted` stands in the log beside it. The caller's transaction commits both together. Raises UnknownFile.
    """
    old = row_in(connection, place)
    if old is None:
        raise UnknownFile(f"The library has no file {place.shown}.")
    columns = columns_after(old, edit)
    words, before = edit.own_keywords, said(old, links_of(connection, old["id"])).links
    if not columns and (words is None or words == before):
        return
    at = now()
    connection.execute(update(MEDIA).where(MEDIA.c.id == old["id"]).values(**columns, updated_at=at))
    if words is not None:
        connection.execute(delete(LINKS).where(LINKS.c.media_id == old["id"], LINKS.c.source == PERSON))
        link(connection, old["id"], words)
    detail = {"set": edit.model_dump(include=edit.model_fields_set - {"release"}), "released": edit.release, **noted}
    append(
        connection,
        {
            "session_id": NO_SESSION,
            "at": at,
            "kind": EDITED,
            "path": place.in_event,
            "outcome": EDITED,
            "reason": _sentence(edit),
            "detail": clean_json(detail),
        },
    )


def _sentence(edit: Edit) -> str:
    """What a person did, for people."""
    names = sorted(edit.model_fields_set - {"release"})
    told = [f"set {_listed(names)}"] if names else []
    told += [f"gave {_listed(edit.release)} back to the file"] if edit.release else []
    return f"A person {' and '.join(told)}."


def _listed(names: Iterable[str]) -> str:
    *first, last = (name.replace("_", " ") for name in dict.fromkeys(names))
    return f"{', '.join(first)} and {last}" if first else last
