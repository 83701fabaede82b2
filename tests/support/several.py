"""Several servers on one PostgreSQL database: what the log and the leases say of a session, and how it must end."""

from sqlalchemy import func, select

from app.library.leasing.tables import LEASES
from app.library.tables import EVENTS
from tests.support.leftovers import rows
from tests.support.server import Server
from tests.support.sums import assert_sums_close


def answered(url: str, session_id: str) -> int:
    """The files that a session has answered for, by its log."""
    of_the_session = (EVENTS.c.session_id == session_id, EVENTS.c.kind == "file_complete")
    return int(rows(url, select(func.count().label("n")).where(*of_the_session))[0]["n"])


def assert_ends_well(url: str, session_id: str, *servers: Server, files: int, interruptions: int | None = None) -> None:
    """Waits for the end of a session, which each of these servers tells alike: every file once, sums that close."""
    for server in servers:
        ended = server.wait_for(session_id, "completed", "attention", seconds=300)
        assert (ended["status"], ended["attention"]) == ("completed", None), server.log.read_text()
        assert interruptions in (None, ended["interruptions"])
        assert ended["total_files"] == files
        assert_sums_close(ended)
    assert answered(url, session_id) == files
    assert rows(url, select(LEASES).where(LEASES.c.session_id == session_id)) == []
