"""What a model wrote, held against its template: the JSON in it, each field checked and cleaned, or why it is none.

Owns nothing that is asked; it is pure.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from app.describe import templates
from app.describe.templates import FieldType, Template
from app.errors import in_words
from app.texts import without_controls

_MOST_CHARACTERS = 200_000  # of an answer that is looked at
_MOST_TRIES = 200  # places of it at which JSON is looked for
_END_OF_THOUGHT = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_DECODER = json.JSONDecoder()


class InvalidAnswer(ValueError):
    """An answer is not what the template asks for; says why in a clause that names the field, and quotes nothing."""


def read_answer(text: str, template: Template) -> Mapping[str, Any]:
    """What was said, by the fields of the template; texts cleaned and cut to their limits, lists without doubles.

    The last JSON object that fits counts: models think aloud first, and wrap what they say in fences.
    Raises InvalidAnswer.
    """
    if len(text) > _MOST_CHARACTERS:
        raise InvalidAnswer(f"it has more than {_MOST_CHARACTERS:,} characters")
    fault = "it holds no JSON object"
    for found in reversed(list(_objects(_END_OF_THOUGHT.split(text)[-1]))):
        try:
            return _model_of(template).model_validate(found).model_dump(by_alias=True)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            fault = f"{first['loc'][0]} {in_words(first)}"
    raise InvalidAnswer(fault)


def repair_words(fault: str) -> str:
    """What a model is told whose answer was invalid, once."""
    return (
        f"Your answer cannot be used: {fault}. Answer once more, with one JSON object that has exactly the fields "
        "asked for, and with nothing before or after it."
    )


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a text, in its order, without those inside others."""
    at = text.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, at)
            yield value
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)


@lru_cache(maxsize=64)
def _model_of(template: Template) -> type[BaseModel]:
    """The pydantic model of an answer. Fields are numbered, because pydantic keeps some names for itself."""
    fields: dict[str, Any] = {}
    for number, field in enumerate(template.fields):
        kind = _KINDS[field.type](field)
        default = ... if field.required else None
        whole = kind if field.required else Annotated[kind | None, BeforeValidator(_none_of_empty)]
        fields[f"field_{number}"] = (whole, Field(default, alias=field.name))
    return create_model("Answer", __config__=ConfigDict(extra="ignore"), **fields)


def _none_of_empty(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _as_said(value: Any) -> str | None:
    """A text, or a number that stands for one; None where it is neither."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return value if isinstance(value, str) else str(value) if math.isfinite(value) else None


def _text_within(most: int, value: Any) -> Any:
    """A text cleaned, and cut after a word where it is longer than `most` characters."""
    said = _as_said(value)
    if said is None:
        return value
    text = without_controls(said).strip()
    if not text:
        message = "is empty"
        raise ValueError(message)
    if len(text) <= most:
        return text
    start, space, _ = text[:most].rpartition(" ")
    return f"{(start if space else text[: most - 1]).rstrip(' ,;:.')[: most - 1]}…"


def _items_within(most: int, most_characters: int, value: Any) -> Any:
    """The first `most` texts of a list: cleaned, each once whatever its case; one that is too long is left out."""
    if not isinstance(value, list):
        return value
    kept: dict[str, Any] = {}
    for item in value:
        said = _as_said(item)
        if said is None:
            return value
        text = " ".join(without_controls(said).split())
        if text and len(text) <= most_characters:
            kept.setdefault(text.casefold(), text)
    return list(kept.values())[:most]


def _choice_of(choices: tuple[str, ...], value: Any) -> Any:
    """One of the choices as the template spells it."""
    spelled = {choice.casefold(): choice for choice in choices}
    return spelled.get(value.strip().casefold(), value) if isinstance(value, str) else value


def _whole(value: Any) -> Any:
    """A number without a fraction as a whole one, as far as a float holds each of them."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


_SIZE = Field(ge=-1e15, le=1e15, allow_inf_nan=False)
_NUMBER = Annotated[int, _SIZE] | Annotated[float, _SIZE]
_KINDS: Mapping[FieldType, Callable[[templates.Field], Any]] = {
    FieldType.TEXT: lambda field: Annotated[str, BeforeValidator(partial(_text_within, field.max_characters))],
    FieldType.LIST: lambda field: Annotated[
        list[str], BeforeValidator(partial(_items_within, field.max_items, field.max_characters))
    ],
    FieldType.NUMBER: lambda _: Annotated[_NUMBER, BeforeValidator(_whole)],
    FieldType.BOOLEAN: lambda _: bool,
    FieldType.CHOICE: lambda field: Annotated[
        Literal[field.choices], BeforeValidator(partial(_choice_of, field.choices))
    ],
}
