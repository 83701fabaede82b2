"""In which formats descriptions are taken away, and what each is made with."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from app.errors import InvalidRequest
from app.export.descriptions.described import Described
from app.export.descriptions.structured import as_json
from app.texts import clean_text


class OutputFormat(StrEnum):
    """A format of descriptions; its value is the suffix of its files, too."""

    JSON = "json"
    DOCX = "docx"


def parse_formats(text: str) -> tuple[OutputFormat, ...]:
    """`json,docx` as formats, each once. Raises InvalidRequest for others, and for none."""
    names = [name.strip() for name in text.split(",")]
    if unknown := next((name for name in names if name not in [*OutputFormat]), None):
        sentence = f"There is no format '{clean_text(unknown)}' of descriptions: take json, docx or both."
        raise InvalidRequest(sentence, field="formats")
    if "" in names:
        raise InvalidRequest("Name a format of descriptions: json, docx or both.", field="formats")
    return tuple(OutputFormat(name) for name in dict.fromkeys(names))


def check_formats(formats: Sequence[OutputFormat]) -> None:
    """Raises Unavailable `docx_not_installed` where documents are wanted and what makes them is not there."""
    if OutputFormat.DOCX in formats:
        _maker_of_documents()


def rendered(described: Described, format_: OutputFormat) -> bytes:
    """The description as a file of this format, one of those that were checked."""
    return as_json(described) if format_ is OutputFormat.JSON else _maker_of_documents()(described)


def _maker_of_documents() -> Callable[[Described], bytes]:
    from app.export.descriptions.document import as_docx

    return as_docx
