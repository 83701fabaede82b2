"""The library of a running program: what is known of the media, and what happened to each file.

`commit_single_file_to_database` writes a file's row, keywords, failures and event in one transaction. A person's edits
(`saying`) and rows marked missing (`presence`) are the other writes about files. Events are only ever appended; their
ids are those of the server-sent events. Schemas are brought up to date elsewhere, in `migrations`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select
from sqlalchemy.exc import IntegrityError

from app.errors import AMBIGUOUS_MOVE, DAMAGE_CAUSES, NeedsAttention, UnknownFile
from app.library.alike.codes import CodeFile
from app.library.describing.described import Described
from app.library.describing.reviewing import Reviews
from app.library.describing.runs import Runs
from app.library.describing.totals import RunTotals
from app.library.engine import Engines, translated
from app.library.failures import HOLDS_BACK, Failures
from app.library.finding.finder import Finder
from app.library.finding.orders import Sort
from app.library.finding.words.indexing import Indexing
from app.library.history import History
from app.library.leasing.leases import Leases
from app.library.migrations import HEAD, revision_in
from app.library.pairs import LIVE_PHOTO
from app.library.pathwise import nsfw_known_in, pictured_in
from app.library.presence import Presence, inside
from app.library.proposing.proposer import Proposer
from app.library.recording import append, as_events, record, row_in
from app.library.regions.detecting import write_detected
from app.library.regions.expecting import Expectations
from app.library.regions.listing import Detections, regions_by_id
from app.library.regions.versions import ModelVersions, noting
from app.library.saying.carried import Carrying
from app.library.saying.editing import Edit
from app.library.saying.edits import Edits
from app.library.saying.personal import LINKS_OF
from app.library.saying.threshold import set_threshold, threshold_in
from app.library.stock import Stock, facts_in, known_in
from app.library.tables import EVENTS, FAILURES, KEPT, MEDIA
from app.library.undoing import Removal
from app.library.values import (
    FORGOTTEN,
    Checkpoints,
    Event,
    KnownFile,
    NsfwKnown,
    NsfwSpread,
    Summary,
    now,
)
from app.library.whereabouts import Look, nobody_looks, write_knowing
from app.library.writes.writes import Writes
from app.media import NSFW_THRESHOLD, Analysis, Failure, Outcome, Place, Stage
from app.metadata import PromptVerdict
from app.models import ModelVersion
from app.query.tree import EVERYTHING, Node
from app.revisions import RowFacts
from app.texts import clean_json

_PLACE = select(MEDIA.c.root, MEDIA.c.path).where(MEDIA.c.id == bindparam("b_id"))


class Library:
    """What is known, on any engine that `DATABASE_URL` names.

    `columns_file` is where the columns that searches go by are kept from one start to the next; codes lie beside it.
    `nsfw_threshold` is that of a library for which nobody has set one.
    """

    def __init__(self, url: str, columns_file: Path | None = None, *, nsfw_threshold: float = NSFW_THRESHOLD) -> None:
        self._engines = Engines(url)
        self._first_threshold = nsfw_threshold
        self.leases = Leases(self._engines)
        self.presence = Presence(self._engines)
        self.history = History(self._engines)
        self.failures = Failures(self._engines)
        self.removal = Removal(self._engines)
        self.carrying = Carrying(self._engines)
        self.edits = Edits(self._engines)
        self.writes = Writes(self._engines)
        self.detections = Detections(self._engines)
        self.models = ModelVersions(self._engines)
        self.runs = Runs(self._engines)
        self.described = Described(self._engines)
        self.run_totals = RunTotals(self._engines)
        self.reviews = Reviews(self._engines)
        self.indexing = Indexing(self._engines)
        self.finder = Finder(self._engines, self.indexing, columns_file)
        self.expectations = Expectations(self._engines, self.finder)
        self.codes = CodeFile(self._engines, columns_file.parent if columns_file else None)
        self.proposer = Proposer(self._engines, self.finder, self.codes)

    def close(self) -> None:
        """Gives up the leases, and closes every connection."""
        self.leases.leave()
        self.finder.current.close()
        self.codes.close()
        self._engines.close()

    def check(self) -> None:
        """Raises NeedsAttention if the database cannot be reached, or is not at this program's revision."""
        revision = self._engines.read(revision_in)
        if revision != HEAD:
            sentence = f"The database is at revision {revision or 'none'}, this program needs {HEAD}."
            raise NeedsAttention(sentence, cause="database_not_migrated")

    # -- writing -------------------------------------------------------------------------------------------------

    def commit_single_file_to_database(
        self,
        session_id: str,
        result: Analysis | Failure,
        *,
        asked: Collection[Stage] = tuple(Stage),
        nsfw_threshold: float,
        look: Look = nobody_looks,
        checkpoints: Checkpoints | None = None,
        models: Collection[ModelVersion] = (),
    ) -> Event:
        """Records what became of one file in one transaction and returns its event.

        `asked` are the stages that the session asks for; `checkpoints` gives what else the log says with an event;
        `models` are those that looked at the file.

        If `look` says that the file of another row with the same bytes is gone, its row follows the file to where it
        is now; it is asked while no transaction is open. A file that this session has answered for already keeps its
        first answer, and that event is returned.
        Raises NeedsAttention if the database cannot be reached or written.
        """
        path, due = result.file.place.in_event, self.models.due(models)
        try:
            work = partial(
                record,
                session_id=session_id,
                result=result,
                asked=asked,
                nsfw_threshold=nsfw_threshold,
                checkpoints=checkpoints,
            )
            event = write_knowing(self._engines, noting(work, due), look)
        except IntegrityError as error:
            answered = self._engines.read(lambda connection: _answer(connection, session_id, path))
            if answered is None:
                raise translated(error) from error
            return answered
        self.models.noted(due)
        return event

    def detected(self, result: Analysis, models: Collection[ModelVersion]) -> None:
        """Writes what these models found in a file that the library knows, in one transaction.

        Raises UnknownFile, NotDetected where the row is of other bytes, NeedsAttention.
        """
        due = self.models.due(models)
        self._engines.write(noting(partial(write_detected, result), due))
        self.models.noted(due)

    def edit(self, place: Place, edit: Edit) -> None:
        """Writes what a person says of one file. Raises UnknownFile, DatabaseBusy, NeedsAttention."""
        self.edits.edit(place, edit)

    def ids_found(self, query: Node) -> tuple[list[int], int]:
        """The ids of all files that a query finds, and of how many it is not known yet, as they wait for their words.

        Raises NeedsAttention.
        """
        self.finder.read_all()
        found = self.finder.found(query, Sort.ADDED, descending=False, threshold=self.nsfw_threshold())
        return sorted(found.ids.tolist()), 0 if found.unread is None else len(found.unread)

    def append(self, session_id: str, kind: str, detail: Mapping[str, Any], *, outcome: str | None = None) -> Event:
        """Appends an event that is about no single file."""
        values = {"session_id": session_id, "at": now(), "kind": kind, "outcome": outcome, "detail": clean_json(detail)}
        return self._engines.write(lambda connection: append(connection, values))

    def append_once(self, session_id: str, kind: str, details: Iterable[Mapping[str, Any]]) -> list[Event]:
        """Appends events of one kind unless the session has some already; nothing is returned then."""
        shared = {"session_id": session_id, "at": now(), "kind": kind}
        rows = [{**shared, "detail": clean_json(detail)} for detail in details]
        there = select(EVENTS.c.id).where(EVENTS.c.session_id == session_id, EVENTS.c.kind == kind).limit(1)

        return self._engines.write(lambda c: [] if c.execute(there).first() else [append(c, row) for row in rows])

    def forget_session(self, session_id: str, detail: Mapping[str, Any]) -> None:
        """Notes in the log that a person deleted a session: it is counted and rebuilt no more."""
        self.append(session_id, "session", detail, outcome=FORGOTTEN)

    # -- what freshness and badges ask ---------------------------------------------------------------------------

    def known(self, folder: Place) -> Mapping[bytes, KnownFile]:
        """What is known of the files of one folder, by path relative to the root; rows of other folders are not."""
        return self._engines.read(partial(known_in, folder=folder))

    def facts(self, folder: Place) -> Mapping[bytes, RowFacts]:
        """What the rows of the files of one folder tell of them, by path relative to the root."""
        return self._engines.read(partial(facts_in, folder=folder))

    def stamps(self, folder: Place, *, below: bool) -> Mapping[bytes, tuple[int, int]]:
        """Size in bytes and mtime in ns of every known file of a folder (and of all folders below it), by path."""
        statement = select(MEDIA.c.path, MEDIA.c.size, MEDIA.c.mtime_ns).where(
            inside(MEDIA, folder, below=below), MEDIA.c.missing_at.is_(None)
        )
        return self._engines.read(lambda c: {path: (size, mtime) for path, size, mtime in c.execute(statement)})

    def failed_paths(self, folder: Place, *, below: bool) -> Mapping[bytes, str]:
        """Fingerprints of the files of a folder (and below) that failed and are left out until they change, by path."""
        statement = select(FAILURES.c.path, FAILURES.c.fingerprint).where(
            inside(FAILURES, folder, below=below), HOLDS_BACK
        )
        return self._engines.read(lambda c: dict(c.execute(statement).all()))

    def damaged_paths(self, folder: Place, *, below: bool) -> Mapping[bytes, str]:
        """Fingerprints of the files of a folder (and below) that were taken in though they are damaged, by path."""
        statement = select(FAILURES.c.path, FAILURES.c.fingerprint).where(
            inside(FAILURES, folder, below=below), FAILURES.c.fatal.is_(False), FAILURES.c.cause.in_(DAMAGE_CAUSES)
        )
        return self._engines.read(lambda c: dict(c.execute(statement).all()))

    def outcomes(self, session_id: str) -> dict[str, int]:
        """How many files this session has answered for, by outcome."""
        of_the_session = (EVENTS.c.session_id == session_id) & (EVENTS.c.kind == "file_complete")
        statement = select(EVENTS.c.outcome, func.count()).where(of_the_session).group_by(EVENTS.c.outcome)
        return self._engines.read(lambda connection: dict(connection.execute(statement).all()))

    def failed(self, session_id: str) -> list[Event]:
        """The files that failed in this session, in the order of the answers, without their details."""
        columns = (EVENTS.c.id, EVENTS.c.session_id, EVENTS.c.at, EVENTS.c.kind, EVENTS.c.path, EVENTS.c.outcome)
        statement = (
            select(*columns, EVENTS.c.cause)
            .where(
                EVENTS.c.session_id == session_id,
                EVENTS.c.kind == "file_complete",
                EVENTS.c.outcome == Outcome.FAILED.value,
            )
            .order_by(EVENTS.c.id)
        )
        return self._engines.read(lambda connection: as_events(connection.execute(statement)))

    def answered(self, session_id: str) -> set[bytes]:
        """`ROOT/relative` of every file that this session has answered for."""
        statement = select(EVENTS.c.path).where(EVENTS.c.session_id == session_id, EVENTS.c.kind == "file_complete")
        return self._engines.read(lambda connection: set(connection.execute(statement).scalars()))

    # -- the log -------------------------------------------------------------------------------------------------

    def events(self, session_id: str, after: int = 0, limit: int = 1_000) -> list[Event]:
        """The session's events with an id greater than `after`, oldest first."""
        later = select(EVENTS).where(EVENTS.c.session_id == session_id, EVENTS.c.id > after)
        statement = later.order_by(EVENTS.c.id).limit(limit)
        return self._engines.read(lambda connection: as_events(connection.execute(statement)))

    def last_event_id(self, session_id: str) -> int:
        """The id of the session's newest event, 0 without one."""
        newest = select(func.max(EVENTS.c.id)).where(EVENTS.c.session_id == session_id)
        return self._engines.read(lambda connection: connection.execute(newest).scalar_one_or_none() or 0)

    def all_events(self, session_id: str, after: int = 0) -> Iterator[Event]:
        """Every event of the session with an id greater than `after`, oldest first, read in pages."""
        while page := self.events(session_id, after):
            yield from page
            after = page[-1].id

    def answers(
        self,
        session_id: str,
        *,
        outcomes: Collection[str] = (),
        cause: str | None = None,
        incomplete: bool = False,
        returned: bool = False,
        prompt_verdict: PromptVerdict | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[Event]:
        """A page of the session's `file_complete` events, oldest first, narrowed by outcomes, cause and verdict.

        `incomplete` narrows to files that were taken in although a stage failed, `returned` to those that were missing.
        """
        statement = select(EVENTS).where(
            EVENTS.c.session_id == session_id, EVENTS.c.kind == "file_complete", EVENTS.c.id > after
        )
        if outcomes:
            statement = statement.where(EVENTS.c.outcome.in_(outcomes))
        if cause:
            statement = statement.where(EVENTS.c.cause == cause)
        for counter in [f"prompts_{prompt_verdict}"] * bool(prompt_verdict) + ["returned"] * returned:
            statement = statement.where(EVENTS.c.detail["stats", counter].as_integer() == 1)
        if incomplete:
            not_taken_in = (Outcome.FAILED.value, Outcome.VANISHED.value)
            statement = statement.where(EVENTS.c.cause != AMBIGUOUS_MOVE, EVENTS.c.outcome.not_in(not_taken_in))
        statement = statement.order_by(EVENTS.c.id).limit(limit)
        return self._engines.read(lambda connection: as_events(connection.execute(statement)))

    def session_rows(self) -> dict[str, Event]:
        """The latest `session` event of every session that the log knows, by session id; of a forgotten one, too."""
        latest = select(func.max(EVENTS.c.id)).where(EVENTS.c.kind == "session").group_by(EVENTS.c.session_id)
        statement = select(EVENTS).where(EVENTS.c.id.in_(latest))
        events = self._engines.read(lambda connection: as_events(connection.execute(statement)))
        return {event.session_id: event for event in events}

    # -- what people look at -------------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """Totals of the library."""
        sums = self.finder.sums(EVERYTHING, self.nsfw_threshold())
        return {
            "images": sums["images"],
            "videos": sums["videos"],
            "files": sums["files"],
            "bytes": sums["bytes"],
            "missing": sums["missing"],
            "prompts": sums["prompts"],
            "sessions": self.sessions_known(),
            "updated_at": sums["updated_at"],
        }

    def sessions_known(self) -> int:
        """How many sessions there were that nobody has forgotten."""
        known = select(EVENTS.c.session_id).where(EVENTS.c.kind == "session")
        sessions = select(func.count()).select_from(
            known.except_(known.where(EVENTS.c.outcome == FORGOTTEN)).subquery()
        )
        return int(self._engines.read(lambda connection: connection.execute(sessions).scalar_one()))

    def holds_files(self) -> bool:
        """Whether it has any file that is not gone from disk."""
        one = select(MEDIA.c.root).where(MEDIA.c.missing_at.is_(None)).limit(1)
        return self._engines.read(lambda c: c.execute(one).first() is not None)

    def holds_anything(self) -> bool:
        """Whether it has any row of a file, one that is gone, too, or what a person said of bytes that no row has."""
        either = select(exists(select(MEDIA.c.id)) | exists(select(KEPT.c.sha256)))
        return self._engines.read(lambda connection: bool(connection.execute(either).scalar_one()))

    def nsfw_threshold(self) -> float:
        """From which probability a file counts as NSFW: what a person or a new session gave last."""
        given = self._engines.read(threshold_in)
        return self._first_threshold if given is None else given

    def set_nsfw_threshold(self, threshold: float) -> None:
        """Sets from which probability, 0 to 1, files count as NSFW; labels follow at once, and nothing runs for it.

        Raises DatabaseBusy, NeedsAttention.
        """
        self._engines.write(partial(set_threshold, threshold))

    def nsfw_spread(self) -> NsfwSpread:
        """How the probabilities of the library spread, whatever model gave them."""
        return self.finder.nsfw_spread(self.nsfw_threshold())

    def nsfw_known(self, paths: Iterable[bytes]) -> dict[bytes, NsfwKnown]:
        """What is known of those of these files that have a row, all by their `ROOT/relative`."""
        return self._engines.read(partial(nsfw_known_in, paths=paths))

    def pictured(self, paths: Iterable[bytes]) -> set[bytes]:
        """Those of these files, by their `ROOT/relative`, of which a thumbnail was made."""
        return self._engines.read(partial(pictured_in, paths=paths))

    def file(self, place: Place) -> dict[str, Any] | None:
        """The row of one file with `keywords`, `regions` and the `pair` that it is half of, None without a row."""

        def work(connection: Connection) -> dict[str, Any] | None:
            row = row_in(connection, place)
            if row is None:
                return None
            keywords = sorted(connection.execute(LINKS_OF, {"b_id": row["id"]}).all(), key=lambda word: word[:2])
            row["keywords"] = [{"text": text, "source": source, "weight": weight} for text, source, weight in keywords]
            other = connection.execute(_PLACE, {"b_id": row["pair_id"]}).one_or_none() if row["pair_id"] else None
            row["pair"] = {"path": Place(*other).shown, "kind": LIVE_PHOTO} if other else None
            row["regions"] = regions_by_id(connection, [row["id"]]).get(row["id"], [])
            return row

        return self._engines.read(work)

    def known_file(self, place: Place) -> dict[str, Any]:
        """The row of one file as `file` gives it. Raises UnknownFile."""
        if row := self.file(place):
            return row
        raise UnknownFile(f"The library has no file {place.shown}.")

    @property
    def stock(self) -> Stock:
        """The rows as they are held against the disk."""
        return Stock(self._engines.peek)


def _answer(connection: Connection, session_id: str, path: bytes) -> Event | None:
    statement = select(EVENTS).where(
        EVENTS.c.session_id == session_id, EVENTS.c.path == path, EVENTS.c.kind == "file_complete"
    )
    return next(iter(as_events(connection.execute(statement))), None)
