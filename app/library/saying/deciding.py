"""What an edit makes of a row, and what an undo makes of it: pure decisions over a row and the person's own keywords.

A row is a mapping that has COLUMNS. What stands in a field is its value and where it comes from, as in `sources`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from app.library.describing.tables import ACCEPTED, OPEN
from app.library.proposing.proposals import key_of
from app.library.saying.answering import Proposal, judged_by, rejected_by, taken_of
from app.library.saying.editing import FIELDS, MAX_KEYWORDS, Edit
from app.library.saying.personal import PERSON
from app.library.saying.times import NotTold, told_anew
from app.media import Place, Stage
from app.metadata import FOLLOWERS, tell_taken_at
from app.query.words import fold

_PLAIN = tuple(name for name in FIELDS if name not in ("keywords", "nsfw"))
COLUMNS = (
    *("id", "root", "path", "sha256", "sidecar", "stages", "sources", "score_source", "nsfw_said"),
    *_PLAIN,
    *FOLLOWERS["taken_at"],
)
"""The columns of a row that are looked at here."""
KEYWORD_OF_THE_FILE = "keyword_of_the_file"
"""A keyword that was to be removed is read from the file: it is not the person's to remove."""
TOO_MANY_KEYWORDS = "too_many_keywords"
"""The file would have more keywords of a person than it may."""

_NOTHING: Mapping[str, Any] = {}
_SCORE, _METADATA = Stage.SCORE.value, Stage.METADATA.value

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keywords of a file: those of the person, those that were read, and those that a model wrote at once."""

    own: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    model: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a row: columns that change, the person's keywords that come and go, and what stood before.

    `before` and `after` have `fields` as `{field: [value, source]}` and `keywords`, those that are there on that side
    only; `before` also what the file's own value was read from: `sha256`, `sidecar`, `stages`, and what follows from
    `taken_at`. `judged` are proposals with the state that they get, by id; `before` has their ids as `proposals`, and
    as `accepted` those that were. `withdrawn` are keywords of a model that go, in `before` as `model`; `restored`
    those that come back.
    """

    id: int
    place: Place
    columns: Mapping[str, Any]
    added: frozenset[str]
    removed: frozenset[str]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    judged: Mapping[int, str] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()

    def shown(self, side: Mapping[str, Any], own: frozenset[str]) -> dict[str, Any]:
        """What stands on one side, as `{field: value}`, with all `own` keywords of the person where any change."""
        fields = {name: value for name, (value, _) in side["fields"].items()}
        return fields | ({"keywords": sorted(own)} if self.added or self.removed else {})


class NewerWords(Exception):
    """What a person said last of a field is not what the edit left there: an undo would lose it."""


def change_of(
    row: Row, keywords: Keywords, edit: Edit, proposals: Sequence[Proposal] = ()
) -> tuple[Change | None, frozenset[str]]:
    """What an edit changes in a row, None where it is as it is to be; and the causes for which some of it is left.

    `proposals` are those of models that are open or accepted.
    """
    waiting = [one for one in proposals if one.state == OPEN]
    taken = taken_of(edit, row, waiting)
    at = told_anew(row["taken_at"], edit.shift_taken_at or 0, edit.zone) if edit.retimes else row["taken_at"]
    told, left = not isinstance(at, NotTold), {*taken.left}
    if not told:
        left.add(str(at))
    retimed = {"taken_at": at} if told and at != row["taken_at"] else {}
    columns = columns_after(row, edit, {**retimed, **taken.values})
    own = keywords_after(keywords.own, edit, taken.keywords)
    if len(own) > max(MAX_KEYWORDS, len(keywords.own)):
        left.add(TOO_MANY_KEYWORDS)
        own = keywords.own
    if edit.remove_keywords and _folded(edit.remove_keywords) & _folded(keywords.read):
        left.add(KEYWORD_OF_THE_FILE)
    gone = {*edit.remove_keywords, *(keywords.own - own if "keywords" in edit.said else ())}
    withdrawn = frozenset(word for word in keywords.model if fold(word) in _folded(gone))
    accepted = [one for one in proposals if one.state != OPEN]
    refused = rejected_by({*map(key_of, gone)}, accepted)
    judged = judged_by(edit, taken, waiting, own) | refused
    if not columns and own == keywords.own and not judged and not withdrawn:
        return None, frozenset(left)
    change = _change(row, columns, edit.touched, keywords.own, own)
    kept: dict[str, list[Any]] = {"proposals": sorted(judged), "accepted": sorted(refused), "model": sorted(withdrawn)}
    before = {**change.before, **{name: values for name, values in kept.items() if values}}
    return replace(change, before=before, judged=judged, withdrawn=withdrawn), frozenset(left)


def columns_after(old: Row, edit: Edit, besides: Mapping[str, Any] = _NOTHING) -> dict[str, Any]:
    """The columns of a row that the edit changes, with what is said `besides` its values.

    A field that is released is None, and its stage pending again.
    """
    after = _Columns(old)
    for name, value in (*edit.values.items(), *besides.items()):
        after.say(name, value)
    for name in edit.release:
        if _stands(old, name)[1] == PERSON:
            after.release(name)
    return after.changed


def keywords_after(own: frozenset[str], edit: Edit, besides: Sequence[str] = ()) -> frozenset[str]:
    """The person's own keywords after an edit, with those that are added `besides`.

    No two that a search does not tell apart come to be by adding.
    """
    if "keywords" in edit.said or "keywords" in edit.release:
        return frozenset(edit.keywords or ())
    gone = _folded(edit.remove_keywords)
    kept = frozenset(word for word in own if fold(word) not in gone) if gone else own
    added = [*edit.add_keywords, *besides]
    known = {fold(word): word for word in kept} if added else {}
    return kept | {word for word in added if known.setdefault(fold(word), word) == word}


def undone(row: Row, own: frozenset[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> Change | None:
    """What takes an edit back in a row. None where the row is about other bytes by now, and says nothing of it.

    A field gets the person's earlier word; or the file's own value while its bytes, its sidecar and what its stage says
    are those of then; else it is released, and read anew. Proposals that it judged are open again while its bytes are
    those of then, and keywords of a model that it removed stand again. Raises NewerWords where a person's word in a
    touched field, or a touched keyword, is no longer that of the edit.
    """
    added, removed = frozenset(after["keywords"]), frozenset(before["keywords"])
    touched = {name: _stands(row, name) for name in after["fields"]}
    newer = any(_word(touched[name]) != _word(stood) for name, stood in after["fields"].items())
    if newer or not added <= own or removed & own:
        silent = not any(_word(stands) for stands in touched.values()) and not (added | removed) & own
        if silent and row["sha256"] != before["sha256"]:
            return None
        raise NewerWords
    columns = _Columns(row)
    for name, (value, source) in before["fields"].items():
        if source == PERSON:
            columns.say(name, value)
        elif name != "nsfw" and _as_then(row, before, name):
            columns.put_back(name, value, source, {other: before.get(other) for other in FOLLOWERS.get(name, ())})
        else:
            columns.release(name)
    change = _change(row, columns.changed, touched, own, (own - added) | removed)
    if not before.get("proposals") and not before.get("model"):
        return change
    if row["sha256"] == before["sha256"]:
        judged = dict.fromkeys(before.get("proposals", ()), OPEN) | dict.fromkeys(before.get("accepted", ()), ACCEPTED)
        return replace(change, judged=judged, restored=frozenset(before.get("model", ())))
    return change if touched or added or removed else None


class _Columns:
    """The columns of a row while its fields change one by one."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._columns: dict[str, Any] = {}
        self._sources, self._stages = dict(row["sources"] or {}), dict(row["stages"])

    def say(self, name: str, value: Any) -> None:
        """A person's word."""
        if name == "nsfw":
            self._columns["nsfw_said"] = value
        elif name == "score":
            self._columns |= {"score": value, "score_source": PERSON}
        else:
            self._columns |= tell_taken_at(value, PERSON) if name == "taken_at" else {name: value}
            self._sources[name] = PERSON

    def release(self, name: str) -> None:
        """No word: a later session reads it anew."""
        if name == "nsfw":
            self._columns["nsfw_said"] = None
        elif name != "keywords":
            self.put_back(name, None, None, dict.fromkeys(FOLLOWERS.get(name, ())))
            self._stages.pop(_stage_of(name), None)

    def put_back(self, name: str, value: Any, source: str | None, followers: Mapping[str, Any]) -> None:
        """What was read of the file."""
        self._columns |= {name: value, **followers}
        if name == "score":
            self._columns["score_source"] = source
            return
        self._sources.pop(name, None)
        if source is not None:
            self._sources[name] = source

    @property
    def changed(self) -> dict[str, Any]:
        """The columns that are other than in the row."""
        after = self._columns | {"sources": self._sources, "stages": self._stages}
        before = {**self._row, "sources": self._row["sources"] or {}}
        return {name: value for name, value in after.items() if value != before[name]}


def _change(
    row: Row, columns: Mapping[str, Any], touched: Collection[str], own: frozenset[str], own_after: frozenset[str]
) -> Change:
    new = {**row, **columns}
    stood = {name: _stands(row, name) for name in FIELDS if name in touched and name != "keywords"}
    stands = {name: now for name, then in stood.items() if (now := _stands(new, name)) != then}
    stood = {name: stood[name] for name in stands}
    added, removed = own_after - own, own - own_after
    before = {"fields": stood, "keywords": sorted(removed), "sha256": row["sha256"], **_read_from(row, stood)}
    after = {"fields": stands, "keywords": sorted(added)}
    return Change(row["id"], Place(row["root"], row["path"]), columns, added, removed, before, after)


def _read_from(row: Row, stood: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What the file's own values among these were read from, and what follows from them."""
    read = [name for name, stands in stood.items() if stands[1] != PERSON and name != "nsfw"]
    if not read:
        return {}
    stages = {stage: row["stages"].get(stage) for stage in sorted({_stage_of(name) for name in read})}
    followers = {follower: row[follower] for name in read for follower in FOLLOWERS.get(name, ())}
    return {"sidecar": row["sidecar"], "stages": stages, **followers}


def _as_then(row: Row, before: Mapping[str, Any], name: str) -> bool:
    """Whether what was read then would be read today."""
    stage = _stage_of(name)
    same_file = (row["sha256"], row["sidecar"]) == (before["sha256"], before["sidecar"])
    return same_file and row["stages"].get(stage) == before["stages"][stage]


def _stage_of(name: str) -> str:
    return _SCORE if name == "score" else _METADATA


def _stands(row: Row, name: str) -> list[Any]:
    """The value of a field and its source, as a list, which JSON gives back as it is."""
    if name == "score":
        return [row["score"], row["score_source"]]
    if name == "nsfw":
        return [row["nsfw_said"], None if row["nsfw_said"] is None else PERSON]
    return [None, None] if name == "keywords" else [row[name], (row["sources"] or {}).get(name)]


def _word(stands: list[Any]) -> list[Any] | None:
    """A person's word among what stands in fields; None where there is none."""
    return stands if stands[1] == PERSON else None


def _folded(words: Any) -> set[str]:
    return {fold(word) for word in words}
