"""Templates as TOML files: those that come with the program, and a person's own in a folder, which stand above them.

A file that cannot be used is told in a sentence, and the others stay usable.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.describe.templates import Field as TemplateField
from app.describe.templates import FieldType, Template
from app.errors import InvalidRequest, in_words

SHIPPED = Path(__file__).parents[1] / "templates" / "describe"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MOST_BYTES = 100_000
_MOST_FIELDS = 50
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _FieldTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    type: Annotated[FieldType, Field(strict=False)]
    description: str = ""
    required: bool = True
    max_characters: int | None = Field(default=None, ge=1, le=100_000)
    max_items: int | None = Field(default=None, ge=1, le=1_000)
    choices: list[_Text] | None = Field(default=None, min_length=1)


class _FileTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: _Text
    prompt: _Text
    language: _Text | None = None
    fields: dict[str, _FieldTable] = Field(min_length=1, max_length=_MOST_FIELDS)


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates that can be used, by name, and a sentence for each file that cannot, by the name it would have."""

    usable: Mapping[str, Template]
    complaints: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Template:
        """The template of that name. Raises InvalidRequest `unknown_template`, which says what is wrong with it."""
        if name in self.complaints:
            raise InvalidRequest(self.complaints[name], field="describe", cause="unknown_template")
        if name not in self.usable:
            sentence = f"There is no template of that name: choose one of {', '.join(self.usable)}."
            raise InvalidRequest(sentence, field="describe", cause="unknown_template")
        return self.usable[name]


def templates(own: Path | None = None) -> Templates:
    """The shipped templates and those of a folder; of two of one name, that of the folder counts."""
    usable: dict[str, Template] = {}
    complaints: dict[str, str] = {}
    for folder in (SHIPPED, own):
        try:
            paths = sorted(folder.glob("*.toml")) if folder is not None else []
            if folder is not None and not folder.is_dir():
                complaints[str(folder)] = f"{folder} is no folder: templates are looked for there."
        except OSError:
            paths, complaints[str(folder)] = [], f"{folder} cannot be read."
        for path in paths:
            usable.pop(path.stem, None)
            complaints.pop(path.stem, None)
            try:
                usable[path.stem] = _read(path)
            except ValueError as error:
                complaints[path.stem] = f"{path.name}: {error}."
    return Templates(dict(sorted(usable.items())), complaints)


def _read(path: Path) -> Template:
    """Raises ValueError with a sentence."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        message = f"it cannot be read ({error.strerror})"
        raise ValueError(message) from None
    if len(content) > _MOST_BYTES:
        message = f"it is larger than {_MOST_BYTES:,} bytes"
        raise ValueError(message)
    return template_from(path.stem, content)


def template_from(name: str, content: bytes) -> Template:
    """A template from the bytes of its file. Raises ValueError with a sentence that names the key at fault."""
    if not _NAME.fullmatch(name):
        message = "the file's name must be made of at most 64 letters, digits, '-' and '_'"
        raise ValueError(message)
    try:
        table = _FileTable.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        raise ValueError(_complaint(error.errors()[0])) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"it is no TOML ({error})"
        raise ValueError(message) from None
    fields = tuple(_fields(table.fields))
    return Template(name, table.title, table.prompt, fields, table.language)


def _fields(tables: Mapping[str, _FieldTable]) -> Iterator[TemplateField]:
    for name, table in tables.items():
        if not _NAME.fullmatch(name):
            message = f"fields.{name!a} must be named with at most 64 letters, digits, '-' and '_'"
            raise ValueError(message)
        if fault := _fault(name, table):
            message = f"fields.{name}: {fault}"
            raise ValueError(message)
        limits = {"max_characters": table.max_characters, "max_items": table.max_items}
        default = {"max_characters": 200} if table.type is FieldType.LIST else {}
        given = default | {key: value for key, value in limits.items() if value is not None}
        yield TemplateField(
            name, table.type, table.description.strip(), table.required, choices=tuple(table.choices or ()), **given
        )


def _fault(name: str, table: _FieldTable) -> str | None:
    """What of a field does not go together."""
    wanted = {"title": FieldType.TEXT, "description": FieldType.TEXT, "keywords": FieldType.LIST}.get(name, table.type)
    if table.type is not wanted:
        return f"type must be {wanted.value!r}, as the library knows it"
    if (table.choices is not None) != (table.type is FieldType.CHOICE):
        return "choices and the type 'choice' belong together"
    if table.choices and len({choice.casefold() for choice in table.choices}) < len(table.choices):
        return "choices has one twice"
    if table.max_items is not None and table.type is not FieldType.LIST:
        return "max_items is for the type 'list'"
    if table.max_characters is not None and table.type not in {FieldType.TEXT, FieldType.LIST}:
        return "max_characters is for the types 'text' and 'list'"
    return None


def _complaint(fault: Mapping[str, Any]) -> str:
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"{key} is no key of a template"
    if fault["type"] in {"dict_type", "model_type"}:
        return f"{key} must be a table, as in [fields.title]"
    return f"{key} {in_words(fault)}"
