"""What a person can say of files: as a value that was checked, and in words. Knows no row and no database."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property
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

from app.errors import InvalidRequest, in_words
from app.library.rows import MAX_KEYWORD_CHARACTERS
from app.library.saying.times import zone_named
from app.texts import clean_text

MAX_CHARACTERS = 65_536
MAX_KEYWORDS = 1_000
MAX_SHIFT_SECONDS = 100 * 366 * 86_400
_MAX_TIME_CHARACTERS = 40
PROPOSABLE = ("title", "caption", "keywords")
"""The fields for which models propose something."""
_LISTS = ("keywords", "add_keywords", "remove_keywords")
_NAMED = 5
"""Keywords that a sentence, or the event of a file, names of many."""


def _clean(value: Any) -> Any:
    return clean_text(value).strip() if isinstance(value, str) else value


def in_one_line(value: Any) -> Any:
    """A text as keywords are written: clean, composed, with one space between words; what is no text stays."""
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


def _zone(text: str) -> str:
    zone_named(text)
    return text


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
_Zone: TypeAlias = Annotated[str, AfterValidator(_zone)]
_Word: TypeAlias = Annotated[str, BeforeValidator(in_one_line), AfterValidator(_keyword)]
_Keywords: TypeAlias = Annotated[list[_Word], AfterValidator(_not_too_many)]


class Fields(BaseModel):
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
    keywords: _Keywords | None = []
    """All that are your own, at most 1,000 of at most 250 characters; null for none."""
    nsfw: bool | None = None
    """Whether it is not safe for work, above the model; null takes that back."""


def _field(name: str) -> str:
    if name not in tuple(Fields.model_fields):
        raise ValueError(f"must be a field that can be set: {', '.join(Fields.model_fields)}")
    return name


def _proposable(name: str) -> str:
    if name not in PROPOSABLE:
        raise ValueError(f"must be a field that models propose something for: {', '.join(PROPOSABLE)}")
    return name


def _each_once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


_Proposable: TypeAlias = Annotated[list[Annotated[str, AfterValidator(_proposable)]], AfterValidator(_each_once)]


class Changes(BaseModel):
    """What a person changes beside setting fields."""

    model_config = Fields.model_config

    release: Annotated[list[Annotated[str, AfterValidator(_field)]], AfterValidator(_each_once)] = []
    """Fields that are given back to the file: the next session reads them anew."""
    add_keywords: _Keywords = []
    """Keywords that become your own beside those that are, at most 1,000."""
    remove_keywords: _Keywords = []
    """Keywords that are your own no more, in whatever case; what the file itself says stays."""
    accept: _Proposable = []
    """Fields of which what a model proposes becomes your own: title, caption, keywords. A title or caption of a person
    stays, and the proposal stays open."""
    reject: _Proposable = []
    """Fields of which what a model proposes is rejected: it is not proposed again."""
    shift_taken_at: Annotated[int, Field(ge=-MAX_SHIFT_SECONDS, le=MAX_SHIFT_SECONDS)] | None = None
    """So many seconds are added to `taken_at`, where a time is known."""
    zone: _Zone | None = None
    """The zone of `taken_at`, where a time is known: an offset such as `+02:00`, or a name such as `Europe/Berlin`.

    The time on the clock stays.
    """


class Edit(Fields, Changes):
    """What a person says of a file. What is not named stays; None, or an empty text, says that there is none.

    `keywords` are all that are the person's own. `release` gives fields back to the file: they are read anew.
    """

    @cached_property
    def said(self) -> frozenset[str]:
        """The names of the fields that are set."""
        return frozenset(self.model_fields_set & Fields.model_fields.keys())

    @cached_property
    def values(self) -> dict[str, Any]:
        """The fields that are set, but for keywords, with their values."""
        return {name: getattr(self, name) for name in sorted(self.said - {"keywords"})}

    @cached_property
    def touched(self) -> frozenset[str]:
        """The names of the fields of which it speaks."""
        keywords = {"keywords"} if self.add_keywords or self.remove_keywords else set()
        return (
            self.said
            | {*self.release, *self.accept, *self.reject}
            | keywords
            | ({"taken_at"} if self.retimes else set())
        )

    @property
    def retimes(self) -> bool:
        """Whether `taken_at` is to be changed from what it is."""
        return bool(self.shift_taken_at) or self.zone is not None


FIELDS = tuple(Fields.model_fields)
"""The fields that a person can set."""


def parse_edit(body: Mapping[str, Any]) -> Edit:
    """What a person asks for. Raises InvalidRequest that names the field at fault."""
    if (unknown := min(body.keys() - Edit.model_fields.keys(), default=None)) is not None:
        name = clean_text(unknown)
        raise InvalidRequest(f"There is no field named '{name}' to set.", field=name, cause="unknown_parameter")
    try:
        edit = Edit.model_validate(body)
    except ValidationError as error:
        raise _as_invalid_request(error) from None
    if both := min(edit.said & set(edit.release), default=None):
        raise InvalidRequest(f"'{both}' cannot be set and released at once.", field=both)
    if both := min({*edit.accept} & {*edit.said, *edit.release, *edit.reject}, default=None):
        raise InvalidRequest(f"'{both}' cannot be accepted, and set, released or rejected at once.", field=both)
    if edit.retimes and ("taken_at" in edit.said or "taken_at" in edit.release):
        raise InvalidRequest("'taken_at' cannot be changed in two ways at once.", field="taken_at")
    whole = "keywords" in edit.said or "keywords" in edit.release
    if whole and (edit.add_keywords or edit.remove_keywords):
        raise InvalidRequest("'keywords' are all: none can be added or removed beside them.", field="keywords")
    if both := min({*edit.add_keywords} & {*edit.remove_keywords}, default=None):
        raise InvalidRequest(f"The keyword '{both}' cannot be added and removed at once.", field="add_keywords")
    return edit


def _as_invalid_request(error: ValidationError) -> InvalidRequest:
    first = error.errors()[0]
    field = str(first["loc"][0])
    subject = f"Each of {field}" if len(first["loc"]) > 1 else field
    return InvalidRequest(f"{subject} {in_words(first)}.", field=field)


def sentence_of(edit: Edit) -> str:
    """What a person did, for people."""
    told = [f"set {listed(sorted(edit.said))}"] if edit.said else []
    told += [f"added {_quoted(edit.add_keywords)}"] if edit.add_keywords else []
    told += [f"removed {_quoted(edit.remove_keywords)}"] if edit.remove_keywords else []
    told += [f"accepted the proposed {listed(edit.accept)}"] if edit.accept else []
    told += [f"rejected the proposed {listed(edit.reject)}"] if edit.reject else []
    told += [f"moved the time of taking by {edit.shift_taken_at:+,} s"] if edit.shift_taken_at else []
    told += [f"set its zone to {edit.zone}"] if edit.zone else []
    told += [f"gave {listed(edit.release)} back to the file"] if edit.release else []
    return f"A person {_joined(told)}."


def listed(names: Iterable[str]) -> str:
    """Names of fields in one text, each once."""
    return _joined([name.replace("_", " ") for name in dict.fromkeys(names)])


def _quoted(words: Iterable[str]) -> str:
    every = [f"'{word}'" for word in dict.fromkeys(words)]
    more = len(every) - _NAMED
    return _joined([*every[:_NAMED], f"{more:,} more"] if more > 0 else every)


def _joined(parts: list[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def as_asked(edit: Edit) -> dict[str, Any]:
    """What was asked for, as JSON: `set`, `released`, and what else was named."""
    others = edit.model_dump(include=edit.model_fields_set - edit.said - {"release"})
    return {"set": edit.model_dump(include=set(edit.said)), "released": edit.release, **others}


def in_brief(edit: Edit) -> dict[str, Any]:
    """What was asked for, as the event of each file tells it: long texts cut off, and the first of many keywords.

    `more` is how many keywords there are besides, by the name of their list.
    """
    asked = as_asked(edit)
    lists = {name: words for name in _LISTS if (words := getattr(edit, name)) and len(words) > _NAMED}
    first = {name: words[:_NAMED] for name, words in lists.items()}
    more = {"more": {name: len(words) - _NAMED for name, words in lists.items()}} if lists else {}
    fields = {name: first.get(name, _cut(value)) for name, value in asked.pop("set").items()}
    return {"set": fields, **{name: first.get(name, value) for name, value in asked.items()}, **more}


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_KEYWORD_CHARACTERS:
        return f"{value[: MAX_KEYWORD_CHARACTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
    return value
