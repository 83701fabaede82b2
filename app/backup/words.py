"""A person's words as JSON Lines, which a fresh library reads back: a line that names the format, then one a file.

Owns how a line is written and read. What it says is checked like what a person says on the page.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from app import __version__
from app.errors import InvalidRequest, MediaIngestError
from app.ingest.session.store import unwritable
from app.library.library import Library
from app.library.saying.carried import KEYWORDS_FIELD, Carried, Fate
from app.library.saying.editing import Changes, parse_edit
from app.library.saying.personal import Words
from app.media import Place
from app.texts import as_json, counted, path_from_shown

MARK = "media_ingest_words"
VERSION = 1
MEDIA_TYPE = "application/x-ndjson"
FILE_NAME = "media-ingest-words.jsonl"
MAX_LINE_BYTES = 8 * 2**20  # the longest words, each character escaped
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_NAMED = 20
_NO_WORDS = Changes.model_fields.keys() | {KEYWORDS_FIELD}
"""What an edit can name that is no field with a value."""


@dataclass(slots=True)
class Received:
    """What became of the lines of a file: how many by their fate, and the first that could not be read, in words."""

    fates: Counter[Fate] = field(default_factory=Counter)
    unreadable: int = 0
    named: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The counts, for programs."""
        counts = {fate.value: self.fates[fate] for fate in Fate}
        return {"lines": sum(self.fates.values()) + self.unreadable, **counts, "unreadable": self.unreadable}

    @property
    def sentence(self) -> str:
        """The counts, for people."""
        told = {
            Fate.GIVEN: "given to files of the library",
            Fate.THERE: "there already",
            Fate.KEPT: "kept until their files are taken in",
            Fate.NEWER: "where what you said here later stands",
        }
        of_each = ", ".join(f"{self.fates[fate]:,} {words}" for fate, words in told.items() if self.fates[fate])
        lost = f"; {counted(self.unreadable, 'line')} could not be read" if self.unreadable else ""
        return f"{counted(sum(self.fates.values()), 'file')} with your words: {of_each or 'nothing to do'}{lost}."


def lines_of(library: Library, folder: Path) -> Iterator[bytes]:
    """All that a person said at this moment, a line for each file behind the first. Raises NeedsAttention.

    It is read at once into a file of `folder`, the state folder, that has no name, so that whoever takes it slowly
    holds up nothing, and what is refused is refused before anything leaves.
    """
    with ExitStack() as opened:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            kept = opened.enter_context(TemporaryFile(dir=folder))
            library.carrying.hand_out(partial(_keep, kept))
            kept.seek(0)
        except OSError as error:
            raise unwritable(folder, error) from error
        opened.pop_all()
        return _to_its_end(kept)


def _to_its_end(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from file


def _keep(file: IO[bytes], all_of_them: Iterator[Carried]) -> None:
    file.seek(0)
    file.truncate()
    first = {MARK: VERSION, "written_at": datetime.now(UTC).isoformat(timespec="seconds"), "by": __version__}
    file.write(_line(first))
    for carried in all_of_them:
        words = {name: value for name, value in carried.fields.items() if name != KEYWORDS_FIELD}
        keywords = carried.fields.get(KEYWORDS_FIELD, [])
        path = carried.place.shown if carried.place else None
        line = {"sha256": carried.sha256, "words": words, KEYWORDS_FIELD: keywords, "said_at": dict(carried.said_at)}
        file.write(_line({**line, "path": path}))


def _line(value: Mapping[str, Any]) -> bytes:
    return as_json(value).encode() + b"\n"


def receive(library: Library, stream: BufferedIOBase) -> Received:
    """Reads a file of words into a library, line by line; a line that cannot be read is counted, and the others taken.

    Raises InvalidRequest, with nothing changed, for a file that is none, or of a newer format.
    """
    _check_first(stream.readline(MAX_LINE_BYTES))
    received = Received()
    received.fates = library.carrying.receive(_read(stream, received))
    return received


def _check_first(line: bytes) -> None:
    try:
        version = json.loads(line)[MARK]
    except (ValueError, TypeError, KeyError, RecursionError):
        sentence = "This is no file of words: its first line does not say so. `media-ingest words export` writes one."
        raise InvalidRequest(sentence, field="file") from None
    if version != VERSION:
        sentence = (
            f"This file of words is of format {version!a}, and this program reads {VERSION}: update Media Ingest."
        )
        raise InvalidRequest(sentence, field="file")


def _read(stream: BufferedIOBase, received: Received) -> Iterator[Carried]:
    now = datetime.now(UTC)
    for number, line in enumerate(_whole_lines(stream), start=2):
        try:
            yield _carried(line, now)
        except (ValueError, MediaIngestError) as error:
            received.unreadable += 1
            if len(received.named) < _MAX_NAMED:
                why = error.sentence if isinstance(error, MediaIngestError) else str(error)
                received.named.append(f"line {number:,}: {why}")


def _whole_lines(stream: BufferedIOBase) -> Iterator[bytes]:
    """Each line; one that is too long is cut off, so that it cannot be read, and passed over to its end."""
    while line := stream.readline(MAX_LINE_BYTES):
        rest = line
        while len(rest) == MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES)
        if line.strip():
            yield line


def _carried(line: bytes, now: datetime) -> Carried:
    """What a line says. Raises ValueError or InvalidRequest that says what is wrong with it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON.") from None
    if (
        not isinstance(value, dict)
        or not isinstance(sha256 := value.get("sha256"), str)
        or not _SHA256.fullmatch(sha256)
    ):
        raise ValueError("it names no SHA-256 of 64 hexadecimal digits.")
    words, keywords = value.get("words", {}), value.get(KEYWORDS_FIELD, [])
    if not isinstance(words, dict) or words.keys() & _NO_WORDS:
        raise ValueError("its words are no fields with values.")
    edit = parse_edit({**words, **({KEYWORDS_FIELD: keywords} if keywords else {})})
    said = Words(edit.values, frozenset(edit.keywords or ()))
    return Carried(sha256, said, dict(_times(value.get("said_at"), now)), _place(value.get("path")))


def _times(said_at: Any, now: datetime) -> Iterator[tuple[str, str]]:
    """When each field was said, in the form that the log has; none is later than now, whatever clock wrote it."""
    for name, text in said_at.items() if isinstance(said_at, dict) else ():
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
        if at is None or at.tzinfo is None:
            raise ValueError("its times are not ISO 8601 with a zone.")
        try:
            in_utc = at.astimezone(UTC)
        except OverflowError:
            raise ValueError("its times are out of range.") from None
        yield name, min(in_utc, now).isoformat(timespec="milliseconds")


def _place(path: Any) -> Place | None:
    """The place that a line names, which is only a hint."""
    try:
        return Place.from_event(path_from_shown(path)) if isinstance(path, str) else None
    except UnicodeEncodeError:
        return None
