"""Reads what proposals are made of: rows and keywords of files, those of files that look like them, and spellings."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from sqlalchemy import Connection, func, select

from app.library.alike.codes import CodeFile
from app.library.describing.reviewing import open_proposals
from app.library.engine import Engines
from app.library.finding.finder import Finder
from app.library.finding.listing import places_of
from app.library.proposing.alike import Around, others_of
from app.library.proposing.others import NO_WORDS, Other
from app.library.proposing.proposals import Known, Origin, Proposal, Subject, key_of, proposals_for
from app.library.tables import KEYWORDS, LINKS, MEDIA
from app.library.values import NsfwKnown, has_thumbnail
from app.media import Place
from app.slices import in_slices
from app.texts import shown_name

MOST_FILES = 1_000
_AT_ONCE = 1_000
T = TypeVar("T")
_COLUMNS = ("id", "root", "path", "folder", "nsfw_said", "nsfw_probability", "phash", "stages")
_ROWS = select(*(MEDIA.c[name] for name in _COLUMNS))
_LINKED = select(LINKS.c.media_id, KEYWORDS.c.text, LINKS.c.source, LINKS.c.weight).join(
    KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id
)


class Proposed(NamedTuple):
    """A file with what is proposed for it. `keywords` are those that it has, without what a prompt says.

    `title` and `caption` are what a model proposes, None where none does.
    """

    path: str
    nsfw: NsfwKnown
    has_thumbnail: bool
    keywords: list[str]
    proposals: list[Proposal]
    title: str | None
    caption: str | None


class Proposer:
    """Proposes keywords for files of a library. Safe for several threads; it changes nothing."""

    def __init__(self, engines: Engines, finder: Finder, codes: CodeFile) -> None:
        self._engines = engines
        self._finder = finder
        self._codes = codes

    def propose(self, ids: Sequence[int], origins: Collection[Origin]) -> list[Proposed]:
        """What is proposed for each of these files, at most `MOST_FILES`; a file whose row is gone is left out."""
        rows = self._engines.read(lambda connection: _rows_of(connection, ids))
        others = self._others(rows) if Origin.SIMILAR in origins else {}
        known = self._engines.read(lambda connection: _known(connection, rows, others))
        said = self._engines.read(partial(open_proposals, ids=[*rows])) if Origin.MODEL in origins else {}
        subjects = {
            number: Subject(
                [*_folders_of(row["folder"])],
                known.linked.get(number, ()),
                others.get(number, ()),
                said[number].keywords if number in said else (),
            )
            for number, row in rows.items()
        }
        found = {number: proposals_for(subject, origins, known) for number, subject in subjects.items()}
        spelled = self._spellings({one["text"] for proposals in found.values() for one in proposals})
        return [
            Proposed(
                Place(row["root"], row["path"]).shown,
                NsfwKnown(row["nsfw_said"], row["nsfw_probability"]),
                has_thumbnail(row["phash"], row["stages"]),
                subjects[number].keywords,
                [{**one, "text": spelled.get(key_of(one["text"]), one["text"])} for one in found[number]],
                said[number].title if number in said else None,
                said[number].caption if number in said else None,
            )
            for number, row in rows.items()
        ]

    def _others(self, rows: Collection[int]) -> dict[int, list[Other]]:
        """The files that look like each of these; of those that no column knows yet, none."""
        snapshot = self._finder.snapshot()
        ids = np.fromiter(rows, np.int64, len(rows))
        ids = ids[snapshot.places(ids) >= 0]
        return dict(
            zip(
                ids.tolist(), others_of(Around(snapshot, self._finder.pairing(snapshot), self._codes), ids), strict=True
            )
        )

    def _spellings(self, texts: Collection[str]) -> dict[str, str]:
        """How the library writes keywords, by `key_of`, where it writes one of these otherwise: as most files do."""
        known = self._finder.snapshot().texts["keyword"]
        spellings = ({*known.like(text), *known.like(text.replace(" ", "_"))} for text in texts)
        asked = sorted({one for text, those in zip(texts, spellings, strict=True) if those - {text} for one in those})
        return self._engines.read(lambda connection: _most_frequent(connection, asked))


def _folders_of(folder: bytes) -> Iterator[str]:
    return (shown_name(name) for name in folder.split(b"/") if name)


def _rows_of(connection: Connection, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """These rows by id, in this order."""
    rows = {row["id"]: dict(row) for row in connection.execute(_ROWS.where(MEDIA.c.id.in_(ids))).mappings()}
    return {number: rows[number] for number in ids if number in rows}


def _known(connection: Connection, rows: Collection[int], others: Mapping[int, Sequence[Other]]) -> Known:
    around = sorted({other.id for each in others.values() for other in each})
    linked: dict[int, list[tuple[str, str, float | None]]] = {}
    for some in in_slices(sorted({*rows, *around}), _AT_ONCE):
        for number, *word in connection.execute(_LINKED.where(LINKS.c.media_id.in_(some))):
            linked.setdefault(number, []).append((word[0], word[1], word[2]))
    in_order = {number: sorted(words, key=lambda word: word[:2]) for number, words in linked.items()}
    return Known(
        in_order,
        {number: path for some in in_slices(around, _AT_ONCE) for number, path in places_of(connection, some).items()},
    )


def _most_frequent(connection: Connection, texts: Sequence[str]) -> dict[str, str]:
    """Of these texts that are keywords of any file, but of prompts alone, the one of most files for each key."""
    best: dict[str, tuple[int, str]] = {}
    for some in in_slices(texts, _AT_ONCE):
        counted = (
            select(KEYWORDS.c.text, func.count())
            .join(LINKS, LINKS.c.keyword_id == KEYWORDS.c.id)
            .where(KEYWORDS.c.text.in_(some), LINKS.c.source.not_in(NO_WORDS))
            .group_by(KEYWORDS.c.text)
        )
        for text, files in connection.execute(counted):
            best[key_of(text)] = min(best.get(key_of(text), (0, "")), (-files, text))
    return {key: text for key, (_, text) in best.items()}
