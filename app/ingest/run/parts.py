"""What a run of a session is made of: where files are, what is known, how to analyse, where to write.

Owns which files a session is about, and what has to be there before one can go on.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.describe.orders import Take, nobody
from app.errors import DatabaseBusy, InvalidRequest, NeedsAttention
from app.ingest.disk.folders import Folders
from app.ingest.disk.guard import Guard, directory_missing
from app.ingest.plan.retrying import ChosenFiles
from app.ingest.plan.survey import Survey
from app.ingest.run.turns import SETTLED_SECONDS
from app.ingest.session.parameters import Parameters
from app.ingest.session.state import COUNTING, SessionState, Status
from app.ingest.session.store import IngestionState
from app.ingest.workers.executor import PoolExecutor
from app.ingest.workers.worker import Task
from app.library.failures import StandingFailure
from app.library.library import Library
from app.library.values import FailureState, now
from app.media import Place, Recipe, Stage
from app.query.reading import read as read_query

BUSY_SECONDS = 30.0  # how long a write waits for a database that another program has locked
CHOSEN = "retry_chosen"  # the kind of event that says which files a person chose for a retry
ALL_SESSIONS = "all"  # a retry of what failed in any session
T = TypeVar("T")


class Recipes(Protocol):
    """What the analysis can do, which may change while the program runs."""

    def now(self) -> Recipe:
        """What it can do as things stand."""

    def prepared(self, wanted: frozenset[Stage], beat: Callable[[str], None]) -> Recipe:
        """What it can do after what must be done once for these stages has been done.

        `beat` is told what that is several times a second; whatever it raises breaks it off.
        """


class Outputs(Protocol):
    """What writes files of descriptions while a session runs."""

    def check(self, formats: Sequence[str]) -> None:
        """Raises InvalidRequest or Unavailable where that cannot be."""

    def write(self, session_id: str, place: Place, formats: Sequence[str], picture: bytes | None) -> None:
        """Writes what was said of a committed file; `picture` is what was sent. Raises NeedsAttention."""

    def catch_up(self, session_id: str, formats: Sequence[str]) -> Iterator[None]:
        """Makes room for them, and writes one after the other that a crash kept from being written.

        Raises NeedsAttention.
        """

    def written(self, session_id: str, formats: Sequence[str]) -> dict[str, int]:
        """How many there are, by format. Raises NeedsAttention."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that the loop needs: where files are, what is known, how to analyse, where to write, whom to tell.

    `clock` tells ns since 1970, by which a file has settled. `progress_interval` are the files between two checkpoints
    of a stage; None: what suits the number of files. `take` takes the order of a session that describes,
    `outputs` writes what it is to write of them.
    """

    folders: Folders
    library: Library
    store: IngestionState
    executor: PoolExecutor
    analyzer: Callable[[Recipe], Task]
    recipes: Recipes
    settled_seconds: float = SETTLED_SECONDS
    clock: Callable[[], int] = time.time_ns
    progress_interval: int | None = None
    take: Take = nobody
    outputs: Outputs | None = None

    def survey(
        self, session: SessionState, answered: frozenset[bytes] = frozenset(), recipe: Recipe | None = None
    ) -> Survey:
        """The walk of a session's folders with its parameters, judged by a recipe, by default the present one.

        That of a retry goes over the files that failed. Without a recipe, nobody need be there who describes.
        """
        parameters, recipe = session.parameters, recipe or self._recipe_as_far(session.parameters)
        if parameters.retry_of:
            chosen = ChosenFiles(self.folders.read, self.failed(parameters, self._chosen_by_person(session)))
            return Survey(chosen.read, self.library, recipe, chosen.folders, parameters, answered)
        if parameters.q is not None:
            found = ChosenFiles(self.folders.read, self.found(parameters.q))
            return Survey(found.read, self.library, recipe, found.folders, parameters, answered)
        folders = self.folders_of(parameters)
        return Survey(self.folders.read, self.library, recipe, folders, parameters, answered)

    def recipe_for(self, parameters: Parameters, recipe: Recipe | None = None) -> Recipe:
        """What can run in a session, by default as things stand: whom it asks for descriptions is its own.

        Raises InvalidRequest where nobody can be asked.
        """
        recipe = recipe or self.recipes.now()
        return recipe if parameters.describe is None else recipe.describing(self.take(parameters.describe).describer)

    def _recipe_as_far(self, parameters: Parameters) -> Recipe:
        """What can run in a session as things stand, without descriptions where nobody can be asked any more."""
        try:
            return self.recipe_for(parameters)
        except InvalidRequest:
            return self.recipes.now()

    def found(self, q: str) -> list[bytes]:
        """`ROOT/relative` of the files that a search finds in our media roots. Raises QueryError."""
        ids, _ = self.library.ids_found(read_query(q))
        return [place.in_event for place in self.library.presence.places(ids) if place.root in self.folders.roots]

    def folders_of(self, parameters: Parameters) -> tuple[Place, ...]:
        """The folders that a session walks, there or not, each file in one of them only; none where files are named."""
        if not parameters.walks:
            return ()
        return self.folders.locate_all(parameters.directories, recursive=parameters.recursive)

    def failed(self, retry: Parameters, chosen: frozenset[str] | None = None) -> list[bytes]:
        """`ROOT/relative` of the failed files that a retry is for; `chosen` are paths as shown, None for all.

        Those of one session are also those that it took in without the description that it asked for.
        """
        if retry.retry_of == ALL_SESSIONS:
            return list(self.failed_in_any(retry.retry_cause, chosen))
        session_id = str(retry.retry_of)
        failed = [(event.path, event.cause) for event in self.library.failed(session_id)]
        return [
            path
            for path, cause in (*failed, *self.library.described.failed(session_id))
            if path is not None
            and retry.retry_cause in (None, cause)
            and (chosen is None or Place.from_event(path).shown in chosen)
        ]

    def failed_in_any(self, cause: str | None, chosen: frozenset[str] | None) -> Mapping[bytes, StandingFailure]:
        """`ROOT/relative` of the files of our media roots that failed, in whatever session, and are not in since.

        Those of which a person said something are among them only where they are `chosen`.
        """
        return {
            failure.place.in_event: failure
            for failure in self.library.failures.standing(cause)
            if failure.place.root in self.folders.roots
            and (failure.state is FailureState.OPEN if chosen is None else failure.place.shown in chosen)
        }

    def _chosen_by_person(self, session: SessionState) -> frozenset[str] | None:
        """The paths that a person chose for a retry: they are in the log, the session file must not grow with them."""
        if session.parameters.retry_chosen is None:
            return None
        told = (event for event in self.library.all_events(session.session_id) if event.kind == CHOSEN)
        return frozenset(path for event in told for path in (event.detail or {}).get("paths", ()))

    def guarded(self, parameters: Parameters) -> tuple[str, ...]:
        """The directories that must be what they were; where files are named only their roots: folders may be gone."""
        shown = parameters.directories
        if parameters.q is not None:
            named = self.failed(parameters) if parameters.retry_of else self.found(parameters.q)
            return tuple({Place.from_event(path).root: None for path in named})
        return tuple({self.folders.locate(text).root: None for text in shown}) if parameters.retry_of else shown

    def rows_in(self, parameters: Parameters) -> dict[str, int]:
        """How many rows the library has in the folders of a session, by root, those marked missing aside."""
        return self.library.presence.by_root(self.folders_of(parameters), below=parameters.recursive)

    def check(self, session: SessionState) -> None:
        """Raises NeedsAttention while a session that stopped for a person could not go on."""
        self.store.prepare()
        self.library.check()
        for shown in Guard(self.folders, self.guarded(session.parameters)).absent:
            raise directory_missing(shown)

    def leave(self, session: SessionState) -> None:
        """Writes the last word on a session wherever it can be written: in the log, on disk, in one of them.

        Raises LeaseLost where the session is not ours.
        """
        for write in (
            lambda: self.library.append(session.session_id, "session", session.as_log()),
            lambda: self.store.save(session, durable=True),
        ):
            with contextlib.suppress(NeedsAttention), self.library.leases.writing(session.session_id):
                write()  # not where it is the very thing that needs attention

    def move(self, session: SessionState, status: Status) -> SessionState:
        """The session in another status: in the log, then durably on disk. Raises LeaseLost where it is not ours."""
        self.store.check_lock()
        session, leases = session.to(status, now()), self.library.leases
        with leases.writing(session.session_id):
            session = session.advance(self.library.append(session.session_id, "session", session.as_log()))
        if status.ended:
            leases.end(session.session_id)
        self.store.save(session, durable=True)
        return session


def patiently(write: Callable[[], T], seconds: float = BUSY_SECONDS, beat: Callable[[], None] = lambda: None) -> T:
    """What `write` gives; while another program holds the lock of the database it is tried again, with a beat between.

    Raises DatabaseBusy after so many seconds.
    """
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            return write()
        except DatabaseBusy:
            if time.monotonic() > give_up_at:
                raise
        beat()


def recounted(
    session: SessionState, library: Library, beat: Callable[[], None] = lambda: None
) -> tuple[SessionState, frozenset[bytes]]:
    """The session with its counters as its events have them, and the files that it has answered for.

    The database wins. Where the session is only behind, as after a crash, what is missing is added; where it cannot be
    right (a lost commit, a database that was put back from a copy), or was counted by an older rule, all is counted
    anew. `beat` is called meanwhile.
    """
    answered = frozenset(library.answered(session.session_id))
    beat()
    newest = library.last_event_id(session.session_id)
    session = counted(session if session.counting == COUNTING else session.without_answers(), library, beat)
    if newest < session.last_event_id or session.processed_files != len(answered):
        session = counted(session.without_answers(), library, beat)
    return session, answered


def counted(session: SessionState, library: Library, beat: Callable[[], None] = lambda: None) -> SessionState:
    """The session with every event counted that is newer than the last one that it knows."""
    for event in library.all_events(session.session_id, session.last_event_id):
        session = session.advance(event)
        if event.id % 1_000 == 0:
            beat()
    return session


def mend_journal(parts: Parts, session_id: str, answered: int) -> None:
    """Makes the journal again from the events if it has not a whole line for each file, as after a crash."""
    if parts.store.journal_lines(session_id) != answered:
        parts.store.rewrite_journal(session_id, parts.library.all_events(session_id))
