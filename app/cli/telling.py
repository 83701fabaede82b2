"""How commands that look at many files tell of them: a report, JSON, or the first few on the terminal."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rich.console import Console

from app.cli.terminal import err, keep, out
from app.errors import InvalidRequest
from app.reports import Format, Line, Report, written

MAX_FILES_NAMED = 20
MAX_FILES_IN_JSON = 1_000

Told: TypeAlias = Callable[[Callable[[Line], None], int], Iterator[Line]]
"""The lines of all files; of the first so many that a person has to know of, the given function is told at once."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What was asked for: a report in a format, into a file or to standard output, and JSON."""

    format: Format | None
    output: Path | None
    json: bool

    def __post_init__(self) -> None:
        """Raises InvalidRequest where two things would go to standard output."""
        if self.json and self._with_report and self.output is None:
            sentence = "--json and a report cannot both go to standard output: name a file for it with -o."
            raise InvalidRequest(sentence)

    @property
    def _with_report(self) -> bool:
        return self.format is not None or self.output is not None

    @property
    def words(self) -> Console:
        """Where words for people go: not where a report goes."""
        return err if self._with_report and self.output is None else out

    def run(
        self, told: Told, name: Callable[[Line, Console], None], report: Callable[[Iterator[Line]], Report]
    ) -> list[Line]:
        """Goes through all lines, names files or writes the report; returns those that JSON tells."""
        kept: list[Line] = []
        if self.json:
            lines = told(kept.append, MAX_FILES_IN_JSON)
        else:
            lines = told(lambda line: name(line, self.words), MAX_FILES_NAMED)
        if self._with_report:
            keep(written(self.format or Format.CSV, report(lines)), self.output, "report")
        else:
            deque(lines, maxlen=0)
        return kept
