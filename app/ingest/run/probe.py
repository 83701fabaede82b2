"""The first second of a start: whether there is anything to do at all."""

import time

from app.errors import NothingMatches
from app.ingest.disk.guard import shrunk
from app.ingest.plan.survey import NothingKnown, Survey, Verdict
from app.ingest.plan.tally import Tally
from app.ingest.run.parts import Parts
from app.ingest.session.parameters import Parameters
from app.media import Skip
from app.texts import counted

PROBE_SECONDS = 1.0


def probe(parts: Parts, parameters: Parameters) -> None:
    """Walks until the first file that matches, the end, or one second. Raises NothingMatches at the end.

    Where the library knows far more files than are there, a session begins all the same: it asks what that means.
    """
    give_up_at = time.monotonic() + PROBE_SECONDS
    recipe = parts.recipe_for(parameters)
    if parameters.describe is not None and parameters.describe.write and parts.outputs is not None:
        parts.outputs.check(parameters.describe.write)
    if parameters.q is not None:
        if not parts.found(parameters.q):
            raise NothingMatches("The search finds no file of the media roots.", field="q")
        return
    folders, tally = parts.folders_of(parameters), Tally()
    for verdict in Survey(parts.folders.read, NothingKnown(), recipe, folders, parameters):
        tally.add(verdict)
        if isinstance(verdict, Verdict) and verdict.skip not in (Skip.FILTERED, Skip.UNSUPPORTED):
            return
        if time.monotonic() > give_up_at:
            return
    if shrunk(tally.media, parts.rows_in(parameters)):
        return
    where = " and ".join(parameters.directories)
    found = (
        f"of {counted(tally.discovered, 'file')} there, none is media that matches"
        if tally.discovered
        else "there is no file there"
    )
    asked = {"min_bytes": parameters.min_bytes, "max_bytes": parameters.max_bytes}
    sizes = {name: limit for name, limit in asked.items() if limit is not None}
    narrowed = ["pattern"] * (parameters.pattern != "*") + [*sizes]
    field = narrowed[0] if tally.discovered and narrowed else "directory"
    limits = "".join(f" and {name} {limit:,}" for name, limit in sizes.items())
    raise NothingMatches(f"Nothing to do in {where} with pattern {parameters.pattern}{limits}: {found}.", field=field)
