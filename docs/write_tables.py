"""Writes what follows from the code: documents, and the types of the page.

`make docs` runs it, and `tests/test_docs.py` holds each file to it.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import get_type_hints

from app.formats import FORMATS, NOT_TAKEN_IN, Ending, Format
from app.metadata import DECLARED, Metadata, PromptVerdict, Shown

PROJECT = Path(__file__).resolve().parents[1]
_ENDINGS = {
    Ending.UNTOLD: "a decoder alone",
    Ending.MARK: "the mark at its end",
    Ending.BLOCKS: "its blocks",
    Ending.CHUNKS: "its chunks",
    Ending.RIFF: "the length in its header",
    Ending.BOXES: "its boxes",
    Ending.BOXES_OR_MARK: "its boxes, or the mark at its end",
    Ending.BOXES_OR_UNTOLD: "its boxes, or a decoder alone",
    Ending.DIRECTORY: "its first directory",
}
_TYPES = {str | None: "text", PromptVerdict | None: "text", int | None: "whole number", float | None: "number"}
_TYPES_OF_THE_PAGE = {
    str | None: "string | null",
    PromptVerdict | None: "string | null",
    int | None: "number | null",
    float | None: "number | null",
}
_OBJECT = "Record<string, unknown> | null"
_MADE = "Made by `make docs` from {}. Change that, not this."
_SHOWN = {
    Shown.LINE: "in its own line",
    Shown.WITHIN: "with others",
    Shown.MADE: "in *How it was made*",
    Shown.NOWHERE: "no",
}


def formats() -> str:
    """The table of formats as Markdown."""
    rows = (
        (
            f"{format_.title} `{format_.name}`",
            " ".join(f"`{suffix}`" for suffix in format_.suffixes),
            _reader(format_),
            _ENDINGS[format_.ending],
            "a film" if format_.film else "",
            f"`{format_.media_type}`",
            "yes" if format_.in_browser else "",
        )
        for format_ in FORMATS
    )
    return _document(
        "Formats",
        "app/formats/table.py",
        "Media Ingest takes these in, recognised by content and not by suffix: a suffix that does not match is noted. "
        "A file whose suffix is not one of these is counted `unsupported` and never opened. Films need the extra "
        "`video`; camera raw files are shown by the JPEG preview inside them. What browsers do not show is shown by a "
        "preview.",
        _table(
            (
                *("format", "suffixes", "opened by", "missing bytes are told by", "several pictures"),
                *("served as", "shown by browsers"),
            ),
            rows,
        )
        + "\nThe suffixes "
        + ", ".join(f"`{suffix}`" for format_ in FORMATS if format_.doubtful for suffix in format_.suffixes)
        + " are those of other files, too: such a file counts as media only if it begins as its format does.\n\n"
        "Known by name, and not taken in: " + ", ".join(dict.fromkeys(title for _, title in NOT_TAKEN_IN)) + ".\n",
    )


def _reader(format_: Format) -> str:
    if format_.demuxer:
        return f"PyAV ({format_.demuxer})"
    return "its preview" if format_.raw else f"Pillow ({', '.join(format_.pillow)})"


def fields() -> str:
    """The table of metadata fields as Markdown."""
    types = get_type_hints(Metadata)
    rows = (
        (
            f"`{name}`",
            declared.label,
            declared.meaning,
            _TYPES.get(types[name], "object") + (f", {declared.unit}" if declared.unit else ""),
            _SHOWN[declared.shown],
            "yes" if declared.editable else "",
        )
        for name, declared in DECLARED.items()
    )
    return _document(
        "Metadata fields",
        "app/metadata.py",
        "Stage `metadata` reads these. Each is a column of `media_files`, a part of the answer of "
        "`GET /api/library/file` and of `media-ingest show`; null is what no source says. `sources` tells where each "
        "was read.",
        _table(("field", "called", "what it is", "type", "on the page", "a person may set it"), rows),
    )


def _document(title: str, source: str, words: str, table: str) -> str:
    made = f"<!-- {_MADE.format(source)} -->"
    return f"# {title}\n\n{made}\n\n{words}\n\n{table}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (heads, ("---",) * len(heads), *rows)
    return "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)


def types() -> str:
    """The metadata fields as an interface of TypeScript."""
    hints = get_type_hints(Metadata)
    lines = "".join(f"  {name}: {_TYPES_OF_THE_PAGE.get(hints[name], _OBJECT)};\n" for name in DECLARED)
    interface = f"/** What stage `metadata` reads of a file. */\nexport interface MetadataFields {{\n{lines}}}\n"
    return f"// {_MADE.format('app/metadata.py')}\n\n{interface}"


DOCUMENTS: Mapping[str, Callable[[], str]] = {
    "docs/formats.md": formats,
    "docs/fields.md": fields,
    "app/web/static/lib/fields.d.ts": types,
}
"""What makes each file."""


if __name__ == "__main__":
    for name, make in DOCUMENTS.items():
        (PROJECT / name).write_text(make(), "utf-8")
