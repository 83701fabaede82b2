"""Lines about files as a file that people and programs keep: CSV, JSON, JSON Lines or XLSX.

What became of every file of a session is made here, too: one line for each file that was discovered, those that the
session answered for in the order of the answers, then the others by the walk as it would go now (skipped, or still
pending). Nothing is stored; nothing is changed.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from tempfile import SpooledTemporaryFile
from typing import Any

from app.ingest.plan.survey import Verdict
from app.ingest.run.ingestor import Ingestor
from app.ingest.session.answers import as_journal_line
from app.ingest.session.counts import sums_of
from app.ingest.session.state import SessionState
from app.ingest.session.store import as_json_bytes
from app.media import Outcome
from app.texts import as_json

COLUMNS = ("path", "class", "outcome", "stage", "cause", "reason", "ms", "at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_PIECE_BYTES = 64 * 1024
_MAX_ROWS_OF_A_SHEET = 1_048_576  # of Excel, its header included
MAX_LINES_OF_A_SHEET = _MAX_ROWS_OF_A_SHEET - 1

Line = Mapping[str, Any]


class Format(StrEnum):
    """How a report is written."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """The media type of an answer in this format."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.JSONL: "application/x-ndjson",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What is written: `lines` with the `columns`, and what holds for all of them.

    JSON tells `head` before the files and `tail` after them; a workbook has the `sums` on its first sheet, named
    `sheet`. `tail` and `sums` are asked for when the last line has passed, so that they may count the lines.
    """

    columns: tuple[str, ...]
    lines: Iterable[Line]
    sheet: str
    sums: Callable[[], Mapping[str, Any]]
    head: Mapping[str, Any] = field(default_factory=dict)
    tail: Callable[[], Mapping[str, Any]] = dict


def of_session(session: SessionState, ingestor: Ingestor) -> Report:
    """What became of every file that a session discovered."""
    return Report(
        COLUMNS,
        lines_of(session, ingestor),
        sheet="Session",
        sums=lambda: _sums_of(session),
        head={"session": session.as_status()},
    )


def lines_of(session: SessionState, ingestor: Ingestor) -> Iterator[Line]:
    """Every file that the session discovered, once: a mapping with the `COLUMNS`, None where there is nothing to say.

    `class` is `answered`, `pending` or why the file was skipped.
    """
    answered = set()
    for event in ingestor.library.all_events(session.session_id):
        if event.kind == "file_complete" and event.path is not None:
            answered.add(event.path)
            yield {"class": "answered", **as_journal_line(event)}
    for verdict in ingestor.survey(session, frozenset(answered)):
        if isinstance(verdict, Verdict) and not verdict.answered:
            kind = "pending" if verdict.skip is None else verdict.skip.value
            yield dict.fromkeys(COLUMNS) | {"path": verdict.place.shown, "class": kind}


def _sums_of(session: SessionState) -> dict[str, Any]:
    status = session.as_status()
    named = {"session": session.session_id, "status": status["status"], "discovered": status["discovered"]}
    skipped = {f"skipped: {name}": count for name, count in status["skipped"].items()}
    committed = {f"committed: {name}": status["outcomes"][name] for name in Outcome if name.committed}
    total, pending = status["total_files"], status["pending"]
    return {**named, **skipped, "total_files": total, **sums_of(status), **committed, "pending": pending}


def written(format_: Format, report: Report) -> Iterator[bytes]:
    """A report piece by piece; at no time is all of it in memory, except for what a zipped XLSX keeps on disk."""
    writers: dict[Format, Callable[[Report], Iterator[bytes]]] = {
        Format.CSV: _csv,
        Format.JSON: _json,
        Format.JSONL: _jsonl,
        Format.XLSX: _xlsx,
    }
    return writers[format_](report)


def guarded(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cell(value: Any) -> Any:
    """A value as CSV has it: as in JSON where that is one word."""
    return as_json(value) if isinstance(value, bool) else guarded(value)


def _csv(report: Report) -> Iterator[bytes]:
    """Comma-separated, RFC 4180, UTF-8 with a byte order mark, which spreadsheets need to see that it is UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(report.columns)
    for line in report.lines:
        writer.writerow([value if (value := line[name]) is None else _cell(value) for name in report.columns])
        if buffer.tell() > _PIECE_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _json(report: Report) -> Iterator[bytes]:
    """An object: the head, `"files": [...]`, the tail."""
    yield b"{" + b"".join(member + b"," for member in _members(report.head)) + b'"files":['
    for number, line in enumerate(report.lines):
        yield (b",\n" if number else b"\n") + as_json_bytes(line)
    yield b"\n]" + b"".join(b"," + member for member in _members(report.tail())) + b"}\n"


def _members(values: Mapping[str, Any]) -> list[bytes]:
    return [as_json_bytes(name) + b":" + as_json_bytes(value) for name, value in values.items()]


def _jsonl(report: Report) -> Iterator[bytes]:
    for line in report.lines:
        yield as_json_bytes(line) + b"\n"


def _xlsx(report: Report) -> Iterator[bytes]:
    """A workbook with the sums on its first sheet and the files on as many others as they need."""
    import xlsxwriter

    with SpooledTemporaryFile(max_size=8 * 1024 * 1024) as file:
        with xlsxwriter.Workbook(
            file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        ) as book:
            first = book.add_worksheet(report.sheet)
            sheet, row = _new_sheet(book, report.columns), 1
            for line in report.lines:
                if row == _MAX_ROWS_OF_A_SHEET:
                    sheet, row = _new_sheet(book, report.columns), 1
                for column, name in enumerate(report.columns):
                    if (value := line[name]) is not None:
                        sheet.write(row, column, value)
                row += 1
            for row, pair in enumerate(report.sums().items()):
                first.write_row(row, 0, pair)
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _new_sheet(book: Any, columns: tuple[str, ...]) -> Any:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, columns)
    return sheet


def named(session: SessionState, format_: Format) -> str:
    """The file name that a report is offered under."""
    return f"media-ingest-{session.session_id[:8]}.{format_.value}"
