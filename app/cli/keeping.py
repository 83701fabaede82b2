"""The commands by which nothing is lost with a disk: a copy of the library, and a person's words out of it and in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from app import settings
from app.backup.copying import copy, library_file
from app.backup.words import lines_of, receive
from app.cli.options import AsJson, Output, Roots, check_output, require_database, settings_here
from app.cli.terminal import SOME_FAILED, err, keep, out, plain, print_json
from app.errors import CannotStart
from app.library.library import Library
from app.library.migrations import bring_to_head, revision_of
from app.texts import counted

keeping = typer.Typer()
words_cli = typer.Typer(no_args_is_help=True, help="What you said of files: write it to a file, or read it back.")
keeping.add_typer(words_cli, name="words")


@keeping.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file that is made; its folder has to be there.")],
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Copy the library to a file, also while a server works with it, and check the copy. Exit 2: none was made."""
    configured = settings_here(root)
    original = library_file(configured)
    check_output(file, configured)
    made = copy(original, file, replace=replace)
    if json_:
        print_json(made.as_json())
    else:
        out.print(made.sentence, markup=False)


@words_cli.command("export")
def words_export(output: Output = None, root: Roots = None) -> None:
    """Write what you said of files as JSON Lines, by the SHA-256 of their bytes."""
    configured = settings_here(root)
    check_output(output, configured)
    require_database(configured)
    library, lines = Library(configured.database_url), 0

    def passing() -> Iterator[bytes]:
        nonlocal lines
        for line in lines_of(library, configured.ingest_state_dir):
            yield line
            lines += 1

    try:
        keep(passing(), output, "file of words")
    finally:
        library.close()
    if output is not None:
        out.print(f"{output} has your words of {counted(lines - 1, 'file')}.", markup=False)


@words_cli.command("import")
def words_import(
    file: Annotated[Path, typer.Argument(help="What `words export` wrote.")],
    json_: AsJson = False,
) -> None:
    """Read words back. What you said here later stands. Exit 1: some lines could not be read; 2: none was."""
    configured = settings.load()
    if configured.database_enabled and revision_of(configured.database_url) is None:
        bring_to_head(configured.database_url)  # a fresh library keeps them until their files are taken in
    require_database(configured)
    library = Library(configured.database_url)
    try:
        with file.open("rb") as stream:
            received = receive(library, stream)
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}.") from error
    finally:
        library.close()
    if json_:
        print_json(received.as_json())
    else:
        out.print(received.sentence, markup=False)
        for line in received.named:
            err.print(f"  {plain(line)}", markup=False)
    if received.unreadable:
        raise typer.Exit(SOME_FAILED)
