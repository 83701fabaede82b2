"""The command `duplicates`: which files are alike, and the plan that moves all but the best of each group away."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import AsJson, Output, Roots, check_output, require_database, settings_here
from app.cli.terminal import err, keep, out, plain, print_json
from app.errors import InvalidRequest
from app.ingest.disk.folders import Folders
from app.ingest.session.store import QUARANTINE
from app.library.alike.near import BITS_OF, By
from app.library.alike.telling import what_to_do
from app.library.finding import keeping
from app.library.library import Library
from app.quarantine.duplicates import Duplicates, Found, differing
from app.quarantine.script import PlanFormat, written_plan
from app.quarantine.units import Units, check_folder
from app.texts import counted

_MANY = 1_000

duplicating = typer.Typer()


@duplicating.command()
def duplicates(
    by: Annotated[By, typer.Option("--by", help="What is alike.")] = By.BYTES,
    max_distance: Annotated[
        int | None, typer.Option(min=0, max=max(BITS_OF.values()), help="Bits of phash or features that may differ.")
    ] = None,
    plan: Annotated[
        PlanFormat | None, typer.Option("--plan", help="Write a plan that moves all but the best of each group away.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the plan moves them; else a folder of the state folder.")
    ] = None,
    root: Roots = None,
    output: Output = None,
    json_: AsJson = False,
) -> None:
    """List groups of files that are alike, the one worth most first; on standard error, how much was compared.

    Nothing is moved: run the plan with sh for that. It looks at each file once more.
    """
    if json_ and plan is not None and output is None:
        raise InvalidRequest("--json and a plan cannot both go to standard output: name a file for it with -o.")
    if plan is None and (output is not None or folder is not None):
        raise InvalidRequest("-o and --folder are for --plan.", field="plan")
    configured = settings_here(root)
    check_output(output, configured)
    require_database(configured)
    folders = Folders(configured.ingest_media_roots)
    library = Library(configured.database_url, configured.ingest_state_dir / keeping.NAME)
    try:
        library.finder.read_all()
        if by is By.FEATURES:
            library.codes.catch_up(None)
        groups = Duplicates(library, folders)
        found = groups.found(by, max_distance)
        if plan is not None:
            place = folder if folder is not None else configured.ingest_state_dir.resolve() / QUARANTINE
            within = check_folder(place, folders.roots)
            keep(written_plan(Units(library, folders).of(*groups.surplus(found)), within, plan), output, "plan")
        if json_:
            print_json(_as_json(library, found))
        elif plan is None:
            _print(library, found)
        _print_coverage(found)
    finally:
        library.close()


def _as_json(library: Library, found: Found) -> dict[str, object]:
    threshold, groups = library.nsfw_threshold(), []
    for place in range(min(found.groups.number, _MANY)):
        ids, distances = found.ids(place)
        files, said = library.finder.files_by_id(ids, threshold), found.said(library.finder.texts_by_id(ids))
        files = {number: file for number, file in files.items() if number in said}
        if len(files) > 1:
            told = [
                {"path": files[number]["path"], "distance": distance}
                for number, distance in zip(ids, distances, strict=True)
                if number in files
            ]
            keeper = files[found.keeper(files)]["path"]
            groups.append(
                {
                    "files": told,
                    "keep": keeper,
                    "differs": differing([*files.values()], [said[number] for number in files]),
                }
            )
    compared = {"searched": found.compared, "missing": found.edges.left}
    return {"groups": groups, "total": found.groups.number, "files": len(found.groups.slots), "coverage": compared}


def _print(library: Library, found: Found) -> None:
    threshold = library.nsfw_threshold()
    for place in range(found.groups.number):
        files = library.finder.files_by_id(found.ids(place)[0], threshold)
        if len(files) > 1:
            best = files[found.keeper(files)]
            out.print(plain(best["path"]), markup=False, soft_wrap=True)
            for file in files.values():
                if file is not best:
                    out.print(f"  {plain(file['path'])}", markup=False, soft_wrap=True)


def _print_coverage(found: Found) -> None:
    told = f"{counted(found.groups.number, 'group')} of {counted(len(found.groups.slots), 'file')}"
    err.print(f"{told}; {counted(found.compared, 'file')} compared.", markup=False)
    for sentence, files in zip(what_to_do(found.edges.left), found.edges.left.values(), strict=True):
        err.print(f"{files:,} not: {sentence}", markup=False)
