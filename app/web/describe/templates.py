"""The templates over HTTP: what a vision model can be asked, and which files of templates cannot be used."""

from fastapi import APIRouter
from typing_extensions import TypedDict

from app.describe.template_files import templates
from app.describe.templates import FieldType
from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InHouse, only_known

router = APIRouter(prefix="/api/describe", route_class=Route, dependencies=[only_known], tags=["Descriptions"])


@described
class TemplateField(TypedDict):
    """A field of the answer that a template asks for."""

    name: str
    """`title`, `description` and `keywords` are the library's; all others are free."""
    type: FieldType
    """What it holds; a list is one of texts."""
    required: bool
    """Whether an answer without it is none."""
    description: str
    """What the model is told of it."""


@described
class ShownTemplate(TypedDict):
    """What a vision model can be asked."""

    name: str
    """The name of its file, for a session's `describe`."""
    title: str
    """Its name for people."""
    fields: list[TemplateField]
    """In the order in which they are asked for."""


@described
class TemplateList(TypedDict):
    """The templates of this server."""

    templates: list[ShownTemplate]
    """In the order of their names."""
    complaints: list[str]
    """A sentence for each file that cannot be used."""


@router.get("/templates")
def describe_templates(house: InHouse) -> Answer[TemplateList]:
    """Lists the templates that come with the program, and those of `INGEST_DESCRIBE_TEMPLATES` as they are now."""
    found = templates(house.settings.ingest_describe_templates)
    shown: list[ShownTemplate] = [
        {
            "name": template.name,
            "title": template.title,
            "fields": [
                {
                    "name": field.name,
                    "type": field.type,
                    "required": field.required,
                    "description": field.description,
                }
                for field in template.fields
            ],
        }
        for template in found.usable.values()
    ]
    return Answer({"templates": shown, "complaints": list(found.complaints.values())})
