"""What a run of a session is made of: where files are, what is known, how to analyse, where to write.

Owns which files a session is about, and what has to be there before one can go on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.errors import DatabaseBusy
from app.ingest.executor import Executor, Task
from app.ingest.folders import Folder, Folders
from app.ingest.guard import Guard
from app.ingest.parameters import Parameters
from app.ingest.retrying import Chosen
from app.ingest.session import SessionState, Status
from app.ingest.store import IngestionState
from app.ingest.survey import Survey
from app.ingest.turns import SETTLED_SECONDS
from app.library.library import Library
from app.library.values import now
from app.media import Recipe, Stage

BUSY_SECONDS = 30.0  # how long a write waits for a database that another program has locked
T = TypeVar("T")


class Recipes(Protocol):
    """What the analysis can do, which may change while the program runs."""

    def now(self) -> Recipe:
        """What it can do as things stand."""

    def prepared(self, wanted: frozenset[Stage], beat: Callable[[str], None]) -> Recipe:
        """What it can do after what must be done once for these stages has been done.

        `beat` is told what that is several times a second; whatever it raises breaks it off.
        """


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that the loop needs: where files are, what is known, how to analyse, where to write, whom to tell."""

    folders: Folders
    library: Library
    store: IngestionState
    executor: Executor
    analyzer: Callable[[Recipe], Task]
    recipes: Recipes
    settled_seconds: float = SETTLED_SECONDS

    def survey(
        self, session: SessionState, answered: frozenset[bytes] = frozenset(), recipe: Recipe | None = None
    ) -> Survey:
        """The walk of a session's folders with its parameters, judged by a recipe, by default the present one.

        That of a retry goes over the files that failed.
        """
        parameters, recipe = session.parameters, recipe or self.recipes.now()
        if parameters.retry_of:
            chosen = Chosen(self.folders.read, self.failed(parameters.retry_of, parameters))
            return Survey(chosen.read, self.library, recipe, chosen.folders, parameters, answered)
        folders = self.folders_of(session)
        return Survey(self.folders.read, self.library, recipe, folders, parameters, answered)

    def folders_of(self, session: SessionState) -> tuple[Folder, ...]:
        """The folders of a session, each file in one of them only."""
        parameters = session.parameters
        return self.folders.resolve_all(parameters.directories, recursive=parameters.recursive)

    def failed(self, session_id: str, retry: Parameters) -> list[bytes]:
        """`ROOT/relative` of the files that failed in a session, those that a retry is for."""
        return [
            event.path
            for event in self.library.failed(session_id)
            if event.path is not None
            and retry.retry_cause in (None, event.cause)
            and (not retry.retry_paths or event.shown_path in retry.retry_paths)
        ]

    def rows_in(self, session: SessionState) -> dict[str, int]:
        """How many rows the library has in the folders of a session, by root, those marked missing aside."""
        rows: dict[str, int] = {}
        for folder in self.folders_of(session):
            below = session.parameters.recursive
            count = self.library.presence.count(folder.root, folder.path, below=below)
            rows[folder.root] = rows.get(folder.root, 0) + count
        return rows

    def check(self, session: SessionState) -> None:
        """Raises NeedsAttention while a session that stopped for a person could not go on."""
        self.store.prepare()
        self.library.check()
        Guard(self.folders, session.parameters.directories)

    def move(self, session: SessionState, status: Status) -> SessionState:
        """The session in another status: in the log, then durably on disk."""
        self.store.check_lock()
        session = session.to(status, now())
        session = session.advance(self.library.append(session.session_id, "session", session.as_log()))
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


def recounted(session: SessionState, library: Library) -> tuple[SessionState, frozenset[bytes]]:
    """The session with every counter made again from its events, and the files that it has answered for.

    The database wins: after a crash, a commit whose answer was lost, or a database that was put back from a copy.
    """
    session, answered = session.without_answers(), set()
    for event in library.all_events(session.session_id):
        session = session.advance(event)
        if event.kind == "file_complete" and event.path is not None:
            answered.add(event.path)
    return session, frozenset(answered)
