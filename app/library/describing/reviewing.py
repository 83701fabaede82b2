"""What models said of files, beside what is said of them already: what a person judges."""

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from app.descriptions import RunStatus
from app.library.describing.proposing import CAPTION, KEYWORD, TITLE
from app.library.describing.tables import IS_OPEN, OPEN, PROPOSALS, RUNS
from app.library.engine import Engines
from app.library.tables import KEYWORDS, LINKS, MEDIA
from app.library.values import NsfwKnown, has_thumbnail
from app.media import Place
from app.metadata import Source
from app.slices import in_slices

_AT_ONCE = 500
_NO_WORDS = (Source.PROMPT.value, Source.NEGATIVE_PROMPT.value)
_ROW = ("id", "root", "path", "title", "caption", "sources", "nsfw_said", "nsfw_probability", "phash", "stages")
_ROWS = select(*(MEDIA.c[name] for name in _ROW))
_WORDS = (
    select(LINKS.c.media_id, KEYWORDS.c.text)
    .join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id)
    .where(LINKS.c.source.not_in(_NO_WORDS))
)
_PROPOSED = select(PROPOSALS).order_by(PROPOSALS.c.id)
_ANSWERED = select(RUNS).where(RUNS.c.status == RunStatus.ANSWERED.value).order_by(RUNS.c.id)


class OpenProposals(NamedTuple):
    """What is proposed for a file: a title and a caption, the newest of each, and keywords."""

    title: str | None
    caption: str | None
    keywords: list[str]


class InReview(NamedTuple):
    """A file with what is said of it, what is proposed for it, and the request that said so.

    `own` are those of `title` and `caption` that are a person's. `run` is a row of `describe_runs`; None where none is
    known.
    """

    path: str
    nsfw: NsfwKnown
    has_thumbnail: bool
    title: str | None
    caption: str | None
    own: list[str]
    keywords: list[str]
    proposed: OpenProposals
    run: Any


class Reviews:
    """What models said of the files of a library, to be judged; as `library.reviews`. Methods raise NeedsAttention."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def any_open(self) -> bool:
        """Whether anything is proposed that nobody has judged."""
        one = select(PROPOSALS.c.id).where(IS_OPEN).limit(1)
        return self._engines.read(lambda connection: connection.execute(one).first() is not None)

    def of(self, ids: Collection[int]) -> list[InReview]:
        """These files, in this order; those whose rows are gone are left out."""
        return [
            one for some in in_slices(list(ids), _AT_ONCE) for one in self._engines.read(partial(_described, ids=some))
        ]


def open_proposals(connection: Connection, ids: Collection[int]) -> dict[int, OpenProposals]:
    """What is proposed for these files, and nobody has judged, by id; files for which nothing is are left out."""
    proposed: dict[int, list[Any]] = {}
    for some in in_slices(list(ids), _AT_ONCE):
        for row in connection.execute(_PROPOSED.where(IS_OPEN, PROPOSALS.c.media_id.in_(some))):
            proposed.setdefault(row.media_id, []).append(row)
    return {number: _gathered(rows) for number, rows in proposed.items()}


def _gathered(rows: Iterable[Any]) -> OpenProposals:
    texts = {row.field: row.text for row in rows}  # the newest is the last
    keywords = dict.fromkeys(row.text for row in rows if row.field == KEYWORD)
    return OpenProposals(texts.get(TITLE), texts.get(CAPTION), list(keywords))


def _described(connection: Connection, ids: Collection[int]) -> list[InReview]:
    rows = {row["id"]: row for row in connection.execute(_ROWS.where(MEDIA.c.id.in_(ids))).mappings()}
    words: dict[int, set[str]] = {}
    for number, text in connection.execute(_WORDS.where(LINKS.c.media_id.in_(ids))):
        words.setdefault(number, set()).add(text)
    proposed: dict[int, list[Any]] = {}
    for row in connection.execute(_PROPOSED.where(PROPOSALS.c.media_id.in_(ids))):
        proposed.setdefault(row.media_id, []).append(row)
    named = {one.run for each in proposed.values() for one in each}
    answered = [*connection.execute(_ANSWERED.where(or_(RUNS.c.media_id.in_(ids), RUNS.c.run.in_(named))))]
    by_run = {run.run: run for run in answered}
    newest = {run.media_id: run for run in answered}

    def one_of(number: int, row: Any) -> InReview:
        listed = proposed.get(number, [])
        said_by = next((one.run for one in reversed(listed)), None)
        own = [name for name in (TITLE, CAPTION) if (row["sources"] or {}).get(name) == Source.PERSON]
        return InReview(
            Place(row["root"], row["path"]).shown,
            NsfwKnown(row["nsfw_said"], row["nsfw_probability"]),
            has_thumbnail(row["phash"], row["stages"]),
            row["title"],
            row["caption"],
            own,
            sorted(words.get(number, ())),
            _gathered([one for one in listed if one.state == OPEN]),
            by_run.get(said_by) or newest.get(number),
        )

    return [one_of(number, rows[number]) for number in ids if number in rows]
