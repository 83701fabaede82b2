"""The command `compare`: may this folder be wiped? It looks, and changes nothing."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from app.cli.options import AsJson, Output, Roots, check_output, directory, require_database, settings_here
from app.cli.telling import MAX_FILES_NAMED, Telling
from app.cli.terminal import SOME_FAILED, comparison_bar, plain, print_json
from app.compare.comparison import Comparison
from app.compare.holding import COLUMNS, Holding
from app.compare.tree import tree_at
from app.ingest.disk.folders import Folders
from app.library.library import Library
from app.reports import Format, Line, Report
from app.texts import counted

Directory = Annotated[str, typer.Argument(metavar="DIR", help="A ROOT/relative path, or any folder of the machine.")]
comparing = typer.Typer()


@comparing.command()
def compare(
    folder: Directory,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read the library's copies again, too.")] = False,
    root: Roots = None,
    format_: Annotated[Format | None, typer.Option("--format", help="Write a report, CSV by default.")] = None,
    output: Output = None,
    json_: AsJson = False,
) -> None:
    """Say whether all of a folder is in, so that it may be wiped. Exit 0: safe, 1: not, or not re-read, 2: no answer.

    Safe is what has a copy outside the folder whose bytes were read again in this run: that takes --rehash.
    """
    telling = Telling(format_, output, json_)
    configured = settings_here(root)
    check_output(output, configured)
    require_database(configured)
    library = Library(configured.database_url)
    try:
        folders = Folders(configured.ingest_media_roots)
        tree = tree_at(folders, directory(folder, configured))
        with comparison_bar(hidden=json_) as show:
            comparison = Comparison(tree, folders, library.stock, rehash, show)
            kept = telling.run(partial(_lines, comparison), _name, partial(_report_of, comparison))
    finally:
        library.close()
    if json_:
        print_json(comparison.as_json() | {"not_in": kept})
    else:
        _print_sums(comparison, telling.words)
    if not comparison.safe:
        raise typer.Exit(SOME_FAILED)


def _lines(comparison: Comparison, tell: Callable[[Line], None], at_most: int) -> Iterator[Line]:
    """A line for each file; the first that are not in are told at once, whatever was read again."""
    told = 0
    for finding in comparison:
        line = finding.as_line()
        if finding.holding is not Holding.IN_LIBRARY and told < at_most:
            told += 1
            tell(line)
        yield line


def _report_of(comparison: Comparison, lines: Iterator[Line]) -> Report:
    return Report(
        COLUMNS,
        lines,
        sheet="Comparison",
        sums=comparison.as_json,
        tail=lambda: {"comparison": comparison.as_json()},
    )


def _name(line: Line, words: Console) -> None:
    reason = f": {plain(line['reason'])}" if line["reason"] else ""
    words.print(f"  {plain(line['path'])}{reason} ({line['class']})", markup=False)


def _print_sums(comparison: Comparison, words: Console) -> None:
    if comparison.missing > MAX_FILES_NAMED:
        words.print(f"  and {comparison.missing - MAX_FILES_NAMED:,} more, which a report names (-o FILE)")
    counts = ", ".join(f"{count:,} {holding.replace('_', ' ')}" for holding, count in comparison.sums.items() if count)
    beside = f", and {counted(comparison.sidecars, 'sidecar')} with them" if comparison.sidecars else ""
    words.print(
        f"{counted(comparison.files, 'file')} in {plain(comparison.tree.shown)}: {counts}{beside}", markup=False
    )
    words.print(comparison.sentence, markup=False)
