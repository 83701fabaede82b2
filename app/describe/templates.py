"""A template: what is asked of a vision model, and in which form it has to answer.

Owns the words that are sent beside a picture, and the JSON schema of the answer. It reads no file and asks nobody.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

OF_THE_LIBRARY = ("title", "description", "keywords")
"""The fields that the library knows by these names; all others are free."""


class FieldType(StrEnum):
    """What a field of an answer holds."""

    TEXT = "text"
    LIST = "list"  # of texts
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"  # one of `choices`


_JSON_TYPES = {
    FieldType.TEXT: "string",
    FieldType.LIST: "array",
    FieldType.NUMBER: "number",
    FieldType.BOOLEAN: "boolean",
    FieldType.CHOICE: "string",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an answer; `max_characters` is of a text, or of each text of a list, `max_items` of a list."""

    name: str
    type: FieldType
    description: str = ""
    required: bool = True
    max_characters: int = 10_000
    max_items: int = 100
    choices: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema, in the part of the language that strict structured outputs take: no lengths, all required.

        Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
        """
        kind = _JSON_TYPES[self.type]
        schema: dict[str, Any] = {"type": kind if self.required else [kind, "null"]}
        if self.type is FieldType.LIST:
            schema["items"] = {"type": "string"}
        if self.type is FieldType.CHOICE:
            schema["enum"] = [*self.choices, *([] if self.required else [None])]
        if self.description:
            schema["description"] = self.description
        return schema

    @property
    def in_words(self) -> str:
        """A line that says what is expected, for models that are shown no schema, and of limits that a schema lacks."""
        match self.type:
            case FieldType.TEXT:
                form = f"text of at most {self.max_characters:,} characters"
            case FieldType.LIST:
                form = f"list of at most {self.max_items} texts of at most {self.max_characters:,} characters each"
            case FieldType.NUMBER:
                form = "number"
            case FieldType.BOOLEAN:
                form = "true or false"
            case _:
                form = f"one of {', '.join(map(json.dumps, self.choices))}"
        may_be_null = "" if self.required else ", or null where nothing can be said"
        return f"- {self.name} ({form}{may_be_null}){self.description and f': {self.description}'}"


@dataclass(frozen=True)
class Template:
    """What is asked of a model. `name` is that of its file, `title` is for people, `language` how it is to write."""

    name: str
    title: str
    prompt: str
    fields: tuple[Field, ...]
    language: str | None = None

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema of an answer: an object with every field and nothing else."""
        return {
            "type": "object",
            "properties": {field.name: field.schema for field in self.fields},
            "required": [field.name for field in self.fields],
            "additionalProperties": False,
        }

    @cached_property
    def words(self) -> str:
        """The words that are sent with each picture."""
        lines = [self.prompt.strip(), ""]
        if self.language:
            lines += [f"Write in this language: {self.language}.", ""]
        lines += ["Answer with one JSON object, and nothing else, that has these fields:"]
        return "\n".join([*lines, *(field.in_words for field in self.fields)])

    @cached_property
    def sha256(self) -> str:
        """The hash of what is sent and what is expected, 64 hexadecimal digits; names and titles do not change it."""
        sent = json.dumps([self.words, self.schema], ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(sent.encode()).hexdigest()
