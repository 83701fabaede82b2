"""Sessions and the one thread that works on them: start, pause, resume, retry, cancel, recover.

Owns which session runs when. Callers on any thread get values back; listeners are told what was committed.
"""

import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any

from app.errors import IllegalMove, LeaseLost, MediaIngestError, NeedsAttention
from app.ingest.plan.survey import Survey
from app.ingest.run.again import to_retry, with_budget
from app.ingest.run.backoff import Backoff
from app.ingest.run.control import Control, Stop
from app.ingest.run.describing import at_first, settle
from app.ingest.run.following import ROOT_DIFFERS, Following
from app.ingest.run.ingestor import Ingestor
from app.ingest.run.parts import ALL_SESSIONS, CHOSEN
from app.ingest.run.probe import probe
from app.ingest.run.rest import Rest
from app.ingest.run.sessions import Sessions
from app.ingest.session.parameters import Parameters
from app.ingest.session.state import SessionState, Status, attention_for
from app.ingest.session.store import new_session_id
from app.library.values import FOLLOWS, now

_log = logging.getLogger("media_ingest")
CLOSE_SECONDS = 5.0


class Runner(Sessions):
    """The sessions of one server or command. Every method may be called from any thread."""

    def __init__(self, ingestor: Ingestor) -> None:
        super().__init__()
        self._ingestor = ingestor
        self._leases = ingestor.library.leases
        self._following = Following(ingestor, self)
        self._controls: dict[str, Control] = {}
        self._backoff = Backoff()
        self._rest = Rest(self._changed)
        self._auto_resume = False
        self._closing = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="runner", daemon=True)
        self._looking = threading.Thread(target=self._look, name="following", daemon=True)

    # -- life ----------------------------------------------------------------------------------------------------

    def recover(self, *, auto_resume: bool) -> None:
        """Reads every session, counts those that had not ended again from the log, and starts the thread.

        Sessions that were queued or at work when the last server went become `interrupted`, and go on if `auto_resume`.
        Those of other servers are followed, and with `auto_resume` taken up once their server is gone.
        """
        self._auto_resume = auto_resume
        for session in sorted(self._following.begin(), key=lambda s: s.queued_at or s.created_at):
            self._take_up(session, auto_resume=auto_resume)
        self._thread.start()
        if self._leases.entered:
            self._looking.start()

    def _take_up(self, session: SessionState, *, auto_resume: bool) -> None:
        """Notes that the last server went, and lets the session go on if it is to; trouble is the session's own."""
        try:
            if session.status.under_way:
                session = self._move(session, Status.INTERRUPTED)
            if session.status is Status.INTERRUPTED and auto_resume:
                session = self._move(session, Status.QUEUED)
        except LeaseLost:
            self._let_go(session.session_id)
            return
        except NeedsAttention as trouble:
            session = self._in_memory_attention(session.session_id, trouble)
        if session.status is Status.INTERRUPTED:
            self._leases.release(session.session_id)
        if auto_resume:
            self._backoff.plan(session)

    def close(self) -> None:
        """Interrupts the session at work, in the middle of its file, and ends the thread and the workers."""
        with self._changed:
            self._closing = True
            for control in self._controls.values():
                control.ask(Stop.INTERRUPT)
            self._changed.notify_all()
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._looking.is_alive():
            self._looking.join(CLOSE_SECONDS)  # it may look at a disk that does not answer
        self._ingestor.executor.close()

    # -- what people ask for -------------------------------------------------------------------------------------

    def start(self, parameters: Parameters) -> SessionState:
        """A new session, queued; at most one second passes until it is known that a file matches.

        Where no NSFW threshold is given, it has that of the library; else the library has this one from now on.
        Raises AlreadyActive for the same request, NothingMatches, and what `Folders.resolve` raises.
        """
        given = "nsfw_threshold" in parameters.model_fields_set
        parameters = self.resolved(parameters)
        if not given:
            parameters = parameters.but(nsfw_threshold=self._ingestor.library.nsfw_threshold())
        self.refuse_twin(parameters)
        probe(self._ingestor, parameters)
        return self._begin(parameters, sets_threshold=given)

    def _begin(
        self, parameters: Parameters, chosen: frozenset[str] = frozenset(), *, sets_threshold: bool
    ) -> SessionState:
        """A new session in the queue. Raises AlreadyActive, and NeedsAttention where it cannot be written down."""
        self._ingestor.store.prepare()
        with self._changed:
            self.refuse_twin(parameters)
            at = now()
            session = SessionState(new_session_id(), parameters, created_at=at, queued_at=at, heartbeat_at=at)
            session = replace(session, describe=at_first(parameters))
            with self._leases.begun(session.session_id):
                if chosen:
                    self._ingestor.library.append(session.session_id, CHOSEN, {"paths": sorted(chosen)})
                follows = None if sets_threshold else FOLLOWS  # the library's may be another by now, which stays
                event = self._ingestor.library.append(session.session_id, "session", session.as_log(), outcome=follows)
            session = session.advance(event)
            try:
                self._ingestor.store.save(session, durable=True)
            except NeedsAttention:  # what was refused must not begin by itself after the next start
                self._ingestor.library.forget_session(session.session_id, session.as_log())
                self._leases.end(session.session_id)
                raise
            self._sessions[session.session_id] = session
            self._changed.notify_all()
        self._tell(session)
        return self.once_taken_up(session.session_id)

    def resolved(self, parameters: Parameters) -> Parameters:
        """The parameters with their directories checked, sorted and written in one way."""
        folders = self._ingestor.folders.resolve_all(parameters.directories, recursive=parameters.recursive)
        return parameters.but(directories=tuple(folder.shown for folder in folders))

    def pause(self, session_id: str) -> SessionState:
        """Stops after the file at work. Raises IllegalMove where nothing is being worked on."""
        return self._stop(session_id, Stop.PAUSE)

    def cancel(self, session_id: str) -> SessionState:
        """Ends the session; what is committed stays."""
        return self._stop(session_id, Stop.CANCEL)

    def resume(
        self, session_id: str, *, confirm: bool = False, budget_usd: float | None = None
    ) -> tuple[SessionState, bool]:
        """The session, and whether this call made it go on; safe at any time, never a second worker.

        `confirm` says that a person has seen what attention asks to confirm, `budget_usd` what it may cost from now on.
        Raises what `with_budget` raises, and IllegalMove `root_differs` where another server began it, and its files
        are not here.
        """
        wish = {"to": Status.QUEUED, "confirm": confirm, "budget_usd": budget_usd}
        if self.session(session_id).status.resumable and self._is_left_to_its_server(session_id, wish):
            return self.wait(session_id, lambda s: not s.status.resumable, 0.25), True
        with self._changed:
            session = self.session(session_id)
            if not session.status.resumable:
                return session, False
            if budget_usd is not None:
                session = with_budget(session, budget_usd)
                self.refuse_twin(session.parameters)
            self._ingestor.store.prepare()
            self._backoff.drop(session_id)
            asked = session.attention is not None and session.attention.get("needs_confirm", False)
            session = self._move(replace(session, confirmed=confirm and asked), Status.QUEUED)
            self._changed.notify_all()
        return self.once_taken_up(session_id), True

    def retry(self, session_id: str, *, cause: str | None = None, paths: Iterable[str] = ()) -> SessionState:
        """A new session over the files that failed in this one (`all`: in any): all, those of one cause, or some.

        Raises IllegalMove while the session is under way, NothingMatches where no such file failed, AlreadyActive.
        """
        session, chosen = None if session_id == ALL_SESSIONS else self.session(session_id), frozenset(paths)
        return self._begin(to_retry(self._ingestor, session, cause, chosen), chosen, sets_threshold=False)

    def dismiss(self, session_id: str) -> SessionState:
        """Marks an ended session as seen: a page that loads afresh does not show it again."""
        with self._changed:
            session = self.session(session_id)
            if not session.status.ended:
                raise IllegalMove(f"The session is {session.status.value}: only one that has ended can be dismissed.")
            session = replace(session, dismissed=True)
            self._sessions[session_id] = session
            self._ingestor.store.save(session)
        return session

    def forget(self, session_id: str) -> None:
        """Removes an ended session's files and leaves it out of the history; its media and its log stay."""
        with self._changed:
            session = self.session(session_id)
            if not session.status.ended:
                raise IllegalMove(f"The session is {session.status.value}: cancel it before you delete it.")
            settle(self._ingestor, session_id)
            self._ingestor.library.forget_session(session_id, session.as_log())
            self._ingestor.store.forget(session_id)
            del self._sessions[session_id]

    def at_rest(self) -> AbstractContextManager[None]:
        """A time in which no session begins: for changes that one at work would not see. Raises IllegalMove.

        It may be long, so nobody who looks on waits for its end; what is started or resumed meanwhile is queued.
        """
        return self._rest.beside(
            lambda: {s.session_id for s in self.sessions() if s.status.working} | {*self._controls}
        )

    # -- what people look at -------------------------------------------------------------------------------------

    def survey(self, session_id: str) -> Survey:
        """The walk of a session as it would be planned again now, its own answers set apart."""
        session = self.session(session_id)
        return self._ingestor.survey(session, frozenset(self._ingestor.library.answered(session_id)))

    # -- inside --------------------------------------------------------------------------------------------------

    def _is_left_to_its_server(self, session_id: str, wish: Mapping[str, Any]) -> bool:
        """Whether another server has a session, and is asked; one that nobody has is ours from now on.

        Raises IllegalMove where it cannot go on here, LeaseLost.
        """
        if self._leases.holds(session_id):
            return False
        if self._leases.ask(session_id, wish):
            return True
        goes_on = wish["to"] is Status.QUEUED and not wish["confirm"]
        if goes_on and (sentence := self._following.why_not_here(session_id)):
            raise IllegalMove(sentence, cause=ROOT_DIFFERS)
        self._following.take(session_id)
        return False

    def _stop(self, session_id: str, stop: Stop) -> SessionState:
        session = self.session(session_id)
        may = session.status.working or (stop is Stop.CANCEL and not session.status.ended)
        if may and self._is_left_to_its_server(session_id, {"to": Status(stop.value)}):
            return self.wait(session_id, lambda s: not s.status.working, 0.25)
        with self._changed:
            session = self.session(session_id)
            if session.status.ended or (stop is Stop.PAUSE and not session.status.working):
                raise IllegalMove(f"The session is {session.status.value}: it cannot become {stop.value}.")
            control = self._controls.get(session_id)
            if control is None:
                session = self._move(session, Status(stop.value))
                self._changed.notify_all()
                return session
            control.ask(stop)
        return self.wait(session_id, lambda s: not s.status.working, 0.25)

    def _move(self, session: SessionState, status: Status) -> SessionState:
        session = self._ingestor.move(session, status)
        self.publish(session)
        return session

    @property
    def alive(self) -> bool:
        """Whether the thread that does the work is there."""
        return self._thread.is_alive()

    def _work(self) -> None:
        while not self._closing:
            try:
                self._try_again_what_is_due()
                session = self._next()
                if session is not None:
                    self._work_on(session)
            except Exception as fault:  # noqa: BLE001 - without this thread nothing would go on, and nobody would know
                _log.error("the runner stumbled over a fault of our own", exc_info=fault)
                with self._changed:
                    self._changed.wait(1.0)

    def _work_on(self, session: SessionState) -> None:
        control = self._controls[session.session_id]
        try:
            session = self._run(session)
        finally:
            with self._changed:
                del self._controls[session.session_id]
                session = self._cancelled_late(session, control)
                self._changed.notify_all()
        if control.stop in (None, Stop.INTERRUPT):  # else a person wanted it to stand still
            self._backoff.plan(session)

    def _cancelled_late(self, session: SessionState, control: Control) -> SessionState:
        """The session after its run; a cancel that came while its last status was being written still counts."""
        session = self._sessions.get(session.session_id, session)
        if control.stop is Stop.CANCEL and not session.status.ended and self._leases.holds(session.session_id):
            try:
                session = self._move(session, Status.CANCELLED)
            except NeedsAttention:
                session = session.to(Status.CANCELLED, now())
                self._ingestor.leave(session)
                self.publish(session)
        return session

    def _run(self, session: SessionState) -> SessionState:
        """Takes a session as far as it goes; whatever happens is said in its status, and the thread lives on."""
        session_id = session.session_id
        try:
            return self._ingestor.process_files_sequential(session, self._controls[session_id], self.publish)
        except LeaseLost:
            if (stop := self._controls[session_id].stop) in (Stop.PAUSE, Stop.CANCEL):
                with suppress(NeedsAttention):
                    self._leases.ask(session_id, {"to": Status(str(stop))})
            return self._let_go(session_id)
        except MediaIngestError as trouble:  # not even the attention could be written
            return self._in_memory_attention(session_id, trouble)
        except Exception as fault:  # noqa: BLE001 - a fault of ours must be seen, not end the thread without a word
            _log.error("session %s was stopped by a fault of our own", session_id, exc_info=fault)
            sentence = f"Media Ingest failed on this session: {type(fault).__name__}: {fault}. Please report it."
            return self._in_memory_attention(session_id, MediaIngestError(sentence))

    def _next(self) -> SessionState | None:
        """Waits for a queued session, oldest first, with its control made; None when a try is due or all ends."""
        with self._changed:
            while not self._closing:
                queued = [s for s in self._sessions.values() if s.status is Status.QUEUED]
                queued = [session for session in queued if self._leases.holds(session.session_id)]
                if queued and not self._rest.taken:
                    session = min(queued, key=lambda s: (s.queued_at or "", s.created_at))
                    self._controls[session.session_id] = Control()
                    return session
                seconds = self._backoff.seconds_to_next()
                if seconds == 0.0:
                    return None
                self._changed.wait(seconds)
        return None

    def _try_again_what_is_due(self) -> None:
        """Sessions whose trouble is over go on; the others wait again, without a word in the log."""
        for session_id in self._backoff.due():
            session = self._sessions.get(session_id)
            if session is None or session.status is not Status.ATTENTION:
                self._backoff.drop(session_id)
                continue
            try:
                self._ingestor.check(session)  # may take long: never while others wait for the lock
                self._resume_if_still_waiting(session_id)
            except LeaseLost:
                self._let_go(session_id)
            except MediaIngestError as trouble:
                if attention_for(trouble) != session.attention:
                    self.publish(replace(session, attention=attention_for(trouble)))
                self._backoff.plan(session)

    def _resume_if_still_waiting(self, session_id: str) -> None:
        with self._changed:
            session = self._sessions.get(session_id)
            if session is not None and session.status is Status.ATTENTION:
                self._move(session, Status.QUEUED)

    # -- other servers -------------------------------------------------------------------------------------------

    def _let_go(self, session_id: str) -> SessionState:
        """Follows a session that another server has taken."""
        self._backoff.drop(session_id)
        self._following.let_go(session_id)
        return self.session(session_id)

    def _look(self) -> None:
        """Does what was asked for elsewhere, hears of the others, and takes up what nobody works on any more."""
        while not self._closed.is_set():
            try:
                for session_id, wish in self._leases.asked().items():
                    self._do(session_id, wish)
                self._following.look()
                if self._auto_resume and not self._controls and (session := self._following.take_over()):
                    _log.warning("session %s goes on here: its server is gone", session.session_id)
                    self._take_up(session, auto_resume=True)
            except NeedsAttention:
                pass  # the database cannot be reached; what works on a session says so
            except Exception as fault:  # noqa: BLE001 - without this thread nobody would hear of the others
                _log.error("following other servers stumbled over a fault of our own", exc_info=fault)
            self._closed.wait(self._leases.look_seconds)

    def _do(self, session_id: str, wish: Mapping[str, Any]) -> None:
        """Does what a person asked another server to have done to a session of ours."""
        try:
            if wish["to"] == Status.QUEUED:
                self.resume(session_id, confirm=wish["confirm"], budget_usd=wish["budget_usd"])
            else:
                self._stop(session_id, Stop(wish["to"]))
        except MediaIngestError as refused:
            _log.warning("session %s: what was asked for elsewhere is refused: %s", session_id, refused.sentence)

    def _in_memory_attention(self, session_id: str, trouble: MediaIngestError) -> SessionState:
        session = self._sessions[session_id]
        attention = attention_for(trouble)
        session = replace(session, status=Status.ATTENTION, attention=attention, current_file=None)
        self.publish(session)
        return session
