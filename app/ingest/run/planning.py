"""The plan of a run: every file counted, those to process listed, the folders known to be what they were."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from app.errors import NeedsAttention
from app.ingest.disk.guard import ROOT_CHANGED, Guard, directory_missing, shrunk
from app.ingest.plan.survey import Verdict, renewed
from app.ingest.plan.tally import Tally
from app.ingest.run.gone import count_quarantined, mark_missing
from app.ingest.run.parts import mend_journal, recounted
from app.ingest.run.run import Run
from app.ingest.session.state import Status
from app.media import Job, Place, Recipe


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run is to process, and what it found while planning.

    `jobs` are the files in path order, about 300 bytes of memory each. `recipe` is what can run, `guard` watches over
    the folders, `some_are_gone` says that the library has rows there whose files were not found.
    """

    jobs: list[Job]
    recipe: Recipe
    guard: Guard
    some_are_gone: bool


def plan(run: Run) -> Planned:
    """Counts every file of the session and lists those to process.

    Raises Stopped, and NeedsAttention where a folder is gone, or so many files that it may be the wrong disk.
    """
    run.move(Status.PLANNING)
    parts, parameters = run.parts, run.session.parameters
    guard = Guard(parts.folders, parts.guarded(parameters))
    run.session, answered = recounted(run.session, parts.library, run.live)
    mend_journal(parts, run.session.session_id, len(answered))
    recipe = parts.recipe_for(parameters, parts.recipes.prepared(parameters.wanted, run.prepare))
    run.prepare(None)
    tally, jobs = Tally(answered_before=len(answered)), []
    outlived: dict[Place, list[bytes]] = {}
    for verdict in parts.survey(run.session, answered, recipe):
        tally.add(verdict)
        if isinstance(verdict, Verdict) and verdict.job is not None:
            jobs.append(verdict.job)
        elif isinstance(verdict, Verdict) and verdict.outlived:
            outlived.setdefault(verdict.folder, []).append(verdict.place.path)
        run.live()
    guard.check()  # or a lost disk would look empty
    some_are_gone = False
    if parameters.walks:
        rows = parts.rows_in(parameters)
        _ask_about_the_gone(run, guard, tally.media, rows)
        some_are_gone = sum(rows.values()) != tally.known
    elif not parameters.retry_of:  # the files that a search finds are rows
        gone = Counter(
            job.file.root for job in jobs if not job.file.size and parts.folders.found(job.file.place) is None
        )
        _ask_about_the_gone(run, guard, Counter(tally.media) - gone, tally.media)
    for folder, paths in outlived.items():  # once: every plan to come is as quick as one of rows of today
        renew = partial(renewed, parameters=parameters, recipe=recipe)
        run.patiently(partial(parts.library.presence.mark_stages, folder.root, paths, renew))
        run.live()
    run.session = replace(run.session.planned(tally.as_plan(), recipe), confirmed=False)
    return Planned(jobs, recipe, guard, some_are_gone)


def _ask_about_the_gone(run: Run, guard: Guard, media: Mapping[str, int], rows: Mapping[str, int]) -> None:
    """Raises NeedsAttention where so many files are gone that it may be the wrong disk, unless that is confirmed.

    What a person confirmed is marked at once: it must not have to be confirmed again. `media` are the files that were
    found, `rows` those that the library knows, by root.
    """
    sentence, confirmed = shrunk(media, rows), run.session.confirmed
    if sentence and not confirmed:
        if moved := count_quarantined(run):
            sentence += f" Of the others, {moved:,} {'lies' if moved == 1 else 'lie'} in the quarantine folder."
        raise NeedsAttention(sentence, cause=ROOT_CHANGED, needs_confirm=True)
    for shown in () if confirmed else guard.absent:
        raise directory_missing(shown)
    if sentence:
        mark_missing(run, guard)
