"""The pages beside that of taking in: sessions, one of them, failures, a file, settings. All are read without script.

A page's query string is its state. What it shows is what the API answers; a script adds only what changes something.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, TypeAlias
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator

from app.backup.standing import how_copies_stand
from app.errors import UnknownSession
from app.explain import Explanation, explain
from app.formats import FORMATS
from app.ingest.session.parameters import Parameters
from app.ingest.session.state import Status
from app.ingest.session.status import SessionStatus
from app.ingest.session.store import is_session_id
from app.library.values import FailureState
from app.media import Outcome
from app.web.account import failures_of_session
from app.web.answers import Route
from app.web.depends import InHouse, only_known
from app.web.failures import changed_among, failures_page, position_at, which_of
from app.web.ingest import history_page
from app.web.page import FIELDS_SHOWN, about_ingest
from app.web.places import ONLY_HERE, may_change_roots
from app.web.templating import asked, show, show_problem
from app.wiring import House

router = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)
SESSIONS_A_PAGE = 50
FILES_A_PAGE = 100
NOTIFICATIONS_SHOWN = 20
_STATUSES = {
    Status.QUEUED: "Waiting",
    Status.PLANNING: "Looking",
    Status.PROCESSING: "Processing",
    Status.PAUSED: "Paused",
    Status.INTERRUPTED: "Interrupted",
    Status.ATTENTION: "Needs attention",
    Status.COMPLETED: "Completed",
    Status.CANCELLED: "Cancelled",
}
_OR_NOTHING = BeforeValidator(lambda value: value or None)  # a form sends an empty text for what was not chosen
Given: TypeAlias = Annotated[str | None, _OR_NOTHING, Query()]
_DialogField: TypeAlias = Annotated[str | None, Query()]
_BY_DEFAULT = Parameters(directories=("-",)).as_json
_NEEDS_A_PERSON = (Status.PAUSED, Status.INTERRUPTED, Status.ATTENTION)


class Standing(NamedTuple):
    """How a session stands, for people: a word, its tone (`good`, `warn`, `bad`, `quiet`, `busy`), and a glyph."""

    word: str
    tone: str
    glyph: str


class Piece(NamedTuple):
    """A piece of an outcome bar: what became of how many files, and where it lies, in percent of all."""

    outcome: str
    files: int
    start: float
    width: float


def standing(status: SessionStatus) -> Standing:
    """How a session stands. One that is completed came to one of three ends, as in `ending.js`."""
    now, committed, failed = Status(status["status"]), status["committed_files"], status["outcomes"]["failed"]
    if now is Status.COMPLETED and committed:
        return Standing("Completed with failures", "warn", "!") if failed else Standing("Completed", "good", "✓")
    if now is Status.COMPLETED:
        everything = failed == status["processed_files"]
        tone, glyph = ("quiet", "=") if not failed else ("bad", "✕") if everything else ("warn", "!")
        return Standing("Nothing taken in", tone, glyph)
    if now is Status.CANCELLED:
        return Standing(_STATUSES[now], "quiet", "✕")
    return Standing(_STATUSES[now], "warn" if now in _NEEDS_A_PERSON else "busy", "…")


def outcome_bar(status: SessionStatus) -> list[Piece]:
    """The pieces of the bar of a session: what became of its files, and what is pending; none without a file."""
    counts = {**status["outcomes"], "pending": status["pending"] or 0}
    total, pieces, start = sum(counts.values()), list[Piece](), 0.0
    for name in (*Outcome, "pending"):
        if files := counts[str(name)]:
            width = 100 * files / total
            pieces.append(Piece(str(name), files, round(start, 3), round(width, 3)))
            start += width
    return pieces


@router.get("/sessions")
def show_sessions(
    request: Request,
    house: InHouse,
    status: Annotated[Status | None, _OR_NOTHING, Query()] = None,
    root: Given = None,
    cursor: Given = None,
) -> Response:
    """Shows the history of sessions."""
    page = history_page(house.records, status, root, cursor=cursor, limit=SESSIONS_A_PAGE)
    lines = [
        {"status": each, "standing": standing(each), "bar": outcome_bar(each), "may": _may(each)}
        for each in page["sessions"]
    ]
    narrowed = {"status": status.value if status else None, "root": root}
    values = {
        "lines": lines,
        "statuses": {each.value: word for each, word in _STATUSES.items()},
        "roots": sorted(house.folders.roots),
        **narrowed,
        "first": address("/sessions", narrowed) if cursor else None,
        "next": address("/sessions", {**narrowed, "cursor": page["next"]}) if page["next"] else None,
    }
    return show(request, "sessions.html", values)


def known_dialogs(
    file: _DialogField = None, browse: _DialogField = None, list_: Annotated[str | None, Query(alias="list")] = None
) -> None:
    """The dialogs that an address opens over the page of taking in: its script reads them."""


@router.get("/sessions/{session_id}", dependencies=[Depends(known_dialogs)])
def show_session(request: Request, house: InHouse, session_id: str) -> Response:
    """Shows one session: the page of taking in, opened on it; its sums and reports without a script, too."""
    if not is_session_id(session_id.lower()):
        raise UnknownSession("There is no such session.")
    records = house.records
    status = records.runner.session(session_id.lower()).as_status()
    failed = failures_of_session(records, status["session_id"])["causes"] if status["outcomes"]["failed"] else []
    values = {"session": status, "standing": standing(status), "bar": outcome_bar(status), "causes": failed}
    return show(request, "ingest_v2.html", {**about_ingest(house), **values})


@router.get("/failures")
def show_failures(
    request: Request,
    house: InHouse,
    state: Annotated[FailureState, Query()] = FailureState.OPEN,
    cause: Given = None,
    root: Given = None,
    cursor: Given = None,
) -> Response:
    """Shows the failures that stand, by cause; with a cause, its files, too."""
    which = which_of(cause, root, state)
    after = position_at(cursor) if cursor else None
    page = failures_page(house, house.records, which, after=after, limit=FILES_A_PAGE if cause else 1)
    narrowed = {"state": state.value, "root": root}
    shown = [which_of(each["cause"], root, state) for each in page["causes"] if cause in (None, each["cause"])]
    changed = {each.cause: changed_among(house, house.records, each, first=FILES_A_PAGE) for each in shown}
    values = {
        "page": page,
        "changed": {name for name, files in changed.items() if files},
        "states": page["states_of_all"],
        "state": state.value,
        "cause": cause,
        "root": root,
        "roots": sorted(house.folders.roots),
        "tabs": {each.value: address("/failures", {"state": each.value, "root": root}) for each in FailureState},
        "of_cause": {
            each["cause"]: address("/failures", {**narrowed, "cause": each["cause"]}) for each in page["causes"]
        },
        "all_causes": address("/failures", narrowed),
        "reports": {
            format_: address("/api/ingest/failures/report", {**narrowed, "cause": cause, "format": format_})
            for format_ in ("csv", "xlsx", "json", "jsonl")
        },
        "first": address("/failures", {**narrowed, "cause": cause}) if cursor else None,
        "next": address("/failures", {**narrowed, "cause": cause, "cursor": page["next"]})
        if cause and page["next"]
        else None,
    }
    return show(request, "failures.html", values)


@router.get("/settings")
def show_settings(request: Request, house: InHouse) -> Response:
    """Shows what a person keeps on the server: media roots, presets, the NSFW threshold, and who is told."""
    presets = [{**preset, "asked": asked({**_BY_DEFAULT, **preset["parameters"]})} for preset in house.presets.all()]
    may_change = may_change_roots(request, house)
    values = {"roots": house.roots.all(), "may_change": may_change, "only_here": ONLY_HERE, "presets": presets}
    records = house.records_or_none
    inbox, daily = house.inbox.place, records.copies if records else None
    values |= {
        "threshold": records.library.nsfw_threshold() if records else None,
        "copies": how_copies_stand(house.settings, datetime.now(UTC)),
        "not_copied": daily.trouble if daily else None,
    }
    notifications = records.library.notifications.page(limit=NOTIFICATIONS_SHOWN)[0] if records else []
    values |= {"notifications": notifications, "targets": records.notifier.targets if records else []}
    values |= house.models_here() | {"models": records.library.models.all() if records else []}
    return show(request, "settings.html", {**values, "inbox": inbox.shown if inbox else ""})


def known_list(q: str = "", sort: str = "", order: str = "") -> None:
    """The search that a file was chosen from, and its order: the script of the page leads on through it."""


@router.get("/file", dependencies=[Depends(known_list)])
def show_file(request: Request, house: InHouse, path: Given = None) -> Response:
    """Shows one file: its picture, what became of it, what the library knows; its main facts without a script, too."""
    if path is None:
        return show(request, "file.html", {})
    records = house.records
    account = explain(house.folders, records.library, records.runner.sessions(), path)
    if not (account["row"] or account["events"] or account["failures"] or account["matches"] or _is_file(account)):
        return show_problem(request, 404, account["sentence"])
    values = {"account": account, "name": account["path"].rpartition("/")[2], "fields": FIELDS_SHOWN}
    values |= {"in_browser": [format_.name for format_ in FORMATS if format_.in_browser]}
    return show(request, "file.html", {**values, "known": _known(house, account) if account["row"] else []})


def _is_file(account: Explanation) -> bool:
    return account["on_disk"] is not None and account["on_disk"]["kind"] == "file"


def _known(house: House, account: Explanation) -> list[tuple[str, str]]:
    """The label and the value of each field that the row of a file has."""
    row = house.records.library.file(house.folders.file(account["path"])) or {}
    fields = [(each, row.get(each["name"])) for each in FIELDS_SHOWN]
    return [(each["label"], f"{value} {each['unit']}".rstrip()) for each, value in fields if value is not None]


def _may(status: SessionStatus) -> dict[str, bool]:
    """What a person can do with a session beside opening it."""
    ended = Status(status["status"]) in (Status.COMPLETED, Status.CANCELLED)
    parameters: Mapping[str, Any] = status["parameters"]
    return {
        "again": ended and not parameters.get("retry_chosen"),  # which files were chosen stands only in the log
        "undo": ended and status["outcomes"]["added"] > 0,
        "forget": ended,
    }


def address(path: str, values: Mapping[str, str | None]) -> str:
    """An address with those of these values that are there."""
    given = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
