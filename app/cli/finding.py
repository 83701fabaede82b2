"""The commands that find files and take them away. They only read the library, and never take the state folder."""

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
import typer.core
from rich.cells import cell_len

from app.cli.options import AsJson, Roots, check_output, require_database, settings_here
from app.cli.terminal import SOME_FAILED, err, keep, out, plain
from app.errors import InvalidRequest, QueryError
from app.export.folder import ImageFolder, Link, Written
from app.export.imagefolder import MISSING
from app.export.lines import ExportFormat, check_room, pieces
from app.export.selection import selected
from app.ingest.disk.folders import Folders
from app.library.finding import keeping
from app.library.finding.counting import Coverage, coverage_in_words
from app.library.finding.listing import FoundFile
from app.library.finding.orders import Sort
from app.library.library import Library
from app.query.fields import FIELDS
from app.query.reading import read
from app.query.tree import Node
from app.reports import Format, Report, written
from app.slices import in_slices
from app.texts import counted

_SLICE = 1_000
_NEGATED = re.compile(r"-(?:[\"(]|([^\W\d]\w*)(?:[<>:=]|!=))")


class QueryCommand(typer.core.TyperCommand):
    """A command that takes a query: `-nsfw:yes` is a term of it, and `-oFILE` an option.

    What begins with a hyphen is a term if a field of the language, a quotation mark or a parenthesis follows.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments; a space before such a term, which a query does not mind, keeps it from being an option.

        Raises InvalidRequest for what is neither.
        """
        letters = {name[1] for option in self.params for name in option.opts if len(name) == 2}
        for arg in takewhile(lambda arg: arg != "--", args):
            if len(arg) > 1 and arg[0] == "-" and arg[1] not in {"-", *letters} and not _is_negated(arg):
                sentence = f"{arg} is no option. Without a word: not {arg[1:]}, or all of the query behind --."
                raise InvalidRequest(sentence, field="query")
        return super().parse_args(ctx, [f" {arg}" if _is_negated(arg) else arg for arg in args])


def _is_negated(argument: str) -> bool:
    return (found := _NEGATED.match(argument)) is not None and (found[1] is None or found[1].lower() in FIELDS)


Query = Annotated[
    list[str], typer.Argument(help="What to find, as in docs/search.md; several are put together. Empty: everything.")
]
SortedBy = Annotated[Sort, typer.Option("--sort", help="What the files are in the order of.")]
Order = Annotated[Literal["asc", "desc"], typer.Option("--order", help="In which direction.")]

finding = typer.Typer()


@finding.command(cls=QueryCommand)
def search(
    query: Query,
    sort: SortedBy = Sort.TAKEN,
    order: Order = "desc",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many files.")] = None,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Print the files that a search finds, a path on each line; on standard error, how much could be searched."""
    asked, configured = parsed(query), settings_here(root)
    require_database(configured)
    library = Library(configured.database_url, configured.ingest_state_dir / keeping.NAME)
    try:
        finder, threshold = library.finder, library.nsfw_threshold()
        finder.read_all()
        found = finder.found(asked, sort, descending=order == "desc", threshold=threshold)
        ids, total = found.ids[:limit].tolist(), len(found.slots)
        covered = finder.coverage(found, asked)
        slices = in_slices(ids, _SLICE)
        if json_:
            files = (file for part in slices for file in finder.files(found.snapshot, part, threshold))
            _write_json(files, total, covered)
        else:
            for part in slices:
                sys.stdout.writelines(f"{plain(path)}\n" for path in finder.paths(part))
            sys.stdout.flush()
            err.print(f"{counted(total, 'file')} found. {coverage_in_words(covered)}", markup=False)
    finally:
        library.close()


@finding.command(cls=QueryCommand)
def export(
    query: Query,
    format_: Annotated[ExportFormat, typer.Option("--format", help="How it is written.")] = ExportFormat.CSV,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file, or the new folder; without one, standard output.")
    ] = None,
    sort: SortedBy = Sort.TAKEN,
    order: Order = "desc",
    link: Annotated[Link, typer.Option("--link", help="How originals get into the folder.")] = Link.COPY,
    captions: Annotated[bool, typer.Option("--captions", help="A .txt beside each picture.")] = False,
    root: Roots = None,
) -> None:
    """Take away what a search finds: as a table, as lines, or the originals in a folder. Exit 1: some are missing."""
    asked, configured = parsed(query), settings_here(root)
    into_folder = format_ is ExportFormat.IMAGEFOLDER
    if into_folder and output is None:
        raise InvalidRequest("An imagefolder is a folder: name it with -o.", field="output")
    if not into_folder and (captions or link is not Link.COPY):
        raise InvalidRequest("--link and --captions are for --format imagefolder.", field="format")
    check_output(output, configured)
    require_database(configured)
    library = Library(configured.database_url, configured.ingest_state_dir / keeping.NAME)
    try:
        selection = selected(library, asked, sort, descending=order == "desc")
        check_room(format_, len(selection))
        if into_folder and output is not None:
            told = ImageFolder(output, link, captions).write(selection, Folders(configured.ingest_media_roots))
            _print_written(told, output)
            if told.missing:
                raise typer.Exit(SOME_FAILED)
        else:
            keep(pieces(format_, selection), output, "export")
    finally:
        library.close()


def _print_written(told: Written, folder: Path) -> None:
    out.print(f"{counted(told.files, 'file')} in {folder}.", markup=False)
    if told.copied:
        why = ", ".join(sorted(told.why))
        out.print(f"{told.copied:,} of them copied, as they could not be linked: {why}.", markup=False)
    if told.missing:
        out.print(f"{told.missing:,} are not there as they were taken in: {folder / MISSING} names them.", markup=False)


def parsed(query: Sequence[str]) -> Node:
    """The query that was typed. Raises QueryError whose sentence has the query and a mark under its place below it."""
    text = " ".join(query)
    try:
        return read(text)
    except QueryError as error:
        raise QueryError(f"{error.sentence}\n{_pointed(text, error.position)}", error.position) from None


def _pointed(text: str, position: int) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text)
    return f"  {shown}\n  {' ' * cell_len(shown[:position])}^"


def _write_json(files: Iterator[FoundFile], total: int, covered: Coverage) -> None:
    """An object with `files`, `total` and `coverage`, file by file."""
    told = Report((), files, sheet="", sums=dict, tail=lambda: {"total": total, "coverage": covered})
    for piece in written(Format.JSON, told):
        sys.stdout.write(piece.decode())
