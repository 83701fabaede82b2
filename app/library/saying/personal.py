"""What a person said of a file: it stays, whatever is read anew, and follows the bytes, wherever they turn up.

Their word has the source `person`. So has their word that there is nothing: the value is None then, and stays it.
What was said of bytes that no row shows at the moment is kept in `person_words` until a row shows them again. A row
gets words only if its file is where it was, as it was: whatever nobody can see may be another picture by now. The
decisions are pure; the rest finds, keeps and takes words inside the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, delete, exists, insert, not_, or_, select, update

from app.library.tables import EDITED_FILES, KEPT, KEYWORDS, LINKS, MEDIA
from app.library.whereabouts import Locations, NotLookedFor, RowFile, Whereabouts
from app.media import Place
from app.metadata import Source, tell_taken_at

PERSON = Source.PERSON.value
MAX_COPIES = 100  # rows of the same bytes that are looked at

SPEAKS = or_(
    MEDIA.c.score_source == PERSON,
    MEDIA.c.nsfw_said.is_not(None),
    cast(MEDIA.c.sources, Text).contains(f'"{PERSON}"'),
    select(LINKS.c.media_id).where(LINKS.c.media_id == MEDIA.c.id, LINKS.c.source == PERSON).exists(),
)
"""Whether a person said anything of a row."""
WORDS_WAIT = exists().where(KEPT.c.sha256 == MEDIA.c.sha256) & not_(SPEAKS)
"""Whether words are kept of the bytes of a row of which nobody said anything: it gets them when it is looked at."""
_COPIES = (
    select(
        MEDIA.c.id,
        MEDIA.c.root,
        MEDIA.c.path,
        MEDIA.c.size,
        MEDIA.c.mtime_ns,
        MEDIA.c.ingested_at,
        SPEAKS.label("speaks"),
        MEDIA.c.missing_at.is_not(None).label("missing"),
    )
    .where(MEDIA.c.sha256 == bindparam("b_sha256"), MEDIA.c.id != bindparam("b_id"))
    .order_by(MEDIA.c.missing_at.is_(None), MEDIA.c.id)
    .limit(MAX_COPIES)
)
ROW_BY_ID = select(MEDIA).where(MEDIA.c.id == bindparam("b_id"))
LINKS_OF = (
    select(KEYWORDS.c.text, LINKS.c.source, LINKS.c.weight)
    .join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id)
    .where(LINKS.c.media_id == bindparam("b_id"))
)
UPDATE_ROW = update(MEDIA).where(MEDIA.c.id == bindparam("b_id"))
_HEIR = bindparam("b_heir", type_=LINKS.c.media_id.type)
_LINK_AS_WELL = insert(LINKS).from_select(
    ["media_id", "keyword_id", "source", "weight"],
    select(_HEIR, LINKS.c.keyword_id, LINKS.c.source, LINKS.c.weight).where(
        LINKS.c.media_id == bindparam("b_id"), LINKS.c.source == PERSON
    ),
)
_SPEAKS_AND_IS_GONE = select(MEDIA).where(
    MEDIA.c.root == bindparam("b_root"),
    MEDIA.c.path == bindparam("b_path"),
    MEDIA.c.missing_at.is_not(None),
    SPEAKS,
)
_WORDS_KEPT = select(KEPT.c.words, KEPT.c.keywords).where(KEPT.c.sha256 == bindparam("b_sha256"))
_KEEP_NO_MORE = delete(KEPT).where(KEPT.c.sha256 == bindparam("b_sha256"))
_KEEP = insert(KEPT)
_FORGET_EDITS = delete(EDITED_FILES).where(EDITED_FILES.c.media_id == bindparam("b_id"))


def place_of(row: Mapping[str, Any]) -> Place:
    """Where the file of a row is, as its columns say."""
    return Place(row["root"], row["path"])


@dataclass(frozen=True, slots=True)
class Copy:
    """Another row with the same bytes: its file, when it came (ISO 8601), and where that file is on disk.

    `speaks` says that a person said something of it, `missing` that it is marked missing.
    """

    file: RowFile
    ingested_at: str
    speaks: bool
    missing: bool
    whereabouts: Whereabouts

    @property
    def name(self) -> bytes:
        """The name of its file."""
        return self.file.place.name

    @property
    def is_there(self) -> bool:
        """Whether its file is where it was, as it was."""
        return not self.missing and self.whereabouts is Whereabouts.IN_PLACE

    @property
    def may_have_moved(self) -> bool:
        """Whether its file is not where it was, as far as the disk says."""
        return self.whereabouts in (Whereabouts.GONE, Whereabouts.UNSURE)

    @property
    def waits_for_words(self) -> bool:
        """Whether nobody said anything of it, and only a later look at its file can tell whether it has these bytes."""
        return not self.missing and not self.speaks and not self.is_there


@dataclass(frozen=True, slots=True)
class Words:
    """What a person said: fields, as they are set, with their values, and keywords.

    All but `score` and `nsfw` are columns that carry their source in `sources`.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    keywords: frozenset[str] = frozenset()

    @property
    def links(self) -> dict[tuple[str, str], float | None]:
        """The keywords as links `(text, source) -> weight`."""
        return dict.fromkeys(((text, PERSON) for text in sorted(self.keywords)), None)


NOTHING = Words()


def said(row: Mapping[str, Any], links: Iterable[tuple[str, str]] = ()) -> Words:
    """A person's words out of a row and its keywords as `(text, source)`."""
    fields = {name: row[name] for name, source in (row["sources"] or {}).items() if source == PERSON}
    if row["score_source"] == PERSON:
        fields["score"] = row["score"]
    if row["nsfw_said"] is not None:
        fields["nsfw"] = row["nsfw_said"]
    return Words(fields, frozenset(text for text, source in links if source == PERSON))


def carrying(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """The columns that make these the words of a row; those that it has instead are a person's no more."""
    columns, sources = dict(words.fields), row["sources"] or {}
    if (nsfw := columns.pop("nsfw", None)) != row["nsfw_said"]:
        columns["nsfw_said"] = nsfw
    names = words.fields.keys() - {"score", "nsfw"}
    read = {name: source for name, source in sources.items() if source != PERSON}
    if (after := read | dict.fromkeys(sorted(names), PERSON)) != sources:
        columns["sources"] = after
    if "taken_at" in names:
        columns |= tell_taken_at(columns["taken_at"], PERSON)
    if "score" in columns:
        columns["score_source"] = PERSON
    elif row["score_source"] == PERSON:
        columns["score_source"] = None
    return columns


def words_on_new_bytes(own: Words, *, of_a_copy: Words | None, kept: Words | None, known: bool) -> Words:
    """The words of a row whose file has other bytes now: those said of these bytes, if they are known.

    `of_a_copy` is what is said in another row that has them, `kept` what was said when a row had them. Bytes that are
    not `known` to be another picture are the same one, edited in place: the row's `own` words stay.
    """
    if of_a_copy is not None:
        return of_a_copy
    if kept is not None:
        return kept
    return NOTHING if known else own


def copies_of(connection: Connection, sha256: str, but: int | None, looked: Locations) -> list[Copy]:
    """Other rows with these bytes than that with the id `but`, missing ones first. Raises NotLookedFor."""
    rows = [
        (RowFile(*row[:5]), *row[5:]) for row in connection.execute(_COPIES, {"b_sha256": sha256, "b_id": but or 0})
    ]
    if unknown := [file for file, *_ in rows if file not in looked]:
        raise NotLookedFor(unknown)
    return [Copy(file, at, bool(speaks), bool(missing), looked[file]) for file, at, speaks, missing in rows]


def links_of(connection: Connection, media_id: int) -> dict[tuple[str, str], float | None]:
    """The keywords of a row as `(text, source) -> weight`."""
    return {(text, source): weight for text, source, weight in connection.execute(LINKS_OF, {"b_id": media_id})}


def taken(connection: Connection, sha256: str) -> Words | None:
    """What was kept of these bytes, and is kept no more; None where nothing is known of them."""
    words = _kept(connection, sha256)
    if words is not None:
        connection.execute(_KEEP_NO_MORE, {"b_sha256": sha256})
    return words


def keep(connection: Connection, row: Mapping[str, Any], words: Words, at: str, looked: Locations) -> None:
    """Keeps the words of a row, which gives way, for the bytes that it had.

    Other rows that have these bytes get them, if their files are there. Without such a row they are kept apart, also
    that nothing was said: else these bytes would be taken for new ones when they turn up. Raises NotLookedFor.
    """
    copies = copies_of(connection, row["sha256"], row["id"], looked)
    if (copies and words == NOTHING) or _left_to(connection, copies, row, words, at):
        return
    gone = [copy for copy in copies if copy.missing]
    if _that_say(connection, gone, words) and not any(copy.waits_for_words for copy in copies):
        return
    if words != NOTHING or _kept(connection, row["sha256"]) is None:
        keep_apart(connection, row["sha256"], words, at)


def leave_to_copies(connection: Connection, place: Place, at: str, looked: Locations) -> None:
    """Gives other rows with the same bytes the words of a row that was marked missing, which has them still.

    So a copy that stays speaks for the original that was deleted, and an original that comes back has its own words.
    Where only a later look can tell whether there is a copy, the words are kept for it, unless others are already.
    Raises NotLookedFor.
    """
    found = (
        connection.execute(_SPEAKS_AND_IS_GONE, {"b_root": place.root, "b_path": place.path}).mappings().one_or_none()
    )
    if found is not None:
        row = dict(found)
        copies, words = copies_of(connection, row["sha256"], row["id"], looked), _words_in(connection, row["id"])
        if _left_to(connection, copies, row, words, at) or not any(copy.waits_for_words for copy in copies):
            return
        if _kept(connection, row["sha256"]) in (None, NOTHING):
            keep_apart(connection, row["sha256"], words, at)


def keep_for_its_bytes(connection: Connection, media_id: int, at: str) -> None:
    """Keeps what a person said of a row that goes for its bytes, unless words of them are kept already."""
    row = connection.execute(ROW_BY_ID, {"b_id": media_id}).mappings().one()
    words = said(dict(row), links_of(connection, media_id))
    if words != NOTHING and _kept(connection, row["sha256"]) in (None, NOTHING):
        keep_apart(connection, row["sha256"], words, at)


def words_that_return(
    connection: Connection, sha256: str, copies: Iterable[Copy], name: bytes, *, kept: bool
) -> Words | None:
    """What a person said of bytes that turn up, under this name, where no file was; None if nothing is known of them.

    Those of the copies that are marked missing speak for them, if what they say is one thing, else what is `kept`. Rows
    of a file with the same name speak alone. A copy whose file is there keeps its words for itself.
    """
    speaking = [copy for copy in copies if copy.missing and copy.speaks]
    speaking = [copy for copy in speaking if copy.name == name] or speaking
    said_of_them = [_words_in(connection, copy.file.id) for copy in speaking]
    if said_of_them and all(words == said_of_them[0] for words in said_of_them):
        return _shown(connection, sha256, said_of_them[0], kept=kept)
    return taken(connection, sha256) if kept else None


def own_or_returned(
    connection: Connection, row: Mapping[str, Any], own: Words, copies: Iterable[Copy], *, kept: bool
) -> Words:
    """The words of a row whose file has the bytes that it had: its `own`, else those that return with its bytes.

    A row that is not marked missing had the words of its copies when they went, if its file was there; if not, they are
    among what is `kept`.
    """
    if own != NOTHING:
        return _shown(connection, row["sha256"], own, kept=kept)
    gone = copies if row["missing_at"] is not None else ()
    return words_that_return(connection, row["sha256"], gone, place_of(row).name, kept=kept) or NOTHING


def words_on_other_bytes(
    connection: Connection,
    row: Mapping[str, Any],
    own: Words,
    *,
    sha256: str,
    copies: Sequence[Copy],
    kept: bool,
    at: str,
    looked: Locations,
) -> tuple[Words, bool]:
    """The words of a row whose file has other bytes now, with this SHA-256: those that a person said of these bytes.

    Bytes that nobody has seen are the same picture, edited in place: the row's `own` words stay, and are kept for the
    original, too, if there are any. In the place of a file that was missing they are another picture. Whatever gives
    way is kept under the bytes that it was said of, and can be undone no more: the row's edits were of another picture.
    `copies` are the other rows that have the new bytes, `kept` says that something is kept of them. The second value
    says whether it is another picture. Raises NotLookedFor.
    """
    known = row["missing_at"] is not None
    if known:
        of_a_copy, of_these = None, words_that_return(connection, sha256, copies, place_of(row).name, kept=kept)
    else:
        came_from = [copy for copy in copies if not _is_of_an_edit(copy, row)]
        known, of_a_copy = bool(came_from), _words_of_the_first(connection, came_from)
        if of_a_copy is not None:
            _shown(connection, sha256, of_a_copy, kept=kept)
        of_these = taken(connection, sha256) if kept and of_a_copy is None else None
    another = known or of_these is not None
    if own != NOTHING or another:
        keep(connection, row, own, at, looked)
    if another:
        connection.execute(_FORGET_EDITS, {"b_id": row["id"]})
    return words_on_new_bytes(own, of_a_copy=of_a_copy, kept=of_these, known=known), another


def _is_of_an_edit(copy: Copy, row: Mapping[str, Any]) -> bool:
    """Whether a copy of the new bytes of a row may be one of an edit of its picture: exported, or taken in before it.

    It came after the row last changed, nobody said anything of it, and its file is where it was.
    """
    later = copy.ingested_at > row["updated_at"] and not copy.speaks
    return later and copy.whereabouts is Whereabouts.IN_PLACE


def _left_to(connection: Connection, copies: Iterable[Copy], row: Mapping[str, Any], words: Words, at: str) -> bool:
    """Whether a copy that is there has the row's words now; where none said the same, all that said nothing do."""
    there = [copy for copy in copies if copy.is_there]
    if _that_say(connection, there, words):
        return True
    heirs = [copy for copy in there if not copy.speaks]
    for heir in heirs:
        _hand_over(connection, row["id"], heir.file.id, words, at)
    return bool(heirs)


def _that_say(connection: Connection, copies: Iterable[Copy], words: Words) -> bool:
    """Whether a person said the same of one of these copies."""
    return any(copy.speaks and _words_in(connection, copy.file.id) == words for copy in copies)


def _hand_over(connection: Connection, media_id: int, heir: int, words: Words, at: str) -> None:
    row = connection.execute(ROW_BY_ID, {"b_id": heir}).mappings().one()
    columns = carrying(dict(row), words) | {"updated_at": at, "b_id": heir}
    connection.execute(UPDATE_ROW, columns)
    connection.execute(_LINK_AS_WELL, {"b_id": media_id, "b_heir": heir})


def _kept(connection: Connection, sha256: str) -> Words | None:
    row = connection.execute(_WORDS_KEPT, {"b_sha256": sha256}).one_or_none()
    return None if row is None else Words(row.words, frozenset(row.keywords))


def keep_apart(connection: Connection, sha256: str, words: Words, at: str) -> None:
    """Keeps words for bytes in the place of what was kept of them."""
    connection.execute(_KEEP_NO_MORE, {"b_sha256": sha256})
    values = {"sha256": sha256, "words": words.fields, "keywords": sorted(words.keywords), "at": at}
    connection.execute(_KEEP, values)


def _shown(connection: Connection, sha256: str, words: Words, *, kept: bool) -> Words:
    """These words, which a row shows now: they are kept no more, else they would be old ones some day."""
    if kept and _kept(connection, sha256) == words:
        connection.execute(_KEEP_NO_MORE, {"b_sha256": sha256})
    return words


def _words_of_the_first(connection: Connection, copies: Iterable[Copy]) -> Words | None:
    """What a person said of the first of these rows of which one said anything."""
    speaking = next((copy for copy in copies if copy.speaks), None)
    return None if speaking is None else _words_in(connection, speaking.file.id)


def _words_in(connection: Connection, media_id: int) -> Words:
    row = connection.execute(ROW_BY_ID, {"b_id": media_id}).mappings().one()
    return said(dict(row), links_of(connection, media_id))
