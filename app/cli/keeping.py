"""The commands by which nothing is lost with a disk: a copy of the library, and a person's words out of it and in."""

from pathlib import Path
from typing import Annotated

import typer

from app.backup.copying import copy, library_file
from app.cli.options import AsJson, Roots, check_output, settings_here
from app.cli.terminal import out, print_json

keeping = typer.Typer()


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
