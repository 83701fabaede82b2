"""Descriptions as a zip, made while it is sent: an entry for each file and format, nothing kept but the names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, TypeAlias

from app.export.archive import Archive
from app.export.descriptions.described import described_of
from app.export.descriptions.formats import OutputFormat, rendered
from app.export.descriptions.names import GivenNames
from app.library.describing.described import DescribedFile

PictureOf: TypeAlias = Callable[[Mapping[str, Any]], bytes | None]
"""The picture of a row's file as JPEG or PNG; None where there is none."""


def zipped(
    found: Iterable[DescribedFile], formats: Sequence[OutputFormat], picture_of: PictureOf, names: GivenNames
) -> Iterator[bytes]:
    """The zip piece by piece, with `names` that some files have; pictures are asked for where a format shows them."""
    with closing(Archive()) as archive:
        for file in found:
            pictured = file.row is not None and OutputFormat.DOCX in formats
            described = described_of(file, picture_of(file.row) if pictured and file.row else None)
            name = names.of(described.path) or names.take(described.name)
            for format_ in formats:
                yield archive.stored(f"{name}.{format_}", _ns(described.run.at), rendered(described, format_))
        yield from archive.end()


def _ns(at: str) -> int:
    """A moment of ISO 8601 in ns since 1970; 0 for what is none."""
    try:
        return int(datetime.fromisoformat(at).timestamp()) * 10**9
    except (ValueError, OverflowError):
        return 0
