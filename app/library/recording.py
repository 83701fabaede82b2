"""One file's result into the database: its row, keywords, failures and event, inside the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.crash_points import crash_point
from app.errors import AMBIGUOUS_MOVE
from app.library.around import THIS_FILE, Surroundings, surroundings_of
from app.library.describing.proposing import keywords_of_a_model, told_by_a_model, withdraw, write_description
from app.library.failures import all_failures_of, failures_follow, failures_of, remember_failures
from app.library.linking import link
from app.library.pairs import relink
from app.library.prepared import Prepared
from app.library.regions.keeping import add_regions, replace_regions
from app.library.rows import (
    KeywordLinks,
    left_where_it_was,
    outcome_of,
    rated_by_what_stayed,
    row_of,
    settled,
    told_by_what_was_left,
    wanted_links,
)
from app.library.saying.personal import (
    NOTHING,
    PERSON,
    ROW_BY_ID,
    UPDATE_ROW,
    Copy,
    Words,
    carrying,
    copies_of,
    keep,
    leave_to_copies,
    links_of,
    own_or_returned,
    place_of,
    said,
    words_on_other_bytes,
    words_that_return,
)
from app.library.tables import EVENTS, LINKS, MEDIA
from app.library.values import CHECKPOINT, Checkpoints, Event, NsfwKnown, is_nsfw, now, stage_ends
from app.library.whereabouts import Locations, NotLookedFor, Whereabouts
from app.media import (
    Analysis,
    Failure,
    Outcome,
    Place,
    Stage,
    StageStatus,
)
from app.texts import clean_text

_NAMED = 3  # of the files that a file may have been

_ROW = select(MEDIA).where(THIS_FILE)
_INSERT_ROW = Prepared(
    {  # each dialect has a class of its own for ON CONFLICT
        name: dialect.insert(MEDIA).on_conflict_do_nothing(index_elements=["root", "path"]).returning(MEDIA.c.id)
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    },
    columns=[column.name for column in MEDIA.c if column.name not in {"id", "pair_id"}],
)
_EVENT: Mapping[str, Any] = dict.fromkeys(column.name for column in EVENTS.c if column.name != "id")
_INSERT_EVENT = Prepared(insert(EVENTS).returning(EVENTS.c.id), columns=_EVENT)
_INSERT_EVENTS = Prepared(insert(EVENTS).inline(), columns=_EVENT)
_DELETE_ROW = delete(MEDIA).where(MEDIA.c.id == bindparam("b_id"))
MARK_MISSING = update(MEDIA).where(THIS_FILE, MEDIA.c.missing_at.is_(None)).values(missing_at=bindparam("b_at"))
_UNLINK = delete(LINKS).where(LINKS.c.media_id == bindparam("b_id"))

ANOTHER = "another"
"""What the event of a file says in its detail where its row was of another picture before."""


@dataclass(frozen=True, slots=True)
class _Saved:
    """What a row and its keywords became of an analysis.

    `standing` are the stages whose earlier failure still stands because they did not run again on these bytes.
    `moved_from` is the old path as shown; `ambiguous` the paths that it may have been, where there are several.
    `rated_by_a_person` says that the score is a person's, whatever was read; `nsfw_said` is a person's word on that;
    `returned` says that the file was missing, `another` that its bytes are not an edit of those before.
    """

    outcome: Outcome
    keywords_added: int = 0
    standing: frozenset[str] = frozenset()
    moved_from: str | None = None
    ambiguous: tuple[str, ...] = ()
    rated_by_a_person: bool = False
    nsfw_said: bool | None = None
    returned: bool = False
    another: bool = False


@dataclass(frozen=True, slots=True)
class _Before:
    """A row as it was read, its keywords, and what a person said in both."""

    row: Mapping[str, Any]
    links: KeywordLinks
    words: Words


def record(
    looked: Locations,
    connection: Connection,
    session_id: str,
    result: Analysis | Failure,
    *,
    asked: Collection[Stage],
    nsfw_threshold: float,
    checkpoints: Checkpoints | None,
) -> Event:
    """Writes the row, keywords, failures and event of one file; the caller's transaction commits them together.

    So it does with the checkpoints that come with the event.
    Raises NotLookedFor where it has to know of the files of more rows than were `looked` for.
    """
    file, at = result.file, now()
    sha256 = result.identity.sha256 if isinstance(result, Analysis) else None
    known = surroundings_of(connection, file.place, sha256)
    if isinstance(result, Failure):
        saved = _Saved(Outcome.VANISHED if result.vanished else Outcome.FAILED)
        if result.vanished:
            connection.execute(MARK_MISSING, {"b_root": file.root, "b_path": file.path, "b_at": at})
            leave_to_copies(connection, file.place, at, looked)
        else:
            others = frozenset(stage.value for stage in Stage if stage is not result.stage)
            remember_failures(connection, session_id, at, result, known=known, standing=others)
    else:
        if result.metadata and result.metadata.content_identifier:
            known = replace(known, namesakes=True)  # others may carry it, whatever their names
        saved = _save(connection, session_id, at, result, known=known, looked=looked)
        if saved.outcome is Outcome.MOVED:  # its failures came along, and it may be linked to what it left behind
            known = replace(known, failures=True, namesakes=True)
        remember_failures(connection, session_id, at, result, known=known, standing=saved.standing)
        if result.description is not None:
            write_description(connection, file.place, result.description, session_id=session_id, at=at)
    if known.namesakes and saved.outcome is not Outcome.FAILED:  # else the row is still about the bytes that were there
        relink(connection, file.place)
    crash_point("row_written")
    cause, reason = _cause_and_reason(result, saved)
    event = append(
        connection,
        {
            "session_id": session_id,
            "at": at,
            "kind": "file_complete",
            "path": file.place.in_event,
            "outcome": saved.outcome.value,
            "cause": cause,
            "reason": reason,
            "detail": event_detail(result, saved, asked=asked, nsfw_threshold=nsfw_threshold),
        },
    )
    for detail in checkpoints(event) if checkpoints else ():
        append(connection, {"session_id": session_id, "at": at, "kind": CHECKPOINT, "detail": detail})
    crash_point("event_written")
    return event


def _cause_and_reason(result: Analysis | Failure, saved: _Saved) -> tuple[str | None, str | None]:
    """Why a file failed, in whole or in part, or what is odd about how it was taken in."""
    first = next(iter(failures_of(result)), None)
    if first:
        return first[1].cause, clean_text(first[1].reason or "")
    if saved.ambiguous:
        others = ", ".join(saved.ambiguous[:_NAMED]) + (", ..." if len(saved.ambiguous) > _NAMED else "")
        return AMBIGUOUS_MOVE, f"It has the bytes of {others}: which of them it was, if any, cannot be told."
    if saved.returned:
        return None, "It was missing before and is back."
    return None, f"It was {saved.moved_from}." if saved.moved_from else None


def _save(
    connection: Connection, session_id: str, at: str, analysis: Analysis, *, known: Surroundings, looked: Locations
) -> _Saved:
    """Inserts the row and its keywords, updates the one that is there, or lets that of a moved file follow it."""
    file, sha256 = analysis.file, analysis.identity.sha256
    old = row_in(connection, file.place) if known.row else None
    same = old is not None and old["sha256"] == sha256
    if old is not None and same and old["missing_at"] is None and not known.words:
        before = _before(connection, old)
        return _update(connection, session_id, at, analysis, before, words=before.words)
    copies = copies_of(connection, sha256, old["id"] if old else None, looked) if known.copies else []
    moved, ambiguous = (None, ()) if same else _left_behind(copies, file.name)
    if moved is not None:
        if old is not None:
            _give_way(connection, old, at, looked)
        return _move(connection, session_id, at, analysis, moved, copies=copies, kept=known.words)
    if old is None:
        words = words_that_return(connection, sha256, copies, file.name, kept=known.words)
        return replace(_add(connection, session_id, at, analysis, words or NOTHING), ambiguous=ambiguous)
    before = _before(connection, old)
    if same:
        words = own_or_returned(connection, old, before.words, copies, kept=known.words)
        saved = _update(connection, session_id, at, analysis, before, words=words)
        return replace(saved, returned=old["missing_at"] is not None)
    words, another = words_on_other_bytes(
        connection, old, before.words, sha256=sha256, copies=copies, kept=known.words, at=at, looked=looked
    )
    return replace(_update(connection, session_id, at, analysis, before, words=words), another=another)


def _before(connection: Connection, row: Mapping[str, Any]) -> _Before:
    links = links_of(connection, row["id"])
    return _Before(row, links, said(row, links))


def _add(connection: Connection, session_id: str, at: str, analysis: Analysis, words: Words) -> _Saved:
    """Inserts a row with what a person said of its bytes before."""
    row = row_of(analysis, None) | {"session_id": session_id, "ingested_at": at, "updated_at": at}
    row |= carrying(row, words)
    added = _INSERT_ROW.first(connection, row)
    if added is None:
        raise NotLookedFor  # another program has added it since
    (media_id,) = added
    links = words.links | (wanted_links(analysis, None) or {})
    link(connection, media_id, links)
    add_regions(connection, media_id, analysis.regions, at)
    return _Saved(
        Outcome.ADDED, len(links), rated_by_a_person="score" in words.fields, nsfw_said=words.fields.get("nsfw")
    )


def _left_behind(copies: Iterable[Copy], name: bytes) -> tuple[Copy | None, tuple[str, ...]]:
    """The one row of these with the same bytes whose file is gone, else the shown paths that the file may have been.

    Of several that are gone, the one that had the same name: their folder was renamed.
    """
    left = [copy for copy in copies if copy.may_have_moved]
    sure = all(copy.whereabouts is Whereabouts.GONE for copy in left)
    if sure:
        left = [copy for copy in left if copy.name == name] or left
    if sure and len(left) == 1:
        return left[0], ()
    return None, tuple(copy.file.place.shown for copy in left)


def _give_way(connection: Connection, row: Mapping[str, Any], at: str, looked: Locations) -> None:
    """Deletes a row whose file is another one now; what a person said of its bytes is kept for those alone."""
    keep(connection, row, _before(connection, row).words, at, looked)
    connection.execute(_UNLINK, {"b_id": row["id"]})
    connection.execute(_DELETE_ROW, {"b_id": row["id"]})


def _move(
    connection: Connection,
    session_id: str,
    at: str,
    analysis: Analysis,
    moved: Copy,
    *,
    copies: Sequence[Copy],
    kept: bool,
) -> _Saved:
    """Lets a row follow its file, with all that is known of it and the failures that still stand."""
    old = dict(connection.execute(ROW_BY_ID, {"b_id": moved.file.id}).mappings().one())
    before = _before(connection, old)
    words = own_or_returned(connection, old, before.words, copies, kept=kept)
    failures_follow(connection, moved.file.place, analysis.file.place)
    saved = _update(connection, session_id, at, analysis, before, words=words)
    relink(connection, moved.file.place)
    return replace(saved, outcome=Outcome.MOVED, moved_from=moved.file.place.shown)


def _update(
    connection: Connection,
    session_id: str,
    at: str,
    analysis: Analysis,
    before: _Before,
    *,
    words: Words,
) -> _Saved:
    """Writes an analysis into the row of a file, which is here already, or where the file was before it was moved.

    `words` are what a person said of these bytes, which may be other than what the row says.
    """
    old, links = before.row, wanted_links(analysis, before.row)
    same_bytes = old["sha256"] == analysis.identity.sha256
    if words != before.words:
        old = {**old, **carrying(old, words)}
        links = before.links if links is None else links
    if links is not None:
        links = words.links | links | (keywords_of_a_model(before.links) if same_bytes else {})
    if moved := place_of(old) != analysis.file.place:
        old, links = left_where_it_was(analysis, old, links, before.links)
    row = row_of(analysis, old)
    if moved and rated_by_what_stayed(analysis, old):
        row |= {"score": old["score"], "score_source": old["score_source"]}
    if moved:
        row |= told_by_what_was_left(row, old)
    if same_bytes:
        row |= told_by_a_model(row, old)
    else:
        withdraw(connection, old["id"])
    keywords_changed = links is not None and links != before.links
    regions_changed = replace_regions(connection, before.row, analysis, at, moved=moved)
    outcome = outcome_of(row, before.row, others_changed=keywords_changed or regions_changed)
    if outcome is not Outcome.UNCHANGED:
        row |= {"session_id": session_id, "updated_at": at}
    connection.execute(UPDATE_ROW, row | {"b_id": old["id"]})
    standing = frozenset(
        stage.value
        for stage, result in analysis.stages.items()
        if not settled(result) and row["stages"].get(stage.value, {}).get("status") == StageStatus.FAILED.value
    )
    rated = row["score_source"] == PERSON
    saved = _Saved(outcome, standing=standing, rated_by_a_person=rated, nsfw_said=row["nsfw_said"])
    if links is None or not keywords_changed:
        return saved
    if before.links:
        connection.execute(_UNLINK, {"b_id": old["id"]})
    link(connection, old["id"], links)
    return replace(saved, keywords_added=len(links.keys() - before.links.keys()))


def event_detail(
    result: Analysis | Failure, saved: _Saved, *, asked: Collection[Stage], nsfw_threshold: float
) -> dict[str, Any]:
    """What a file's event adds to each counter of its session, and how long each stage that was asked for took.

    Of a file that was moved it says from where, of one that came in the place of another picture that it did, and of
    one whose name is no plain text how it is shown.
    """
    told = {stage.value: (done.status.value, round(done.seconds, 6)) for stage, done in result.stages.items()}
    failures = [[stage.value, f.cause, clean_text(f.reason or "")] for stage, f in all_failures_of(result)]
    ends = stage_ends(saved.outcome, told, failures, asked)
    analysis = result if isinstance(result, Analysis) else None
    nsfw = analysis.nsfw if analysis else None
    score = analysis.rating.score if analysis and analysis.rating else None
    verdict = analysis.metadata.prompt_verdict if analysis and analysis.metadata else None
    detail: dict[str, Any] = {
        "ms": round(1000 * sum(ended.seconds for ended in result.stages.values())),
        "stages": {stage.value: [end.status.value, end.seconds] for stage, end in ends},
        "stats": {
            "metadata_extracted": int(analysis is not None and analysis.metadata is not None),
            "keywords_added": saved.keywords_added,
            "scores_imported": int(score is not None and not saved.rated_by_a_person),
            "nsfw_checked": int(nsfw is not None),
            "nsfw_detected": int(bool(nsfw and is_nsfw(NsfwKnown(saved.nsfw_said, nsfw.probability), nsfw_threshold))),
            **({f"prompts_{verdict}": 1} if verdict else {}),
            **({"returned": 1} if saved.returned else {}),
        },
    }
    if failures:
        detail["failures"] = failures
    if saved.moved_from:
        detail["moved_from"] = saved.moved_from
    if saved.another:
        detail[ANOTHER] = True
    place = result.file.place
    if place.shown.encode() != place.in_event:  # then the bytes of the row are no text
        detail["shown"] = place.shown
    return detail


def row_in(connection: Connection, place: Place) -> dict[str, Any] | None:
    """The row of one file, None without one."""
    row = connection.execute(_ROW, {"b_root": place.root, "b_path": place.path}).mappings().one_or_none()
    return None if row is None else dict(row)


def append(connection: Connection, values: Mapping[str, Any]) -> Event:
    """Adds one row to the log."""
    return Event(*_INSERT_EVENT.first(connection, {**_EVENT, **values}), **values)


def append_each(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Adds rows to the log whose ids nobody asks for."""
    _INSERT_EVENTS.each(connection, ({**_EVENT, **values} for values in rows))


def as_events(rows: Iterable[Any]) -> list[Event]:
    """Rows of the log as values."""
    return [Event(**row._mapping) for row in rows]  # noqa: SLF001 - the documented way to a row as a mapping
