"""Leases: the right of one server to write for one session, renewed with each of its writes and by a beat beside them.

Every transaction that writes for a session renews its lease first, under the number (`fence`) by which it was taken:
where another server has taken it since, nothing is committed. The database's clock alone says when a lease runs out.
On SQLite a lock beside the file lets one server work (`app/beside_database.py`), and nothing here asks anything.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Float, bindparam, cast, delete, extract, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.errors import LeaseLost, NeedsAttention
from app.library.engine import Engines
from app.library.leasing.tables import LEASES, SERVERS
from app.library.prepared import Prepared

LEASE_SECONDS = 10.0
BEATS, LOOKS = 5, 10  # in the time of a lease
FORGOTTEN_AFTER_SECONDS = 7 * 86_400.0  # a server that was killed and never came again
_LOST = "Another server has this session: look at it again."
_CLOCK = cast(extract("epoch", func.clock_timestamp()), Float)
_IS_OURS = (LEASES.c.session_id == bindparam("b_session"), LEASES.c.server_id == bindparam("b_server"))
_RENEW = Prepared(
    update(LEASES)
    .where(*_IS_OURS, LEASES.c.fence == bindparam("b_fence"))
    .values(until=_CLOCK + cast(bindparam("b_seconds"), Float))
    .returning(LEASES.c.fence)
)


class Neighbour(NamedTuple):
    """Another server of the database; `silent_seconds` is how long ago it last gave a sign of life."""

    address: str
    host: str
    pid: int
    silent_seconds: float

    @property
    def sentence(self) -> str:
        """Who it is, and whether it is there, for people; without the full stop."""
        name = f"{self.address} on {self.host} (process {self.pid})"
        return name if self.is_there else f"{name}, not heard of for {self.silent_seconds:,.0f} s"

    @property
    def is_there(self) -> bool:
        """Whether it gave a sign of life in the time of a lease."""
        return self.silent_seconds <= LEASE_SECONDS


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may write for a session, or could last: `ours`, whether it still holds, and the holder's address if known."""

    ours: bool
    holds: bool
    address: str | None


class Leases:
    """The leases of one server; as `library.leases`. Until a server enters, or on SQLite, every session is its own.

    All methods may be called from any thread, and raise NeedsAttention where the database cannot be reached.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._server: str | None = None
        self._seconds = LEASE_SECONDS
        self._fences: dict[str, int] = {}
        self._lost: set[str] = set()
        self._asked: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()
        self._writing = threading.local()
        self._leaving = threading.Event()
        self._beating = threading.Thread(target=self._beat_on, name="leases", daemon=True)

    # -- a server comes and goes ---------------------------------------------------------------------------------

    def enter(self, server: str, address: str) -> None:
        """Tells the others that this server is there, and keeps telling them; does nothing on SQLite.

        `server` is its id, `address` what people are told of it.
        """
        if self._engines.is_sqlite:
            return
        self._seconds = float(os.environ.get("MEDIA_INGEST_LEASE_SECONDS", LEASE_SECONDS))  # tests alone set it
        self._server = server
        told = {"address": address, "host": socket.gethostname(), "pid": os.getpid()}
        times = {"started_at": _CLOCK, "seen_at": _CLOCK}
        statement = insert(SERVERS).values(id=server, **told, **times)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={**told, **times})
        long_gone = delete(SERVERS).where(SERVERS.c.seen_at < _CLOCK - FORGOTTEN_AFTER_SECONDS)
        self._engines.write_aside(lambda c: (c.execute(long_gone), c.execute(statement)))
        self._engines.before_write = self._renew
        self._beating.start()

    @property
    def entered(self) -> bool:
        """Whether there may be other servers."""
        return self._server is not None

    @property
    def beat_seconds(self) -> float:
        """How often leases are renewed."""
        return self._seconds / BEATS

    @property
    def look_seconds(self) -> float:
        """How often one looks at what others do, and whether their leases have run out."""
        return self._seconds / LOOKS

    def leave(self) -> None:
        """Gives up all leases, and takes this server off the list."""
        if self._server is None:
            return
        self._leaving.set()
        self._beating.join(self.beat_seconds)  # it may hang at a database that cannot be reached
        given_up = update(LEASES).where(LEASES.c.server_id == self._server).values(until=0.0)
        gone = delete(SERVERS).where(SERVERS.c.id == self._server)
        with contextlib.suppress(NeedsAttention):  # they run out by themselves
            self._engines.write_aside(lambda c: (c.execute(given_up), c.execute(gone)))
        with self._lock:
            self._fences.clear()

    # -- the lease of a session ----------------------------------------------------------------------------------

    def take(self, session_id: str) -> bool:
        """Whether the session is ours from now on: nobody had it, the lease had run out, or it was ours already.

        What a person asked of it stays asked.
        """
        if self._server is None:
            return True
        until = _CLOCK + self._seconds
        new = insert(LEASES).values(session_id=session_id, server_id=self._server, fence=1, until=until)
        statement = new.on_conflict_do_update(
            index_elements=["session_id"],
            set_={"server_id": self._server, "fence": LEASES.c.fence + 1, "until": until},
            where=or_(LEASES.c.server_id == self._server, LEASES.c.until <= _CLOCK),
        ).returning(LEASES.c.fence)
        with self._lock:  # a beat that is under way must not take the new number for a loss
            fence = self._engines.write_aside(lambda c: c.execute(statement).scalar_one_or_none())
            if fence is not None:
                self._fences[session_id] = fence
                self._lost.discard(session_id)
        return fence is not None

    def holds(self, session_id: str) -> bool:
        """Whether the session is ours, as far as we know: the next write for it tells."""
        return self._server is None or session_id in self._fences

    def held(self) -> list[str]:
        """The sessions that are ours, as far as we know."""
        with self._lock:
            return list(self._fences)

    @contextmanager
    def writing(self, session_id: str) -> Iterator[None]:
        """A block all of whose writes, on this thread, are for a session.

        Each of them raises LeaseLost, with nothing changed, where the session is another server's.
        """
        before = getattr(self._writing, "session_id", None)
        self._writing.session_id = session_id
        try:
            yield
        finally:
            self._writing.session_id = before

    @contextmanager
    def begun(self, session_id: str) -> Iterator[None]:
        """A block that writes the first of a new session; if it fails, there is no lease of it."""
        self.take(session_id)
        try:
            with self.writing(session_id):
                yield
        except BaseException:
            self.end(session_id)
            raise

    def _renew(self, connection: Connection) -> None:
        """Renews the lease of the session that this thread writes for, as part of its transaction. Raises LeaseLost."""
        session_id = getattr(self._writing, "session_id", None)
        if session_id is None:
            return
        values = {"b_session": session_id, "b_server": self._server, "b_seconds": self._seconds}
        fence = self._fences.get(session_id)
        if fence is None or _RENEW.first(connection, {**values, "b_fence": fence}) is None:
            with self._lock:
                self._fences.pop(session_id, None)
            raise LeaseLost(_LOST)

    def release(self, session_id: str) -> None:
        """Lets any server take a session that stands still."""
        self._give_up(session_id, update(LEASES).where(*_IS_OURS).values(until=0.0))

    def end(self, session_id: str) -> None:
        """Forgets the lease of a session that has ended: nobody takes it any more."""
        self._give_up(session_id, delete(LEASES).where(*_IS_OURS))

    def _give_up(self, session_id: str, statement: Any) -> None:
        if self._server is None:
            return
        with self._lock:
            self._fences.pop(session_id, None)
        values = {"b_session": session_id, "b_server": self._server}
        with contextlib.suppress(NeedsAttention):  # it runs out by itself
            self._engines.write_aside(lambda c: c.execute(statement, values))

    # -- what others have ----------------------------------------------------------------------------------------

    def standing(self) -> dict[str, Lease]:
        """The lease of each session that has one, by the session's id; none where all sessions are ours."""
        if self._server is None:
            return {}
        columns = LEASES.c.session_id, LEASES.c.server_id == self._server, LEASES.c.until > _CLOCK, SERVERS.c.address
        statement = select(*columns).join(SERVERS, SERVERS.c.id == LEASES.c.server_id, isouter=True)
        return self._engines.read(lambda c: {row[0]: Lease(*row[1:]) for row in c.execute(statement)})

    def others(self) -> list[Neighbour]:
        """The other servers of the database, the one first that was heard of last; none on SQLite."""
        if self._engines.is_sqlite:
            return []
        silent = (_CLOCK - SERVERS.c.seen_at).label("silent")
        statement = select(SERVERS.c.address, SERVERS.c.host, SERVERS.c.pid, silent).order_by(silent)
        statement = statement.where(SERVERS.c.id != (self._server or ""))
        return self._engines.read(lambda c: [Neighbour(*row) for row in c.execute(statement)])

    def ask(self, session_id: str, wish: Mapping[str, Any]) -> bool:
        """Whether another server has the session now; what a person wants of it is left there for it to read."""
        statement = (
            update(LEASES)
            .where(LEASES.c.session_id == session_id, LEASES.c.server_id != self._server, LEASES.c.until > _CLOCK)
            .values(asked=wish)
        )
        return bool(self._engines.write_aside(lambda c: c.execute(statement).rowcount))

    def asked(self) -> dict[str, Mapping[str, Any]]:
        """What others were asked to have done to our sessions since the last call, by session."""
        with self._lock:
            asked, self._asked = self._asked, {}
        return asked

    def lost(self) -> list[str]:
        """The sessions that were ours until another server took them, as the beat found since the last call."""
        with self._lock:
            lost, self._lost = sorted(self._lost), set()
        return lost

    # -- the beat ------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> bool:
        """Waits so long, and says whether this server is not leaving."""
        return not self._leaving.wait(seconds)

    def _beat_on(self) -> None:
        while self.wait(self.beat_seconds):
            with contextlib.suppress(NeedsAttention):  # at the next beat again; the leases may run out meanwhile
                self.beat()

    def beat(self) -> None:
        """Renews all leases of this server, and hears which it has lost and what was asked of them."""
        with self._lock:
            before = dict(self._fences)
        alive = update(SERVERS).where(SERVERS.c.id == self._server).values(seen_at=_CLOCK)
        renew = (
            update(LEASES)
            .where(LEASES.c.server_id == self._server, LEASES.c.session_id.in_(before), LEASES.c.until > literal(0.0))
            .values(until=_CLOCK + self._seconds)
            .returning(LEASES.c.session_id, LEASES.c.fence, LEASES.c.asked)
        )
        rows = self._engines.write_aside(lambda c: (c.execute(alive), c.execute(renew).all())[1])
        ours = {session_id: fence for session_id, fence, _ in rows}
        asked = self._engines.write_aside(self._read_wishes) if any(wish for _, _, wish in rows) else {}
        with self._lock:
            for session_id, fence in before.items():
                if self._fences.get(session_id) == fence and ours.get(session_id) != fence:
                    del self._fences[session_id]
                    self._lost.add(session_id)
            self._asked |= asked

    def _read_wishes(self, connection: Connection) -> dict[str, Mapping[str, Any]]:
        """What is asked of our sessions, which is asked no more from then on: a newer wish must not go with it."""
        mine = LEASES.c.server_id == self._server
        read = select(LEASES.c.session_id, LEASES.c.asked).where(mine, LEASES.c.asked.is_not(None))
        wishes = read.with_for_update().cte("wishes")
        forget = update(LEASES).where(LEASES.c.session_id == wishes.c.session_id).values(asked=None)
        rows = connection.execute(forget.returning(wishes.c.session_id, wishes.c.asked))
        return dict(rows.all())
